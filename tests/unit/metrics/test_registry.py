import platform

from prometheus_client import generate_latest

from bridge.metrics import Counter, Observer, create_registry


def test_it_says_which_build_runs():
    registry = create_registry([], "1.2.3", "abcdef")
    labels = {"version": "1.2.3", "python": platform.python_version(), "revision": "abcdef"}
    assert registry.get_sample_value("presence_bridge_build_info", labels) == 1


def test_the_process_is_there_and_nothing_is_counted_twice():
    text = generate_latest(create_registry([Observer(), Counter("losses", "Losses.")], "1.2.3")).decode()
    for name in (
        "process_open_fds",
        "python_info",
        "python_gc_collections_total",
        "presence_bridge_losses_total",
    ):
        assert f"# TYPE {name} " in text
    assert "_created" not in text


def test_two_registries_stand_beside_each_other():
    first, second = (create_registry([Observer()], "1.2.3") for _ in range(2))
    assert generate_latest(first).count(b"\n") == generate_latest(second).count(b"\n")
