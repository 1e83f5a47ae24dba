"""Vocabularies: the words of an enumeration, as people write them."""

from collections.abc import Iterable
from enum import Enum
from typing import Generic, TypeVar

from bridge.model.words import unknown_name

Member = TypeVar("Member", bound=Enum)


class Vocabulary(Generic[Member]):
    """Words that are read in any case. The value of each member is its word; `kind` is what all of them are."""

    __slots__ = ("_kind", "_members", "_words")

    def __init__(self, kind: str, members: Iterable[Member]) -> None:
        self._kind = kind
        self._members = {member.value.lower(): member for member in members}
        self._words = tuple(member.value for member in self._members.values())

    def parse(self, text: str) -> Member:
        """Return the member that `text` names; ValueError says which words there are."""
        member = self._members.get(text.lower())
        if member is None:
            raise ValueError(unknown_name(self._kind, text, self._words))
        return member
