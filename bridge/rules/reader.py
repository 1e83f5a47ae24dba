"""Readers: what one message means to one sensor."""

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Final

from bridge.model.words import unknown_name
from bridge.mqtt.filter import TopicFilter
from bridge.rules.operators import Operator, between, contains, matches
from bridge.rules.path import Path
from bridge.rules.payload import Payload, folded, value_text

# What a reader returns about the sensor instead of a value of it.
AVAILABLE: Final = "@available"
UNAVAILABLE: Final = "@unavailable"

IGNORE: Final = "ignore"
"""A value of a map: this is no information."""

ANY: Final = "*"
"""A key of a map: whatever else. A value of a map: what was read, as it is spelled."""


class Reader:
    """From a payload to a value.

    `topic` is what it reads. `path` is where in the document (bridge.rules.path). `guards` are paths and
    the texts of which one must stand there. Of `contains`, `below` with `above`, and `matches` one may
    be asked (bridge.rules.operators); the answer is the text `true` or `false`. `values` maps texts to
    values, None or "ignore" being no information, as is a text that is not in it and has no "*"; without
    a map the text itself is the value. Texts are compared without case, numbers and booleans as text.

    `possible` is all that it can return, `AVAILABLE` and `UNAVAILABLE` among it; None is anything.
    ValueError in words when any of it makes no sense. Readers that were made of the same are equal.
    """

    __slots__ = ("_guards", "_made_of", "_operator", "_otherwise", "_path", "_values", "possible", "topic")

    def __init__(
        self,
        topic: str,
        *,
        path: str = "",
        guards: Mapping[str, Sequence[str]] = MappingProxyType({}),
        contains: str | None = None,
        below: float | None = None,
        above: float | None = None,
        matches: str | None = None,
        values: Mapping[str, str | None] = MappingProxyType({}),
    ) -> None:
        conditions = tuple((where, tuple(texts)) for where, texts in guards.items())
        self._made_of = (topic, path, conditions, contains, below, above, matches, tuple(values.items()))
        self.topic = TopicFilter(topic)
        self._path = Path(path)
        self._guards = tuple((Path(where), _texts(where, texts)) for where, texts in guards.items())
        self._operator = _operator(contains, below, above, matches)
        self._values = dict(_folded_map(values))
        # Without a map everything is itself.
        self._otherwise = self._values.pop(ANY, None) if values else ANY
        self.possible = self._possible()

    def read(self, payload: Payload) -> str | None:
        """Return the value, `AVAILABLE` or `UNAVAILABLE`; None is no information. It never fails."""
        document = payload.document
        for path, texts in self._guards:
            text = value_text(path.find(document))
            if text is None or folded(text) not in texts:
                return None
        text = self._text(self._path.find(document))
        if text is None:
            return None
        value = self._values.get(folded(text), self._otherwise)
        return text if value == ANY else value

    @property
    def members(self) -> frozenset[str] | None:
        """The members of a JSON object that the value depends on; None for all of it."""
        found: frozenset[str] = frozenset()
        for path in (self._path, *(guard for guard, _ in self._guards)):
            if path.members is None:
                return None
            found |= path.members
        return found

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Reader) and other._made_of == self._made_of

    def __hash__(self) -> int:
        return hash(self._made_of)

    def __repr__(self) -> str:
        return f"<Reader of {self.topic.pattern}{' at ' if self._path.text else ''}{self._path.text}>"

    def _text(self, found: object) -> str | None:
        if self._operator is None:
            return value_text(found)
        return value_text(self._operator(found))

    def _possible(self) -> frozenset[str] | None:
        values = {*self._values.values(), self._otherwise}
        if ANY in values:
            if self._operator is None:
                return None
            values |= {"true", "false"} - self._values.keys()
        return frozenset(value for value in values if value is not None) - {ANY}


def _operator(
    word: str | None, below: float | None, above: float | None, pattern: str | None
) -> Operator | None:
    asked: list[Operator] = []
    if word is not None:
        asked.append(contains(word))
    if below is not None or above is not None:
        asked.append(between(above, below))
    if pattern is not None:
        asked.append(matches(pattern))
    if len(asked) > 1:
        raise ValueError("of contains, below with above, and matches only one can be asked")
    return asked[0] if asked else None


def _texts(where: str, texts: Sequence[str]) -> frozenset[str]:
    if not texts:
        raise ValueError(f"no value is wanted at '{where}': name one, or leave the path out")
    return frozenset(map(folded, texts))


def _folded_map(values: Mapping[str, str | None]) -> Iterator[tuple[str, str | None]]:
    seen: dict[str, str] = {}
    for text, value in values.items():
        key = folded(text)
        if key in seen:
            raise ValueError(f"'{seen[key]}' and '{text}' are the same to a map: case does not count")
        seen[key] = text
        yield key, _meaning(value)


def _meaning(value: str | None) -> str | None:
    if value is None or value.casefold() == IGNORE:
        return None
    if value.startswith("@") and value not in {AVAILABLE, UNAVAILABLE}:
        raise ValueError(unknown_name("value", value, (AVAILABLE, UNAVAILABLE)))
    return value
