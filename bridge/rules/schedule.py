"""Which windows of time are open, and when to look again: clocks are set, and days have 23 or 25 hours."""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from itertools import chain
from typing import Final
from zoneinfo import ZoneInfo

from bridge.rules.window import Window
from bridge.timers import Timer, Timers
from bridge.walltime import local_time, next_time

# A clock that is set is noticed this late, and so is a bound of a window on the night of a change to
# or from summer time, if that night does not have it.
LONGEST: Final = 60.0
# The sum of two floats may fall short of a bound by less than this.
_BEHIND: Final = 0.001

Report = Callable[[Sequence[Window], float], None]
"""Told of the windows that have opened or closed."""


class Schedule:
    """All windows of the rules. None is open before `start`."""

    __slots__ = ("_bounds", "_open", "_report", "_started", "_timer", "_timers", "_wall", "_windows")

    def __init__(
        self, windows: Iterable[Window], timers: Timers, wall: Callable[[float], float], report: Report
    ) -> None:
        self._timers = timers
        self._wall = wall
        self._report = report
        self._open: set[Window] = set()
        self._windows = _by_zone(windows)
        self._bounds = {zone: _bounds(of_zone) for zone, of_zone in self._windows.items()}
        self._started = False
        self._timer: Timer | None = None

    def is_open(self, window: Window) -> bool:
        """Whether it was when the clock was last looked at, which it is whenever a window opens or closes."""
        return window in self._open

    def start(self, now: float) -> None:
        """Look at the clock for the first time, and from now on."""
        self._started = True
        if self._windows:
            self._look(now)
            self._wait(now)

    def replace(self, windows: Iterable[Window], now: float) -> None:
        """Look for these windows from now on. Nothing is reported: whoever calls knows of it."""
        self._windows = _by_zone(windows)
        self._bounds = {zone: _bounds(of_zone) for zone, of_zone in self._windows.items()}
        self._open.intersection_update(chain.from_iterable(self._windows.values()))
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._started:
            self.start(now)

    def _due(self, now: float) -> None:
        shifted = self._look(now)
        self._wait(now)
        if shifted:
            self._report(shifted, now)

    def _wait(self, now: float) -> None:
        self._timer = self._timers.call_at(self._next_look(now), self._due)

    def _look(self, now: float) -> list[Window]:
        unix = self._wall(now)
        shifted = []
        for zone, windows in self._windows.items():
            moment = local_time(unix, zone)
            shifted += [w for w in windows if w.contains(moment) is not (w in self._open)]
        self._open.symmetric_difference_update(shifted)
        return shifted

    def _next_look(self, now: float) -> float:
        unix = self._wall(now)
        bounds = (next_time(unix, self._next_bound(unix, zone), zone) - unix for zone in self._windows)
        return now + min(min(bounds) + _BEHIND, LONGEST)

    def _next_bound(self, unix: float, zone: ZoneInfo) -> int:
        """The second of the day at which the next of a zone's windows may open or close."""
        bounds = self._bounds[zone]
        return bounds[bisect_right(bounds, local_time(unix, zone).second) % len(bounds)]


def _by_zone(windows: Iterable[Window]) -> dict[ZoneInfo, list[Window]]:
    found: dict[ZoneInfo, list[Window]] = {}
    for window in dict.fromkeys(windows):
        found.setdefault(window.zone, []).append(window)
    return found


def _bounds(windows: Iterable[Window]) -> tuple[int, ...]:
    return tuple(sorted({bound for window in windows for bound in (window.begin, window.end)}))
