from bisect import bisect_left

from hypothesis import given
from hypothesis import strategies as st

from bridge.metrics.series import Counter, Gauge, Histogram

BUCKETS = (0.1, 0.5, 1, 2.5)


def samples(series) -> dict[tuple[str, ...], float]:
    """Name and label values of each sample, with its value."""
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in series.collect()
        for sample in family.samples
    }


def test_every_series_exists_from_the_start():
    counter = Counter("answers", "Answers.", method=("NOTIFY", "other"), code=(200, 481))
    assert samples(counter) == {
        ("presence_bridge_answers_total", method, code): 0
        for method in ("NOTIFY", "other")
        for code in ("200", "481")
    }


def test_a_counter_counts_by_label():
    counter = Counter("answers", "Answers.", code=(200, 481))
    counter.inc(200)
    counter.inc(200)
    counter.inc(481)
    assert samples(counter) == {
        ("presence_bridge_answers_total", "200"): 2,
        ("presence_bridge_answers_total", "481"): 1,
    }


def test_a_counter_without_labels():
    counter = Counter("losses", "Losses.")
    counter.inc()
    assert samples(counter) == {("presence_bridge_losses_total",): 1}


@given(st.lists(st.tuples(st.text(), st.integers())))
def test_unknown_values_are_folded_into_one_series(seen: list[tuple[str, int]]):
    counter = Counter("answers", "Answers.", method=("NOTIFY", "other"), code=(200, "other"))
    for method, code in seen:
        counter.inc(method, code)
    counts = samples(counter)
    assert len(counts) == 4
    assert sum(counts.values()) == len(seen)


def test_a_word_that_was_not_foreseen_is_counted_all_the_same():
    counter = Counter("ends", "Ends.", reason=("expired",))
    counter.inc("eaten")
    counter.inc("forgotten")
    assert samples(counter) == {
        ("presence_bridge_ends_total", "expired"): 0,
        ("presence_bridge_ends_total", "other"): 2,
    }


def test_several_can_be_counted_at_once():
    counter = Counter("losses", "Losses.", reason=("reset", "other"))
    counter.inc("reset", by=3)
    counter.inc("eaten", by=2)
    assert samples(counter) == {
        ("presence_bridge_losses_total", "reset"): 3,
        ("presence_bridge_losses_total", "other"): 2,
    }


def test_a_count_that_is_kept_elsewhere_is_shown():
    counter = Counter("losses", "Losses.", transport=("udp",))
    counter.show(7, "udp")
    counter.show(9, "udp")
    assert samples(counter) == {("presence_bridge_losses_total", "udp"): 9}


def test_a_gauge_shows_nothing_until_it_is_set():
    gauge = Gauge("level", "Level.")
    assert samples(gauge) == {}
    gauge.set(3)
    gauge.set(2.5)
    assert samples(gauge) == {("presence_bridge_level",): 2.5}
    gauge.set(None)
    assert samples(gauge) == {}


def test_a_gauge_by_label_forgets_what_is_not_set_again():
    gauge = Gauge("lamps", "Lamps.", "extension")
    gauge.set_each([("2000", 1), ("2001", 2)])
    gauge.set_each([("2001", 3)])
    assert samples(gauge) == {("presence_bridge_lamps", "2001"): 3}


def test_buckets_are_cumulative_and_bounds_are_included():
    histogram = Histogram("latency_seconds", "Latency.", BUCKETS)
    for seconds in (0.05, 0.1, 0.3, 7.0):
        histogram.observe(seconds)
    name = "presence_bridge_latency_seconds"
    assert samples(histogram) == {
        (f"{name}_bucket", "0.1"): 2,
        (f"{name}_bucket", "0.5"): 3,
        (f"{name}_bucket", "1.0"): 3,
        (f"{name}_bucket", "2.5"): 3,
        (f"{name}_bucket", "+Inf"): 4,
        (f"{name}_count",): 4,
        (f"{name}_sum",): 7.45,
    }


@given(st.lists(st.floats(min_value=0, max_value=100)))
def test_a_histogram_counts_what_it_was_given(seen: list[float]):
    histogram = Histogram("latency_seconds", "Latency.", BUCKETS)
    for seconds in seen:
        histogram.observe(seconds)
    found = samples(histogram)
    name = "presence_bridge_latency_seconds"
    assert found[f"{name}_count",] == len(seen)
    for index, bound in enumerate(BUCKETS):
        expected = sum(bisect_left(BUCKETS, seconds) <= index for seconds in seen)
        assert found[f"{name}_bucket", str(float(bound))] == expected


def test_more_values_can_be_foreseen_later():
    counter = Counter("changes", "Changes.", sensor=("door", "other"))
    counter.inc("lamp")
    counter.inc("door")
    counter.admit("door", "lamp")
    assert samples(counter)["presence_bridge_changes_total", "lamp"] == 0
    counter.inc("lamp")
    counter.inc("window")
    assert [
        samples(counter)["presence_bridge_changes_total", name] for name in ("door", "lamp", "other")
    ] == [1, 1, 2]
