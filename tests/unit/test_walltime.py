from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.walltime import LocalTime, format_utc, local_time, next_time, parse_moment

BERLIN = ZoneInfo("Europe/Berlin")


def unix(*parts: int) -> float:
    return datetime(*parts, tzinfo=UTC).timestamp()


def test_a_moment_is_written_with_milliseconds_and_offset():
    assert format_utc(unix(2026, 11, 24, 11, 5) + 0.25) == "2026-11-24T11:05:00.250+00:00"


def test_what_is_written_is_read_back():
    assert parse_moment("2026-11-24T11:05:00.250+00:00", BERLIN) == unix(2026, 11, 24, 11, 5) + 0.25


def test_a_moment_without_offset_is_in_the_given_zone():
    assert parse_moment("2026-07-01T17:00", BERLIN) == unix(2026, 7, 1, 15)


@pytest.mark.parametrize("text", ["", "noon", "25:00", "2026-13-01T00:00"])
def test_what_is_no_moment_is_refused_by_name(text):
    with pytest.raises(ValueError, match="is no date and time"):
        parse_moment(text, BERLIN)


def test_a_clock_shows_weekday_and_second():
    assert local_time(unix(2026, 11, 24, 23, 30), BERLIN) == LocalTime(2, 1800)


def test_the_next_time_is_today_or_tomorrow():
    noon = unix(2026, 11, 24, 11)
    assert next_time(noon, 13 * 3600, BERLIN) == unix(2026, 11, 24, 12)
    assert next_time(noon, 12 * 3600, BERLIN) == unix(2026, 11, 25, 11)


def test_a_time_that_summer_time_leaves_out_comes_later_the_same_night():
    before = unix(2026, 3, 29, 0)
    assert next_time(before, 2 * 3600 + 1800, BERLIN) == unix(2026, 3, 29, 1, 30)


def test_a_time_that_comes_twice_counts_once():
    first = next_time(unix(2026, 10, 24, 23), 2 * 3600 + 1800, BERLIN)
    assert first == unix(2026, 10, 25, 0, 30)
    assert next_time(first, 2 * 3600 + 1800, BERLIN) == unix(2026, 10, 26, 1, 30)


@given(
    st.floats(0, 4e9), st.integers(0, 86399), st.sampled_from(["UTC", "Europe/Berlin", "America/Sao_Paulo"])
)
def test_the_next_time_lies_within_two_days(now, second, zone):
    assert now < next_time(now, second, ZoneInfo(zone)) <= now + 2 * 86400 + 7200
