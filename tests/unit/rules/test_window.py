"""Windows of time."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.rules.window import EVERY_DAY, Window, parse_clock, parse_weekdays
from bridge.walltime import LocalTime, local_time

BERLIN = ZoneInfo("Europe/Berlin")
HOUR = 3600
MON, TUE, WED, THU, FRI, SAT, SUN = range(7)


def at(weekday: int, hour: float) -> LocalTime:
    return LocalTime(weekday, round(hour * HOUR))


def test_the_beginning_is_inside_and_the_end_is_not():
    window = Window(BERLIN, frozenset({MON}), 8 * HOUR, 17 * HOUR)
    assert window.contains(at(MON, 8))
    assert window.contains(at(MON, 17 - 1 / HOUR))
    assert not window.contains(at(MON, 17))
    assert not window.contains(at(MON, 8 - 1 / HOUR))
    assert not window.contains(at(TUE, 12))


def test_a_window_across_midnight_belongs_to_the_day_of_its_beginning():
    night = Window(BERLIN, frozenset({FRI}), 22 * HOUR, 6 * HOUR)
    assert night.contains(at(FRI, 23))
    assert night.contains(at(SAT, 5.9))
    assert not night.contains(at(FRI, 5.9))
    assert not night.contains(at(SAT, 23))
    assert not night.contains(at(SAT, 6))


def test_the_night_from_sunday_to_monday():
    night = Window(BERLIN, frozenset({SUN}), 22 * HOUR, 6 * HOUR)
    assert night.contains(at(MON, 3))


def test_equal_times_are_a_whole_day():
    assert all(Window(BERLIN).contains(at(day, hour)) for day in range(7) for hour in (0, 12, 23.99))
    monday = Window(BERLIN, frozenset({MON}))
    assert monday.contains(at(MON, 0))
    assert monday.contains(at(MON, 23.99))
    assert not monday.contains(at(TUE, 0))
    from_eight = Window(BERLIN, frozenset({MON}), 8 * HOUR, 8 * HOUR)
    assert from_eight.contains(at(TUE, 7.9))
    assert not from_eight.contains(at(MON, 7.9))


@given(
    st.frozensets(st.integers(0, 6)),
    st.integers(0, 1439),
    st.integers(0, 1439),
    st.integers(0, 6),
    st.integers(0, 1439),
)
def test_it_contains_what_a_walk_from_its_beginnings_covers(days, begin, end, weekday, minute):
    window = Window(BERLIN, days, begin * 60, end * 60)
    length = (end - begin) % 1440 or 1440
    here = weekday * 1440 + minute
    covered = any((here - (day * 1440 + begin)) % (7 * 1440) < length for day in days)
    assert window.contains(LocalTime(weekday, minute * 60)) is covered


def test_an_hour_that_is_left_out_is_in_no_window_and_one_that_comes_twice_is_twice():
    window = Window(BERLIN, EVERY_DAY, 2 * HOUR, 3 * HOUR)

    def minutes_inside(*date: int) -> int:
        midnight = datetime(*date, tzinfo=BERLIN).timestamp()
        return sum(window.contains(local_time(midnight + 60 * minute, BERLIN)) for minute in range(25 * 60))

    assert minutes_inside(2026, 3, 29) == 0
    assert minutes_inside(2026, 10, 25) == 120
    assert minutes_inside(2026, 11, 18) == 60


@pytest.mark.parametrize(
    ("text", "days"),
    [
        (["mon"], {MON}),
        (["Monday", "TUE"], {MON, TUE}),
        (["mon-fri"], {MON, TUE, WED, THU, FRI}),
        (["fri - mon"], {FRI, SAT, SUN, MON}),
        (["sat", "mon-tue"], {SAT, MON, TUE}),
        (["wed-wed"], {WED}),
        ([], set()),
    ],
)
def test_weekdays_are_parsed(text, days):
    assert parse_weekdays(text) == days


@pytest.mark.parametrize(
    "text", ["", "funday", "mon-", "-fri", "mon-fri-sun", "mo", "1", "\u0130stanbul"], ids=repr
)
def test_what_is_no_weekday_is_refused(text):
    with pytest.raises(ValueError, match="unknown weekday"):
        parse_weekdays([text])


@pytest.mark.parametrize(
    ("text", "second"),
    [
        ("08:00", 8 * HOUR),
        ("8:05", 8 * HOUR + 300),
        (" 23:59:59 ", 86_399),
        ("00:00", 0),
        ("24:00", 0),
    ],
)
def test_times_of_day_are_parsed(text, second):
    assert parse_clock(text) == second


@pytest.mark.parametrize(
    "text", ["", "8", "8:0", "08:60", "24:01", "25:00", "-1:00", "08:00:60", "08.00", "\u0668:00"]
)
def test_what_is_no_time_of_day_is_refused(text):
    with pytest.raises(ValueError, match="is no time of day"):
        parse_clock(text)


@given(st.timedeltas(timedelta(0), timedelta(days=1, seconds=-1)))
def test_a_time_reads_back_as_it_is_shown(moment):
    second = int(moment.total_seconds())
    assert parse_clock(str(timedelta(seconds=second))) == second


@pytest.mark.parametrize(
    ("window", "words"),
    [
        (Window(BERLIN), "every day (Europe/Berlin)"),
        (Window(BERLIN, begin=8 * HOUR, end=17 * HOUR), "08:00-17:00 (Europe/Berlin)"),
        (
            Window(BERLIN, frozenset(range(5)), 8 * HOUR, 17 * HOUR + 30),
            "mon-fri 08:00-17:00:30 (Europe/Berlin)",
        ),
        (Window(BERLIN, frozenset({MON, WED, SAT, SUN})), "wed, sat-mon (Europe/Berlin)"),
        (Window(BERLIN, frozenset()), "no day (Europe/Berlin)"),
        (Window(BERLIN, frozenset(), 60, 120), "no day 00:01-00:02 (Europe/Berlin)"),
    ],
)
def test_a_window_is_said_in_words(window, words):
    assert str(window) == words
