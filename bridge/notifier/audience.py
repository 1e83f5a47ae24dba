"""Who is told what the notifier does with its subscriptions."""

from typing import Protocol

from bridge.notifier.subscription import Subscription


class Audience(Protocol):
    """Called as it happens; `telling` and `told` with each NOTIFY, so they must cost next to nothing.

    A fetch (RFC 6665 section 4.4.3) is told as well, though it never joins.
    """

    def joined(self, subscription: Subscription, now: float) -> None:
        """A watcher has subscribed."""
        ...

    def telling(self, subscription: Subscription, now: float) -> None:
        """A NOTIFY leaves."""
        ...

    def told(self, subscription: Subscription, latency: float | None, now: float) -> None:
        """A NOTIFY was acknowledged, `latency` seconds after the MQTT message behind it, if one was."""
        ...

    def left(self, subscription: Subscription, now: float) -> None:
        """A subscription has ended."""
        ...
