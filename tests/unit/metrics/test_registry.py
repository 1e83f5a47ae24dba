import platform

import pytest
from prometheus_client import generate_latest

from bridge.metrics import Counter, Observer, Registry


def test_it_says_which_build_runs():
    registry = Registry([], "1.2.3", "abcdef")
    labels = {"version": "1.2.3", "python": platform.python_version(), "revision": "abcdef"}
    assert registry.get_sample_value("presence_bridge_build_info", labels) == 1


@pytest.mark.parametrize("write", [Registry.expose, generate_latest])
def test_the_process_is_there_and_nothing_is_counted_twice(write):
    lines = write(Registry([Observer(), Counter("losses", "Losses.")], "1.2.3")).decode().splitlines()
    types = [line.split()[2] for line in lines if line.startswith("# TYPE ")]
    assert len(types) == len(set(types))
    assert {
        "process_open_fds",
        "python_info",
        "python_gc_collections_total",
        "presence_bridge_build_info",
        "presence_bridge_losses_total",
    } <= set(types)
    assert not any("_created" in line for line in lines)


def test_two_registries_stand_beside_each_other():
    first, second = (Registry([Observer()], "1.2.3") for _ in range(2))
    assert first.expose().count(b"\n") == second.expose().count(b"\n")
