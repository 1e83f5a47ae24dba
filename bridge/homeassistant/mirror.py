"""What providers say, as Home Assistant reads it: `<base>/homeassistant/presence/<provider>`, retained.

    {"provider": "2000", "presence": "away", "subtype": "lunch", "message": "back at 13:00"}

The truth will not do as the state of an entity. Others may write it as a line (`away,lunch`), which no
template can read in all its forms; and when Home Assistant wants to hear a state once more, our repeating
the truth could overwrite what somebody has written meanwhile. The view is ours alone.
"""

from collections.abc import Iterable
from json import JSONEncoder
from typing import Final

from bridge.effects import Emit, Publish
from bridge.events import MessageReceived
from bridge.homeassistant.topics import Topics
from bridge.model.facts import Change, FactKey, presence_key
from bridge.model.state import State

_encode: Final = JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


class Mirror:
    """Keeps the views of `providers` equal to what is known, and removes those of others."""

    __slots__ = ("_emit", "_held", "_providers", "_state", "_synchronised", "_topics", "filters")

    def __init__(self, providers: Iterable[str], state: State, topics: Topics, emit: Emit) -> None:
        """`providers` as they are spelled in topics; without any, all views are removed."""
        self._providers = _by_key(providers)
        self._state = state
        self._topics = topics
        self._emit = emit
        self._synchronised = False
        # What the broker retains, by topic, as far as it has told us.
        self._held: dict[str, bytes] = {}
        self.filters = (f"{topics.views}#",)

    def received(self, message: MessageReceived, _now: float) -> bool:
        """Note what the broker retains; once that is known, what we publish counts.

        False: the message is for somebody else.
        """
        if not message.topic.startswith(self._topics.views):
            return False
        if not self._synchronised and message.payload:
            self._held[message.topic] = message.payload
        return True

    def synchronised(self, _now: float) -> None:
        """All that the broker retains has been read: publish what differs."""
        self._synchronised = True
        for key, name in self._providers.items():
            self._publish(self._topics.view(name), self._view(key))

    def replace(self, providers: Iterable[str], now: float) -> None:
        """Keep the views of these; those of others go when it is time to `tidy`."""
        self._providers = _by_key(providers)
        if self._synchronised:
            self.synchronised(now)

    def tidy(self, _now: float) -> None:
        """Remove the views of providers that are gone; their entities must be gone before."""
        wanted = {self._topics.view(name) for name in self._providers.values()}
        for topic in [topic for topic in self._held if topic not in wanted]:
            del self._held[topic]
            self._emit(Publish(topic, b"", retain=True))

    def disconnected(self) -> None:
        """Stay silent until the next `synchronised`."""
        self._synchronised = False
        self._held.clear()

    def changed(self, change: Change, _now: float) -> None:
        """Publish the view of a provider that has changed."""
        name = self._providers.get(change.key)
        if name is not None and self._synchronised:
            self._publish(self._topics.view(name), self._view(change.key))

    def repeat(self, provider: str, _now: float) -> None:
        """Publish a view once more, although nothing has changed."""
        topic = self._topics.view(provider)
        self._held.pop(topic, None)
        self._publish(topic, self._view(presence_key(provider)))

    def _publish(self, topic: str, view: dict[str, str]) -> None:
        payload = _encode(view).encode()
        if self._held.get(topic) != payload:
            self._held[topic] = payload
            self._emit(Publish(topic, payload, retain=True))

    def _view(self, key: FactKey) -> dict[str, str]:
        name = self._providers[key]
        presence = self._state.facts.presence(name)
        return {
            "provider": name,
            "presence": presence.state.value,
            "subtype": presence.subtype,
            "message": presence.message,
        }


def _by_key(providers: Iterable[str]) -> dict[FactKey, str]:
    return {presence_key(name): name for name in providers}
