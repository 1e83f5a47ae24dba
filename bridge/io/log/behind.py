"""The log behind the work: a line is written when the event that it tells of has been dealt with.

To write a line takes as long as a NOTIFY does, and more where the journal is slow; who watches is told first.
"""

import asyncio
from collections import deque
from collections.abc import Callable

from bridge.io.log.lines import KINDS
from bridge.io.log.writer import is_logged, observe


class Behind:
    """`observe` is called on the loop. What waits is written in the loop's next round, or by `flush`."""

    def __init__(self) -> None:
        self._waiting: deque[object] = deque()

    def handler(self, kind: type) -> Callable[[object], None] | None:
        """What takes observations of this kind; None for those that are never logged."""
        return self.observe if kind in KINDS else None

    def observe(self, effect: object) -> None:
        """Log an observation soon, if it is one that is logged."""
        if not is_logged(effect):
            return
        if not self._waiting:
            asyncio.get_running_loop().call_soon(self.flush)
        self._waiting.append(effect)

    def flush(self) -> None:
        """Write all that waits."""
        while self._waiting:
            observe(self._waiting.popleft())
