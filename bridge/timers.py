"""Timers without a loop: `call_at` on a heap, with a cheap cancel. Time is an argument everywhere."""

from collections.abc import Callable
from heapq import heapify, heappop, heappush

Callback = Callable[[float], None]

# Below this many dead entries a sweep of the heap costs more than the memory it frees.
_SWEEP_FLOOR = 1024


class Timer:
    """One call to come. The callback gets the time at which it runs, in seconds."""

    __slots__ = ("_timers", "callback", "when")

    def __init__(self, timers: "Timers", when: float, callback: Callback) -> None:
        self._timers = timers
        self.when = when
        self.callback: Callback | None = callback

    def cancel(self) -> None:
        """Forget the call; cancelling twice, or after it ran, does nothing."""
        if self.callback is not None:
            self.callback = None
            self._timers.forget()

    def __repr__(self) -> str:
        return f"<Timer at {self.when:.3f}{'' if self.callback else ' (done)'}>"


class Timers:
    """Calls ordered by time; equal times run in the order in which they were asked for."""

    __slots__ = ("_dead", "_heap", "_sequence")

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, Timer]] = []
        self._sequence = 0
        self._dead = 0

    def call_at(self, when: float, callback: Callback) -> Timer:
        """Run `callback(now)` in the first `run` at or after `when` (seconds, monotonic)."""
        timer = Timer(self, when, callback)
        self._sequence += 1
        heappush(self._heap, (when, self._sequence, timer))
        return timer

    def deadline(self) -> float | None:
        """When the next call is due, or None when nothing waits."""
        heap = self._heap
        while heap and heap[0][2].callback is None:
            heappop(heap)
            self._dead -= 1
        return heap[0][0] if heap else None

    def run(self, now: float) -> None:
        """Make every call that is due at `now`, those included that the calls themselves add."""
        heap = self._heap
        while heap and heap[0][0] <= now:
            timer = heappop(heap)[2]
            callback = timer.callback
            if callback is None:
                self._dead -= 1
                continue
            timer.callback = None
            callback(now)

    def __len__(self) -> int:
        return len(self._heap) - self._dead

    def forget(self) -> None:
        """Count one call as cancelled, and sweep when most of the heap is."""
        self._dead += 1
        if self._dead > _SWEEP_FLOOR and self._dead * 2 > len(self._heap):
            self._heap[:] = [entry for entry in self._heap if entry[2].callback is not None]
            heapify(self._heap)
            self._dead = 0
