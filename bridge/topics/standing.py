"""What stands on each truth topic: the facts, with who has said them, and where."""

from collections.abc import Iterator

from bridge.model.facts import FactKey
from bridge.model.state import State
from bridge.topics.decoders.word import NOBODY, Origin, Word
from bridge.topics.route import Routes


class Standing:
    """By fact. A topic that was cleared says nothing."""

    __slots__ = ("_origins", "_routes", "_state", "_topics")

    def __init__(self, state: State, routes: Routes) -> None:
        self._state = state
        self._routes = routes
        self._origins: dict[FactKey, Origin] = {}
        self._topics: dict[FactKey, str] = {}

    def note(self, key: FactKey, topic: str, origin: Origin | None) -> bool:
        """Take note of who has spoken last, None for who has cleared the topic; true if that was so before."""
        known = self._origins.get(key)
        if origin is None:
            self._origins.pop(key, None)
        elif origin != known:
            self._origins[key] = origin
        self._topics[key] = topic
        return origin == known

    def word(self, key: FactKey) -> Word | None:
        """What is said, None where nothing is."""
        origin = self._origins.get(key)
        return None if origin is None else Word(self._state.facts.value(key), origin)

    def origin(self, key: FactKey) -> Origin:
        """Who has said it."""
        return self._origins.get(key, NOBODY)

    @property
    def spoken(self) -> Iterator[tuple[FactKey, str]]:
        """All that something is said of, and its name as its topic spells it."""
        for key in [*self._origins]:
            yield key, self._routes.name(self._topics[key])

    def topic(self, key: FactKey, name: str) -> str:
        """The truth topic, as the last message to it spelled it; before the first, as `name` is spelled."""
        heard = self._topics.get(key)
        if heard is not None:
            return heard
        return (
            self._routes.presence_topic(name) if key.kind == "presence" else self._routes.device_topic(name)
        )
