"""Python's collector of cycles, kept from looking again and again at what lives for hours.

What the engine makes is free of cycles (a test counts them), but the collector walks through all of it: with
50,000 subscriptions for longer than a phone waits before it sends again. What there is at the start, and then
each time that there are many more subscriptions, is put aside for good. It is freed all the same when nobody
refers to it; only cycles among it are not, which bounds what can be lost by what there was at those moments.
"""

import asyncio
import gc
from collections.abc import Callable
from typing import Final

# New containers before a look at them, and looks before one at what has outlived them. Three times Python's own
# first number: a SUBSCRIBE makes about 40 that live until its transaction ends.
_THRESHOLDS: Final = (2000, 10, 10)

# Subscriptions that are more than the last time.
_MANY: Final = 1000

# Seconds between two looks.
_PAUSE: Final = 1.0


class Collector:
    """`alive` tells how many subscriptions there are."""

    def __init__(self, alive: Callable[[], int], freeze: Callable[[], None] = gc.freeze) -> None:
        self._alive = alive
        self._freeze = freeze
        self._most = 0

    def begin(self) -> None:
        """Put aside what has been made by now."""
        gc.collect()
        gc.set_threshold(*_THRESHOLDS)
        self._put_aside()

    def look(self) -> None:
        """Put aside what there is, if it has become much more."""
        if self._alive() >= self._most + _MANY:
            self._put_aside()

    async def tend(self) -> None:
        """Look now and then, until cancelled."""
        while True:
            await asyncio.sleep(_PAUSE)
            self.look()

    def _put_aside(self) -> None:
        self._most = max(self._most, self._alive())
        self._freeze()
