"""The log behind the work: a line is written when the event that it tells of has been dealt with.

To write a line takes as long as a NOTIFY does, and more where the journal is slow; who watches is told first.
"""

import asyncio
from collections import deque

from bridge.io.log.lines import KINDS
from bridge.io.log.writer import observe


class Behind:
    """`observe` is called on the loop. What waits is written in the loop's next round, or by `flush`."""

    def __init__(self) -> None:
        self._waiting: deque[object] = deque()

    def observe(self, effect: object) -> None:
        """Log an observation soon, if it is of a kind that is logged."""
        if type(effect) not in KINDS:
            return
        if not self._waiting:
            asyncio.get_running_loop().call_soon(self.flush)
        self._waiting.append(effect)

    def flush(self) -> None:
        """Write all that waits."""
        while self._waiting:
            observe(self._waiting.popleft())
