from collections.abc import Iterable

from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from bridge.metrics.family import Family, Group
from bridge.metrics.series import Counter, Gauge, Histogram

# What a name in a configuration can be: any text that UTF-8 can carry.
NAMES = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
NUMBERS = st.integers(0, 2**40) | st.floats(allow_nan=False, allow_infinity=False)


class Both(Group):
    """One of each kind."""

    def __init__(self) -> None:
        self.counter = Counter("answers", "Answers.", method=("NOTIFY", "other"), code=(200, "other"))
        self.histogram = Histogram("latency_seconds", "Latency.", (0.5, 1))
        self.gauge = Gauge("lamps", "Lamps.", "extension")
        self.single = Gauge("level", "Level.")

    def families(self) -> Iterable[Family]:
        return vars(self).values()


def read(text: str) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    """All samples of a text, as Prometheus' own parser reads it."""
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


@given(
    st.dictionaries(NAMES, NUMBERS, max_size=5),
    NUMBERS,
    st.lists(st.floats(0, 100)),
    st.lists(st.sampled_from([("NOTIFY", 200), ("BYE", 999)])),
)
def test_the_text_says_what_prometheus_client_would_write(lamps, level, durations, answers):
    both = Both()
    both.gauge.set_each(lamps.items())
    both.single.set(level)
    for seconds in durations:
        both.histogram.observe(seconds)
    for answer in answers:
        both.counter.inc(*answer)
    assert read(both.expose()) == read(generate_latest(both).decode())


def test_heads_and_order_are_those_of_prometheus_client():
    both = Both()
    both.gauge.set_each([("2000", 3), ('odd"name\\\n', 6)])
    both.single.set(1)
    assert both.expose() == generate_latest(both).decode()


def test_a_second_scrape_shows_what_has_changed():
    gauge = Gauge("lamps", "Lamps.", "extension")
    gauge.set_each([("2000", 1), ("2001", 2)])
    gauge.expose()
    gauge.set_each([("2001", 5)])
    assert gauge.expose().splitlines()[2:] == ['presence_bridge_lamps{extension="2001"} 5.0']
