r"""Paths into JSON documents: `params."input:0".state`, `events[0].name`, `[0].x`, `a.b | c`.

    path   = steps *( "|" steps )         the first that leads to something counts
    steps  = ( key / index ) *( "." key / index )
    key    = anything but . [ ] | and "   / a JSON string, for keys that hold these
    index  = "[" number "]"               into a list; -1 is its last item

Blanks around keys, indices and bars do not count. A number without brackets is the key of an object.
"""

import re
from json import JSONDecodeError, loads
from typing import Final

_Steps = tuple[str | int, ...]

_KEY = re.compile(r"""\s*(?:(?P<quoted>"(?:[^"\\]|\\.)*")|(?P<bare>[^.\[\]|"]*[^.\[\]|"\s]))\s*""", re.DOTALL)
_INDEX = re.compile(r"\s*\[\s*(-?[0-9]{1,9})\s*\]\s*")
# What is written in the place of a key, and how it is meant.
_A_KEY: Final = 'a key (one that holds . [ ] | or a quote stands in "quotes")'


class Path:
    """Steps into a document, parsed once. The empty path is the document itself.

    ValueError, with the place, when the text is no path.
    """

    __slots__ = ("_alternatives", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self._alternatives = _parse(text) if text else ((),)

    def find(self, document: object) -> object:
        """Return what stands at the path; None when nothing does, or null."""
        for steps in self._alternatives:
            found = _walk(document, steps)
            if found is not None:
                return found
        return None

    @property
    def members(self) -> frozenset[str] | None:
        """The members of an object that anything found here depends on; None for all of it."""
        first = {steps[0] if steps else None for steps in self._alternatives}
        names = frozenset(step for step in first if isinstance(step, str))
        return names if len(names) == len(first) else None

    def __repr__(self) -> str:
        return f"<Path {self.text}>"


def _walk(document: object, steps: _Steps) -> object:
    found = document
    for step in steps:
        if isinstance(step, str):
            if not isinstance(found, dict):
                return None
            found = found.get(step)
        elif isinstance(found, list) and -len(found) <= step < len(found):
            found = found[step]
        else:
            return None
    return found


def _parse(text: str) -> tuple[_Steps, ...]:
    alternatives: list[_Steps] = []
    position = 0
    while True:
        steps, position = _parse_steps(text, position)
        alternatives.append(steps)
        if position == len(text):
            return tuple(alternatives)
        position += 1  # the bar


def _parse_steps(text: str, position: int) -> tuple[_Steps, int]:
    """Return the steps from `position` on, and where the bar or the end stands that ends them."""
    steps: list[str | int] = []
    while True:
        if steps or not _INDEX.match(text, position):
            key, position = _parse_key(text, position)
            steps.append(key)
        while index := _INDEX.match(text, position):
            steps.append(int(index[1]))
            position = index.end()
        if position == len(text) or text[position] == "|":
            return tuple(steps), position
        if text[position] != ".":
            raise _broken(text, position, "a dot, | or an index such as [0]")
        position += 1


def _parse_key(text: str, position: int) -> tuple[str, int]:
    key = _KEY.match(text, position)
    if key is None:
        raise _broken(text, position, _A_KEY)
    if key["quoted"] is None:
        return key["bare"], key.end()
    try:
        return str(loads(key["quoted"])), key.end()
    except JSONDecodeError as error:
        raise _broken(text, key.start("quoted") + error.pos, "the escapes of JSON") from None


def _broken(text: str, position: int, expected: str) -> ValueError:
    found = f"'{text[position:]}'" if text[position:] else "the end"
    return ValueError(f"path '{text}' breaks at character {position + 1}: {expected} expected, found {found}")
