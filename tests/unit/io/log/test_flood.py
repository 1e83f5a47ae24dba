"""Floods, with a pretended clock."""

from logging import INFO, WARNING

from hypothesis import given
from hypothesis import strategies as st

from bridge.io.log.flood import MOST, SPAN, Flood
from bridge.io.log.line import Line


def refused(source, event="subscribe_rejected"):
    return Line(event, {"status": 403}, source=source)


def flooded(flood, line, times, now=0.0, level=INFO):
    """How many of so many are admitted."""
    return sum(flood.admits(level, line, now) for _ in range(times))


def test_the_first_ones_are_written_and_the_others_counted():
    flood = Flood()
    assert flooded(flood, refused("10.0.0.7"), 350) == MOST
    assert [*flood.ended(SPAN - 0.001)] == []
    assert [*flood.ended(SPAN)] == [(INFO, refused("10.0.0.7"), 340)]
    assert [*flood.ended(10 * SPAN)] == []


def test_in_the_next_span_it_begins_anew():
    flood = Flood()
    flooded(flood, refused("10.0.0.7"), 20)
    assert [left.number for left in flood.ended(SPAN)] == [10]
    assert flooded(flood, refused("10.0.0.7"), 15, SPAN) == MOST
    assert [left.number for left in flood.ended(2 * SPAN)] == [5]


def test_few_are_not_summed_up():
    flood = Flood()
    assert flooded(flood, refused("10.0.0.7"), MOST) == MOST
    assert [*flood.ended(SPAN)] == []


def test_sources_and_events_do_not_take_each_others_place():
    flood = Flood()
    flooded(flood, refused("10.0.0.7"), 100)
    assert flood.admits(INFO, refused("10.0.0.8"), 0)
    assert flood.admits(INFO, refused("10.0.0.7", "register_rejected"), 0)


def test_what_has_no_source_is_not_limited():
    flood = Flood()
    line = Line("presence_changed", {"provider": "2000"})
    assert flooded(flood, line, 1000) == 1000
    assert [*flood.ended(SPAN)] == []


def test_a_level_is_kept_for_the_sum():
    flood = Flood()
    flooded(flood, refused("10.0.0.7"), 20, level=WARNING)
    assert [left.level for left in flood.ended(SPAN)] == [WARNING]


def test_a_flood_from_everywhere_is_one_of_others_and_takes_no_memory():
    flood = Flood()
    admitted = sum(
        flood.admits(INFO, refused(f"10.0.{number // 250}.{number % 250}"), 0) for number in range(50_000)
    )
    assert admitted == 100 + MOST
    (left,) = flood.ended(SPAN)
    assert left.line.source == ""
    assert left.number == 50_000 - admitted


def test_what_was_counted_is_forgotten():
    flood = Flood()
    flooded(flood, refused("10.0.0.7"), 20)
    flood.clear()
    assert [*flood.ended(SPAN)] == []


@given(st.lists(st.tuples(st.sampled_from("abc"), st.floats(0, 40)), max_size=300))
def test_every_line_is_written_or_counted_once(steps):
    flood, now, written, counted = Flood(), 0.0, 0, 0
    for source, passed in steps:
        now += passed
        counted += sum(left.number for left in flood.ended(now))
        written += flood.admits(INFO, refused(source), now)
    counted += sum(left.number for left in flood.ended(float("inf")))
    assert written + counted == len(steps)
