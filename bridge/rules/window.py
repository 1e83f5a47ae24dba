"""Windows of time: weekdays, and hours of the day in a time zone."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

from bridge.model.words import quoted, unknown_name
from bridge.walltime import LocalTime

EVERY_DAY: Final = frozenset(range(7))

_DAY: Final = 86_400
_WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_LONG_WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_NUMBERS: Final = {name: day for names in (_WEEKDAYS, _LONG_WEEKDAYS) for day, name in enumerate(names)}
_CLOCK: Final = re.compile(r"([0-9]{1,2}):([0-9]{2})(?::([0-9]{2}))?")


@dataclass(frozen=True, slots=True)
class Window:
    """From `begin` to `end`, seconds after midnight as a clock in `zone` shows them; `end` is outside.

    A window that ends before it begins crosses midnight, and belongs to the weekday of its beginning
    (0 is Monday). Equal times make a whole day of it, which begins then. What counts is what the clock
    shows: an hour that a change to summer time leaves out is in no window, one that comes twice is in
    its window twice.
    """

    zone: ZoneInfo
    weekdays: frozenset[int] = EVERY_DAY
    begin: int = 0
    end: int = 0

    def contains(self, moment: LocalTime) -> bool:
        """Whether `moment`, of a clock in the zone of this window, lies in it."""
        weekday, second = moment
        if self.begin < self.end:
            return self.begin <= second < self.end and weekday in self.weekdays
        if second >= self.begin:
            return weekday in self.weekdays
        return second < self.end and (weekday - 1) % 7 in self.weekdays

    def __str__(self) -> str:
        days, hours = ", ".join(_runs(self.weekdays)), f"{_clock(self.begin)}-{_clock(self.end)}"
        if self.begin == self.end == 0:
            return f"{days or 'no day'} ({self.zone.key})"
        shown = hours if self.weekdays == EVERY_DAY else f"{days or 'no day'} {hours}"
        return f"{shown} ({self.zone.key})"


def parse_weekdays(names: Iterable[str]) -> frozenset[int]:
    """Parse `mon`, `Monday`, `mon-fri`, `fri-mon` ... to days, 0 is Monday; ValueError says what is wrong."""
    return frozenset(day for name in names for day in _days(name))


def parse_clock(text: str) -> int:
    """Parse `08:00`, `8:00`, `08:00:30` or `24:00` to seconds after midnight; ValueError says what is wrong.

    24:00 is the midnight at the end of a day, and gives 0 as the one at its beginning does.
    """
    found = _CLOCK.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"{quoted(text)} is no time of day: write it as 08:00")
    hour, minute, second = (int(part or 0) for part in found.groups())
    seconds = hour * 3600 + minute * 60 + second
    if minute > 59 or second > 59 or seconds > _DAY:
        raise ValueError(f"{quoted(text)} is no time of day: it goes from 00:00 to 24:00")
    return seconds % _DAY


def _days(name: str) -> Iterator[int]:
    first, dash, last = (part.strip() for part in name.partition("-"))
    begin = _number(first)
    length = (_number(last) - begin) % 7 if dash else 0
    return ((begin + day) % 7 for day in range(length + 1))


def _number(name: str) -> int:
    number = _NUMBERS.get(name.lower())
    if number is None:
        raise ValueError(unknown_name("weekday", name, _WEEKDAYS))
    return number


def _runs(days: frozenset[int]) -> Iterator[str]:
    """Days as people write them: `mon-fri`, `sat-mon`."""
    if days == EVERY_DAY:
        yield "every day"
        return
    for first in sorted(day for day in days if (day - 1) % 7 not in days):
        last = first
        while (last + 1) % 7 in days:
            last = (last + 1) % 7
        yield _WEEKDAYS[first] if first == last else f"{_WEEKDAYS[first]}-{_WEEKDAYS[last]}"


def _clock(second: int) -> str:
    shown = f"{second // 3600:02}:{second // 60 % 60:02}"
    return f"{shown}:{second % 60:02}" if second % 60 else shown
