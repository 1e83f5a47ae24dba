"""When subscriptions end by themselves: one queue and one timer for all of them.

Each has one entry, of the time at which it would have ended when the entry was made. A refresh moves the end
on and leaves the entry: when that comes it is put behind. An entry costs a quarter of a timer with its call.
"""

from collections.abc import Callable
from heapq import heapify, heappop, heappush

from bridge.notifier.subscription import Subscription
from bridge.timers import Timer, Timers

# Below this many dead entries a sweep costs more than the memory it frees.
_SWEEP_FLOOR = 1024


class Expiries:
    """`expired` is called for each subscription whose interval has run out."""

    def __init__(self, timers: Timers, expired: Callable[[Subscription, float], None]) -> None:
        self._timers = timers
        self._expired = expired
        # The number keeps equal times in order, and subscriptions from being compared.
        self._queue: list[tuple[float, int, Subscription]] = []
        self._number = 0
        self._dead = 0
        self._timer: Timer | None = None

    def set(self, subscription: Subscription) -> None:
        """It lasts until `expires_at`, which is new."""
        queued = subscription.expiry
        if queued is not None and queued <= subscription.expires_at:
            return
        if queued is not None:
            # The entry that is there comes too late. It is known by its time, which is not that of the subscription.
            self._dead += 1
        self._push(subscription)
        self._arm()

    def forget(self, subscription: Subscription) -> None:
        """It has ended."""
        if subscription.expiry is None:
            return
        subscription.expiry = None
        self._dead += 1
        if self._dead == len(self._queue):
            self._clear()
        elif self._dead > _SWEEP_FLOOR and self._dead * 2 > len(self._queue):
            self._queue[:] = [entry for entry in self._queue if entry[2].expiry == entry[0]]
            heapify(self._queue)
            self._dead = 0

    def __len__(self) -> int:
        return len(self._queue) - self._dead

    def _clear(self) -> None:
        """Nobody is left to wait for."""
        self._queue.clear()
        self._dead = 0
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _push(self, subscription: Subscription) -> None:
        self._number += 1
        subscription.expiry = subscription.expires_at
        heappush(self._queue, (subscription.expires_at, self._number, subscription))

    def _arm(self) -> None:
        at = self._queue[0][0]
        if self._timer is not None:
            if self._timer.when <= at:
                return
            self._timer.cancel()
        self._timer = self._timers.call_at(at, self._look)

    def _look(self, now: float) -> None:
        self._timer = None
        queue = self._queue
        while queue and queue[0][0] <= now:
            at, _, subscription = heappop(queue)
            if subscription.expiry != at:
                self._dead -= 1
            elif now < subscription.expires_at:
                self._push(subscription)
            else:
                subscription.expiry = None
                self._expired(subscription, now)
        if queue:
            self._arm()
