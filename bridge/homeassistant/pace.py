"""Work in slices, with pauses: thousands of messages that keep no phone waiting."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Final

from bridge.timers import Timer, Timers

SLICE: Final = 50
INTERVAL: Final = 0.05

Step = Callable[[float], None]


class Pace:
    """Does steps in order, `SLICE` of them each `INTERVAL` seconds."""

    __slots__ = ("_steps", "_timer", "_timers")

    def __init__(self, timers: Timers) -> None:
        self._timers = timers
        self._steps: deque[Iterator[Step] | float] = deque()
        self._timer: Timer | None = None

    @property
    def is_idle(self) -> bool:
        """Whether nothing is left to do."""
        return self._timer is None

    def add(self, steps: Iterable[Step], now: float) -> None:
        """Do these steps behind all others."""
        self._steps.append(iter(steps))
        if self._timer is None:
            self._timer = self._timers.call_at(now, self._work)

    def pause(self, seconds: float) -> None:
        """Let time pass between the steps that were added before and those that come."""
        self._steps.append(seconds)

    def stop(self) -> None:
        """Forget everything."""
        self._steps.clear()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _work(self, now: float) -> None:
        left = SLICE
        while self._steps:
            head = self._steps.popleft()
            if isinstance(head, float):
                self._timer = self._timers.call_at(now + head, self._work)
                return
            for step in islice(head, left):
                step(now)
                left -= 1
            if left == 0:
                self._steps.appendleft(head)
                self._timer = self._timers.call_at(now + INTERVAL, self._work)
                return
        self._timer = None
