"""The manual word: what somebody has said stands above all rules, until it ends."""

from collections.abc import Callable
from typing import Final, NamedTuple

from bridge.rules.options import ManualUntil
from bridge.timers import Timer, Timers

# Clocks are set: an end is looked for at least so often, in seconds.
_LONGEST: Final = 60.0
# The sum of two floats may fall short of an end by less than this.
_BEHIND: Final = 0.001


class Until(NamedTuple):
    """When a manual word ends: at a Unix second, with the next change of a sensor, or at what comes first.

    Neither: when it is taken back.
    """

    at_wall: float | None = None
    on_change: bool = False


class ManualWord:
    """One word, from `since` (monotonic) on; `ended` is told when its time has come."""

    __slots__ = ("_ended", "_timer", "_timers", "_wall", "since", "until")

    def __init__(
        self,
        until: Until,
        since: float,
        timers: Timers,
        wall: Callable[[float], float],
        ended: Callable[[float], None],
    ) -> None:
        self.until = until
        self.since = since
        self._timers = timers
        self._wall = wall
        self._ended = ended
        self._timer: Timer | None = None
        self._wait(since)

    def withdraw(self) -> None:
        """Nobody asks for its end any more."""
        if self._timer is not None:
            self._timer.cancel()

    def _wait(self, now: float) -> None:
        if self.until.at_wall is not None:
            left = self.until.at_wall - self._wall(now)
            self._timer = self._timers.call_at(now + min(left + _BEHIND, _LONGEST), self._look)

    def _look(self, now: float) -> None:
        if self.until.at_wall is not None and self._wall(now) >= self.until.at_wall:
            self._ended(now)
        else:
            self._wait(now)


def default_until(option: ManualUntil, wall: float) -> Until:
    """The end of a word that names none, spoken at this Unix second."""
    if option == "change":
        return Until(on_change=True)
    if option == "cleared":
        return Until()
    return Until(at_wall=wall + option)
