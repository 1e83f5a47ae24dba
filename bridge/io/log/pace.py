"""What happens in the ordinary course, many times a second: the first lines are written, the others are counted.

When a site comes back after a power cut each phone subscribes to each of its keys. The journal takes 10,000
lines in 30 seconds and then drops what comes, warnings as well (journald.conf(5), RateLimitBurst).
"""

from typing import Final

from bridge.io.log.line import Line

# Lines of one event in a span of so many seconds.
MOST: Final = 100
SPAN: Final = 1.0


class Pace:
    """Of one event. `now` is in monotonic seconds."""

    __slots__ = ("_ends", "_event", "_left_out", "_written")

    def __init__(self, event: str) -> None:
        self._event = event
        self._ends = float("-inf")
        self._written = 0
        self._left_out = 0

    def admits(self, now: float) -> bool:
        """Whether to write a line more."""
        if now >= self._ends:
            self._ends = now + SPAN
            self._written = 0
        if self._written < MOST:
            self._written += 1
            return True
        self._left_out += 1
        return False

    def left_out(self) -> Line | None:
        """The line in place of those that were not written since the last time; None if all were."""
        count, self._left_out = self._left_out, 0
        if not count:
            return None
        return Line(
            self._event, {"left_out": count}, f"{self._event} … and {count} more of these, too many a second"
        )
