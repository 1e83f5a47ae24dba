"""The last known facts in the store: what phones are shown until the broker is there, and what is ours to repeat."""

import json
from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple

from bridge.memory.memory import Memory
from bridge.model.device import DeviceState, parse_device_state
from bridge.model.facts import FactKey, device_key, presence_key
from bridge.model.presence import Presence, parse_presence_state, require_text
from bridge.topics.decoders.word import Origin, Word
from bridge.topics.truth import Truth
from bridge.topics.writes import Author

TABLE: Final = "facts"

_encode = json.JSONEncoder(separators=(",", ":")).encode
_AUTHORS: Final = {author.name.lower(): author for author in Author}


class KnownFact(NamedTuple):
    """A fact, its name as it was written. `author`: as whom we have written it; None if others have."""

    key: FactKey
    name: str
    word: Word
    author: Author | None


class KeptFacts:
    """A row for each fact that says something. The broker has them too, so that there is no hurry."""

    def __init__(self, memory: Memory, truth: Truth) -> None:
        self._memory = memory
        self._truth = truth
        self._names: dict[str, tuple[FactKey, str]] = {}
        memory.serve(TABLE, self)
        if memory.is_on:
            truth.tell(self._changed)

    def all(self) -> Iterable[str]:
        """The rows of all facts that have been spoken of."""
        return tuple(self._names)

    def document(self, key: str, _now: float) -> str | None:
        """What is the truth now; None if it was cleared."""
        fact, name = self._names[key]
        word, author = self._truth.known(fact, name)
        return None if word is None else encode_fact(KnownFact(fact, name, word, author))

    def resume(self, documents: Mapping[str, str], now: float) -> int:
        """Take what an earlier run knew as known; return how many facts that are."""
        count = 0
        for row, document in documents.items():
            try:
                known = decode_fact(document)
            except ValueError:
                self._memory.drop(TABLE, row)
                continue
            self._names[row] = (known.key, known.name)
            self._truth.resume(known.key, known.name, known.word, known.author, now)
            count += 1
        return count

    def _changed(self, key: FactKey, name: str, now: float) -> None:
        row = f"{key.kind}/{key.name}"
        self._names[row] = (key, name)
        self._memory.note(TABLE, row, now)


def encode_fact(known: KnownFact) -> str:
    """The document of a fact: JSON in ASCII."""
    value, origin = known.word
    author = None if known.author is None else known.author.name.lower()
    return _encode({"name": known.name, **_said(value), **origin._asdict(), "author": author})


def decode_fact(document: str) -> KnownFact:
    """Read what `encode_fact` has written; ValueError for anything else."""
    said = json.loads(document)
    if not isinstance(said, dict):
        raise ValueError("no fact")  # noqa: TRY004 - of a document, not of an argument
    name = _text(said, "name")
    by, rule, since = (_text(said, field) for field in ("by", "rule", "since"))
    origin = Origin(by, rule, since, said.get("until"))
    author = _AUTHORS.get(str(said.get("author")))
    if "device" in said:
        word = Word(parse_device_state(_text(said, "device")), origin)
        return KnownFact(device_key(name), name, word, author)
    texts = [require_text(field, _text(said, field)) for field in ("subtype", "message")]
    word = Word(Presence(parse_presence_state(_text(said, "state")), *texts), origin)
    return KnownFact(presence_key(name), name, word, author)


def _said(value: Presence | DeviceState) -> dict[str, str]:
    if isinstance(value, DeviceState):
        return {"device": value.value}
    return {"state": value.state.value, "subtype": value.subtype, "message": value.message}


def _text(said: Mapping[str, Any], field: str) -> str:
    value = said.get(field)
    if not isinstance(value, str):
        raise ValueError(f"{field} is no text")  # noqa: TRY004 - of a document, not of an argument
    return value
