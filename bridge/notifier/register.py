"""The subscriptions that are alive: what is done when one begins, and when it has ended."""

from collections.abc import Callable
from functools import partial

from bridge.effects import SubscriptionEnded
from bridge.notifier.audience import Audience
from bridge.notifier.capacity import Capacity
from bridge.notifier.keeper import Keeper
from bridge.notifier.subscription import Subscription
from bridge.notifier.subscriptions import Subscriptions
from bridge.service import Context

Watchers = Callable[[str, int, float], None]


class Register:
    """`watchers` is called with each extension's new number of them, `expired` when an interval has run out."""

    def __init__(
        self,
        context: Context,
        table: Subscriptions,
        capacity: Capacity,
        keeper: Keeper,
        watchers: Watchers,
        audience: Audience,
        expired: Callable[[Subscription, float], None],
    ) -> None:
        self._context = context
        self._table = table
        self._capacity = capacity
        self._keeper = keeper
        self._watchers = watchers
        self._audience = audience
        self._expired = expired

    def enter(self, subscription: Subscription, now: float) -> None:
        """One begins. It counts already, and is kept."""
        self._table.add(subscription)
        self.schedule_expiry(subscription)
        extension = subscription.subject.extension
        self._watchers(extension, self._table.watchers(extension), now)
        self._audience.joined(subscription, now)

    def schedule_expiry(self, subscription: Subscription) -> None:
        """It lasts until `expires_at`, which is new.

        A refresh mostly moves it on: the timer that is set looks again when it comes, which costs less than
        to set another with each.
        """
        expiry = subscription.expiry
        if expiry is not None:
            if expiry.when <= subscription.expires_at:
                return
            expiry.cancel()
        self._set_expiry(subscription)

    def _set_expiry(self, subscription: Subscription) -> None:
        subscription.expiry = self._context.timers.call_at(
            subscription.expires_at, partial(self._look_at_expiry, subscription)
        )

    def _look_at_expiry(self, subscription: Subscription, now: float) -> None:
        if now < subscription.expires_at:
            self._set_expiry(subscription)
        else:
            self._expired(subscription, now)

    def leave(self, subscription: Subscription, outcome: str, now: float) -> None:
        """One has ended; nothing is done about one that had before."""
        if not self._table.remove(subscription):
            return
        self._capacity.closed(subscription.source, subscription.watcher, verified=subscription.verified)
        self._keeper.end(subscription)
        if subscription.expiry is not None:
            subscription.expiry.cancel()
        extension, call_id = subscription.subject.extension, subscription.dialog.id.call_id
        self._context.emit(SubscriptionEnded(outcome, extension, subscription.watcher, call_id))
        self._watchers(extension, self._table.watchers(extension), now)
        self._audience.left(subscription, now)
