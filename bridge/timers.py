"""Timers without a loop: `call_at` on a heap, with a cheap cancel. Time is an argument everywhere."""

from collections import deque
from collections.abc import Callable
from heapq import heapify, heappop, heappush
from typing import Protocol

Callback = Callable[[float], None]

# Below this many dead entries a sweep of the heap costs more than the memory it frees.
_SWEEP_FLOOR = 1024

# Calls of a lane that are made in one go: when a network is gone thousands are due at once.
_SLICE = 64


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


class Due(Protocol):
    """Something that is its own entry in a lane. `due`: seconds, None when it is not to be called any more."""

    due: float | None

    def come_due(self, now: float) -> None:
        """Its time has come; `due` is None by then."""
        ...


class Timers:
    """Calls ordered by time; equal times run in the order in which they were asked for.

    A lane is for calls of which there are many, nearly all forgotten before they are due: retransmissions.
    They are all the same delay ahead, so that they stand in their order as they come, and need no heap.
    """

    __slots__ = ("_all_lanes", "_dead", "_heap", "_lanes", "_sequence")

    def __init__(self) -> None:
        self._lanes: dict[float, deque[Due]] = {}
        # The same, in a list that grows while it is walked through.
        self._all_lanes: list[deque[Due]] = []
        self._heap: list[tuple[float, int, Timer]] = []
        self._sequence = 0
        self._dead = 0

    def call_at(self, when: float, callback: Callback) -> Timer:
        """Run `callback(now)` in the first `run` at or after `when` (seconds, monotonic)."""
        timer = Timer(self, when, callback)
        self._sequence += 1
        heappush(self._heap, (when, self._sequence, timer))
        return timer

    def lane(self, delay: float) -> deque[Due]:
        """The lane for entries that are `delay` seconds ahead when they are appended: one for each delay."""
        lane = self._lanes.get(delay)
        if lane is None:
            lane = self._lanes[delay] = deque()
            self._all_lanes.append(lane)
        return lane

    def deadline(self) -> float | None:
        """When the next call is due, or None when nothing waits."""
        heap = self._heap
        while heap and heap[0][2].callback is None:
            heappop(heap)
            self._dead -= 1
        first = heap[0][0] if heap else None
        for lane in self._all_lanes:
            due = _first_due(lane)
            if due is not None and (first is None or due < first):
                first = due
        return first

    def run(self, now: float) -> None:
        """Make every call that is due at `now`, those included that the calls themselves add.

        Of each lane a slice: `deadline` stays in the past while more is due.
        """
        heap = self._heap
        while heap and heap[0][0] <= now:
            timer = heappop(heap)[2]
            callback = timer.callback
            if callback is None:
                self._dead -= 1
                continue
            timer.callback = None
            callback(now)
        for lane in self._all_lanes:
            for _ in range(_SLICE):
                due = _first_due(lane)
                if due is None or due > now:
                    break
                entry = lane.popleft()
                entry.due = None
                entry.come_due(now)

    def __len__(self) -> int:
        waiting = sum(entry.due is not None for lane in self._all_lanes for entry in lane)
        return len(self._heap) - self._dead + waiting

    def forget(self) -> None:
        """Count one call as cancelled, and sweep when most of the heap is."""
        self._dead += 1
        if self._dead > _SWEEP_FLOOR and self._dead * 2 > len(self._heap):
            self._heap[:] = [entry for entry in self._heap if entry[2].callback is not None]
            heapify(self._heap)
            self._dead = 0


def _first_due(lane: deque[Due]) -> float | None:
    """When the first entry is due that is still to be called; those before it are dropped."""
    while lane:
        due = lane[0].due
        if due is not None:
            return due
        lane.popleft()
    return None
