"""The subscriptions that are alive, found by dialog, by extension, by stream and by who watches."""

from collections.abc import Iterable

from bridge.events import Flow
from bridge.notifier.subscription import Subscription
from bridge.sip.dialog import DialogId

_Key = tuple[str, ...]


class Subscriptions:
    """A table with several ways in. `all` and `watchers` may be called from another thread."""

    def __init__(self) -> None:
        self._by_dialog: dict[DialogId, Subscription] = {}
        self._by_extension: dict[str, dict[DialogId, Subscription]] = {}
        self._by_stream: dict[Flow, dict[DialogId, Subscription]] = {}
        # The latest of those who watch the same.
        self._by_watching: dict[_Key, Subscription] = {}
        # Those of an earlier run that have not been heard of yet.
        self._resumed: dict[_Key, Subscription] = {}

    def all(self) -> tuple[Subscription, ...]:
        """All of them, the oldest first."""
        return tuple(self._by_dialog.values())

    def __len__(self) -> int:
        return len(self._by_dialog)

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

    def watching_as(self, subscription: Subscription) -> Subscription | None:
        """The latest of the same watcher for the same extension."""
        return self._by_watching.get(_watching(subscription))

    def resumed_like(self, subscription: Subscription) -> Subscription | None:
        """One of an earlier run from the same source, whose first SUBSCRIBE had the same Call-ID and From tag."""
        return self._resumed.get(_request(subscription)) if self._resumed else None

    def add(self, subscription: Subscription) -> None:
        """Keep a new one."""
        identity = subscription.dialog.id
        self._by_dialog[identity] = subscription
        self._by_extension.setdefault(subscription.subject.extension, {})[identity] = subscription
        self._by_watching[_watching(subscription)] = subscription
        if subscription.dialog.is_resumed:
            self._resumed[_request(subscription)] = subscription
        self._join(subscription)

    def move(self, subscription: Subscription, flow: Flow) -> None:
        """Its watcher is reached by this way now, mostly the one that it was."""
        if flow == subscription.flow:
            return
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
        for index, key in (
            (self._by_watching, _watching(subscription)),
            (self._resumed, _request(subscription)),
        ):
            if index.get(key) is subscription:
                del index[key]
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


def _watching(subscription: Subscription) -> _Key:
    """Who watches what. A phone has one subscription of it, unless it shows an extension twice."""
    extension = subscription.subject.extension
    return subscription.source, subscription.watcher, subscription.package.name, extension


def _request(subscription: Subscription) -> _Key:
    identity = subscription.dialog.id
    return subscription.source, identity.call_id, identity.remote_tag
