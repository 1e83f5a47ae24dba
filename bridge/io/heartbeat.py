"""The heartbeat of the event loop: whether it is alive, and how late its timers run."""

import asyncio
import time
from collections.abc import Callable
from typing import Final

# Seconds between two beats: short enough to notice a stall that a phone call would not, and 0.03 % of a core.
_INTERVAL: Final = 0.1


class Heartbeat:
    """`lagged` is told with each beat how many seconds it came too late."""

    def __init__(
        self,
        lagged: Callable[[float], None],
        interval: float = _INTERVAL,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._lagged = lagged
        self._interval = interval
        self._clock = clock
        self._beat_at = clock()

    @property
    def silence(self) -> float:
        """Seconds since the last beat. May be asked in any thread."""
        return self._clock() - self._beat_at

    async def run(self) -> None:
        """Beat, for ever."""
        while True:
            due = self._clock() + self._interval
            await asyncio.sleep(self._interval)
            self._beat_at = self._clock()
            self._lagged(max(0.0, self._beat_at - due))
