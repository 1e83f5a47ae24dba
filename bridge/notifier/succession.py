"""What becomes of a subscription when its watcher makes another for the same extension."""

from functools import partial
from typing import Final

from bridge.notifier.subscription import Phase, Subscription
from bridge.notifier.subscriptions import Subscriptions
from bridge.notifier.teller import Teller
from bridge.timers import Timers

# Seconds after which the earlier one is asked whether it lives.
_DOUBT: Final = 10.0


class Succession:
    """Settles it between the table of subscriptions and who tells them."""

    def __init__(self, timers: Timers, table: Subscriptions, teller: Teller) -> None:
        self._timers = timers
        self._table = table
        self._teller = teller

    def settle(self, subscription: Subscription, now: float) -> None:
        """`subscription` is the new one.

        If an earlier run has taken the same request, our answer was lost with it, and the phone knows
        nothing of that subscription. Else the phone may have started anew, or it shows the extension
        twice. One that has started anew answers 481 to the next NOTIFY, so there is one soon.
        """
        same = self._table.resumed_like(subscription)
        if same is not None and same.dialog.is_repeated_by(subscription.dialog):
            self._teller.drop(same, "replaced", now)
        earlier = self._table.watching_as(subscription)
        if earlier is not None:
            self._timers.call_at(now + _DOUBT, partial(self._doubt, earlier, now))

    def _doubt(self, subscription: Subscription, since: float, now: float) -> None:
        if subscription.phase is Phase.ACTIVE and subscription.heard_at < since:
            self._teller.repeat((subscription,), now)
