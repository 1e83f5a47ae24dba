"""Extension patterns: `_3XXX`, `_[2-5]Z.`, `_NXX!`; which extensions they stand for, and which goes first."""

import re
from functools import total_ordering
from typing import Final

from bridge.model.words import quoted

_CLASSES: Final = {"X": "0123456789", "Z": "123456789", "N": "23456789"}
# What may end a pattern: one character or more, or none or more; and how late such a pattern is tried.
_ENDS: Final = {"": ("", 3000), ".": (".+", 1000), "!": (".*", 2000)}


def is_pattern(extension: str) -> bool:
    """Whether it stands for other extensions."""
    return extension.startswith("_")


@total_ordering
class Pattern:
    """A pattern. The smaller of two is tried first: it leaves less open at the first place where they differ."""

    __slots__ = ("_expression", "_ranks")

    def __init__(self, text: str) -> None:
        """ValueError when it has no meaning."""
        sets, end = _read(text)
        expression, rank = _ENDS[end]
        self._expression = re.compile("".join((*map(_expression, sets), expression)), re.DOTALL)
        self._ranks = (*((len(fitting), fitting) for fitting in sets), (rank, ""))

    def matches(self, extension: str) -> bool:
        """Whether it stands for an extension."""
        return self._expression.fullmatch(extension) is not None

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Pattern) and self._ranks == other._ranks

    def __lt__(self, other: "Pattern") -> bool:
        return self._ranks < other._ranks

    def __hash__(self) -> int:
        return hash(self._ranks)


def _read(text: str) -> tuple[list[str], str]:
    """The characters that fit at each place, sorted; and `.`, `!` or nothing for the end."""
    sets: list[str] = []
    rest = text.removeprefix("_")
    while rest:
        character, rest = rest[0], rest[1:]
        if character in _ENDS:
            return sets, character
        if character == "[":
            inside, bracket, rest = rest.partition("]")
            if not bracket:
                raise ValueError(f"pattern {quoted(text)} has a [ without its ]")
            sets.append(_set(inside))
        elif character not in "- ":  # these are for the eye
            sets.append(_CLASSES.get(character.upper(), character))
    return sets, ""


def _set(inside: str) -> str:
    """`2-46` are 2, 3, 4 and 6."""
    found: set[str] = set()
    position = 0
    while position < len(inside):
        part = inside[position : position + 3]
        if len(part) == 3 and part[1] == "-":
            found |= _range(part[0], part[2])
            position += 3
        else:
            found.add(part[0])
            position += 1
    return "".join(sorted(found))


def _range(first: str, last: str) -> set[str]:
    if not (first <= last and last.isascii()):
        raise ValueError(f"{quoted(f'{first}-{last}')} in a pattern is no range")
    return {chr(code) for code in range(ord(first), ord(last) + 1)}


def _expression(fitting: str) -> str:
    return f"[{re.escape(fitting)}]" if fitting else "(?!)"
