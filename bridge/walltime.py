"""The time of day, computed and never asked for: Unix seconds to ISO 8601 and to a weekday, and back.

The engine counts monotonic seconds, which know no noon. What must know it is given the Unix seconds
of a moment as an argument (`Context.wall`), and does its sums here.
"""

from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

_DAY = 86_400


class LocalTime(NamedTuple):
    """A moment in a time zone. `weekday`: 0 is Monday. `second`: since midnight, as the clock shows it."""

    weekday: int
    second: int


def format_utc(unix: float) -> str:
    """Return ISO 8601 to the millisecond, with offset: `2026-11-24T11:05:00.250+00:00`."""
    return datetime.fromtimestamp(unix, UTC).isoformat(timespec="milliseconds")


def parse_moment(text: str, zone: ZoneInfo) -> float:
    """Return the Unix seconds of an ISO 8601 date and time, in `zone` when it names no offset.

    ValueError when it is none.
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{text!r} is no date and time: write it as 2026-11-24T17:00") from None
    return (moment if moment.tzinfo is not None else moment.replace(tzinfo=zone)).timestamp()


def local_time(unix: float, zone: ZoneInfo) -> LocalTime:
    """Return what a clock in `zone` shows."""
    moment = datetime.fromtimestamp(unix, zone)
    return LocalTime(moment.weekday(), moment.hour * 3600 + moment.minute * 60 + moment.second)


def next_time(unix: float, second: int, zone: ZoneInfo) -> float:
    """Return the Unix seconds at which the clock in `zone` next shows `second` after midnight, later than `unix`.

    A time that a change to summer time leaves out comes as much later; one that comes twice counts once.
    """
    today = datetime.fromtimestamp(unix, zone).replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
    for days in range(3):
        # Adding to a moment with a zone moves the hands of the clock, not the time that has passed.
        found = (today + timedelta(days=days, seconds=second % _DAY)).timestamp()
        if found > unix:
            return found
    raise AssertionError("a clock shows every time once in three days")
