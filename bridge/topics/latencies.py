"""How long it took from an MQTT message to the answers of the phones: the last one, and the last minute."""

from collections import deque
from math import ceil
from typing import Final

# Seconds that count, and how many of the newest: a flood leaves the shape of its end.
_WINDOW: Final = 60.0
_MOST: Final = 4096


class Latencies:
    """Times and latencies in seconds."""

    __slots__ = ("_taken", "last")

    def __init__(self) -> None:
        self.last: float | None = None
        self._taken: deque[tuple[float, float]] = deque(maxlen=_MOST)

    def add(self, latency: float, now: float) -> None:
        """Take one more."""
        self.last = latency
        self._taken.append((now, latency))

    def percentiles(self, now: float, *shares: float) -> tuple[float | None, ...]:
        """The latency that each share (such as 0.99) of the last minute did not exceed; None without any."""
        since = now - _WINDOW
        ordered = sorted(latency for at, latency in self._taken if at >= since)
        if not ordered:
            return (None,) * len(shares)
        return tuple(ordered[max(ceil(share * len(ordered)) - 1, 0)] for share in shares)
