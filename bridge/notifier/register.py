"""The subscriptions that are alive: what is done when one begins, and when it has ended."""

from collections.abc import Callable

from bridge.effects import SubscriptionEnded
from bridge.notifier.audience import Audience
from bridge.notifier.capacity import Capacity
from bridge.notifier.expiries import Expiries
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
        self._expiries = Expiries(context.timers, expired)

    def enter(self, subscription: Subscription, now: float) -> None:
        """One begins. It counts already, and is kept."""
        self._table.add(subscription)
        self.schedule_expiry(subscription)
        extension = subscription.subject.extension
        self._watchers(extension, self._table.watchers(extension), now)
        self._audience.joined(subscription, now)

    def schedule_expiry(self, subscription: Subscription) -> None:
        """It lasts until `expires_at`, which is new."""
        self._expiries.set(subscription)

    def leave(self, subscription: Subscription, outcome: str, now: float) -> None:
        """One has ended; nothing is done about one that had before."""
        if not self._table.remove(subscription):
            return
        self._capacity.closed(subscription.source, subscription.watcher, verified=subscription.verified)
        self._keeper.end(subscription)
        self._expiries.forget(subscription)
        extension, call_id = subscription.subject.extension, subscription.dialog.id.call_id
        self._context.emit(SubscriptionEnded(outcome, extension, subscription.watcher, call_id))
        self._watchers(extension, self._table.watchers(extension), now)
        self._audience.left(subscription, now)
