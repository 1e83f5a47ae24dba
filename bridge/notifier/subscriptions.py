"""The subscriptions that are alive, found by dialog, by extension and by stream."""

from collections.abc import Iterable

from bridge.events import Flow
from bridge.notifier.subscription import Subscription
from bridge.sip.dialog import DialogId


class Subscriptions:
    """A table with three ways in. `all` and `watchers` may be called from another thread."""

    def __init__(self) -> None:
        self._by_dialog: dict[DialogId, Subscription] = {}
        self._by_extension: dict[str, dict[DialogId, Subscription]] = {}
        self._by_stream: dict[Flow, dict[DialogId, Subscription]] = {}

    def all(self) -> tuple[Subscription, ...]:
        """All of them, the oldest first."""
        return tuple(self._by_dialog.values())

    def find(self, identity: DialogId) -> Subscription | None:
        """The subscription of a dialog."""
        return self._by_dialog.get(identity)

    def of(self, extension: str) -> Iterable[Subscription]:
        """Those who watch an extension."""
        return self._by_extension.get(extension, {}).values()

    def watchers(self, extension: str) -> int:
        """How many watch an extension."""
        return len(self._by_extension.get(extension, ()))

    def on(self, stream: Flow) -> tuple[Subscription, ...]:
        """Those who came by a stream."""
        return tuple(self._by_stream.get(stream, {}).values())

    def add(self, subscription: Subscription) -> None:
        """Keep a new one."""
        identity = subscription.dialog.id
        self._by_dialog[identity] = subscription
        self._by_extension.setdefault(subscription.subject.extension, {})[identity] = subscription
        self._join(subscription)

    def move(self, subscription: Subscription, flow: Flow) -> None:
        """Its watcher is reached another way now."""
        self._leave(subscription)
        subscription.flow = flow
        subscription.head = None
        self._join(subscription)

    def remove(self, subscription: Subscription) -> bool:
        """Forget one; false if it was not there."""
        identity, extension = subscription.dialog.id, subscription.subject.extension
        if self._by_dialog.pop(identity, None) is None:
            return False
        del self._by_extension[extension][identity]
        if not self._by_extension[extension]:
            del self._by_extension[extension]
        self._leave(subscription)
        return True

    def _join(self, subscription: Subscription) -> None:
        if subscription.flow.connection:
            self._by_stream.setdefault(subscription.flow, {})[subscription.dialog.id] = subscription

    def _leave(self, subscription: Subscription) -> None:
        others = self._by_stream.get(subscription.flow)
        if others is not None:
            others.pop(subscription.dialog.id, None)
            if not others:
                del self._by_stream[subscription.flow]
