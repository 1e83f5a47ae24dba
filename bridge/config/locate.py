"""Where every key of a TOML 1.0 text stands, and its value: tomllib tells the values, but not their places.

The text must have been accepted by tomllib, so nothing is checked here. Key paths are those of the
value that tomllib returns: `("hints", 1, "name")` is the key `name` of the second `[[hints]]`.
"""

import re
import tomllib
from bisect import bisect_right
from collections.abc import Mapping
from typing import NamedTuple

KeyPath = tuple[str | int, ...]

_SPACE = re.compile(r"[ \t]*")
_GAP = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_SCALAR = re.compile(r"[^,\]}\n#]+")
_STRING = re.compile(
    r'"""(?:\\[\s\S]|(?!""")[\s\S])*"{3,5}'  # up to two quotes may stand before the closing three
    r"|'''(?:(?!''')[\s\S])*'{3,5}"
    r'|"(?:\\.|[^"\\\n])*"'
    r"|'[^'\n]*'"
)


def dotted(path: KeyPath) -> str:
    """`hints[1].name`."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).lstrip(".")


class Place(NamedTuple):
    """Line and column (from 1) of a key, or of an element of an array.

    `text[start:end]` is the value as written; empty for a key that stands in a table header, or
    before the last dot of a dotted key.
    """

    line: int
    column: int
    start: int
    end: int


def locate(text: str) -> Mapping[KeyPath, Place]:
    """The place of every key and every array element of a valid TOML text whose lines end in LF alone.

    A table that several headers or dotted keys mention stands where it is first mentioned.
    """
    return _Scanner(text).scan()


class _Scanner:
    """One pass over the text. Each method reads on from `_at` and leaves it behind what it read."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._lines = [0, *(match.end() for match in re.finditer("\n", text))]
        self._places: dict[KeyPath, Place] = {}
        self._newest: dict[KeyPath, int] = {}  # array of tables -> index of its newest element

    def scan(self) -> Mapping[KeyPath, Place]:
        table: KeyPath = ()
        while True:
            self._read(_GAP)
            if self._at == len(self._text):
                return self._places
            if self._text.startswith("[[", self._at):
                table = self._header(2)
            elif self._next_is("["):
                table = self._header(1)
            else:
                self._pair(table)

    def _header(self, brackets: int) -> KeyPath:
        """`[a.b]` or `[[a.b]]`; returns the path of the table that begins."""
        self._at += brackets
        parts = self._dotted_key()
        self._at += brackets
        path: KeyPath = ()
        for key, at in parts[:-1]:
            path = self._note((*path, key), at)
            if path in self._newest:
                path = (*path, self._newest[path])
        key, at = parts[-1]
        path = self._note((*path, key), at)
        if brackets == 1:
            return path
        self._newest[path] = self._newest.get(path, -1) + 1
        return self._note((*path, self._newest[path]), at)

    def _pair(self, table: KeyPath) -> None:
        """`a.b = value`."""
        path = table
        parts = self._dotted_key()
        for key, at in parts:
            path = self._note((*path, key), at)
        self._at += 1  # the equals sign
        self._value(path, parts[-1][1])

    def _value(self, path: KeyPath, at: int) -> None:
        """A value of any type, whose key (or, in an array, the value itself) stands at `at`."""
        self._read(_SPACE)
        start = self._at
        if self._next_is("\"'"):
            self._read(_STRING)
        elif self._next_is("["):
            self._array(path)
        elif self._next_is("{"):
            self._inline_table(path)
        else:
            self._at = start + len(self._read(_SCALAR).rstrip())
        line, column = self._line_and_column(at)
        self._places[path] = Place(line, column, start, self._at)

    def _array(self, path: KeyPath) -> None:
        self._at += 1
        self._read(_GAP)
        index = 0
        while not self._next_is("]"):
            self._value((*path, index), self._at)
            self._comma()
            index += 1
        self._at += 1

    def _inline_table(self, path: KeyPath) -> None:
        self._at += 1
        self._read(_GAP)
        while not self._next_is("}"):
            self._pair(path)
            self._comma()
        self._at += 1

    def _comma(self) -> None:
        self._read(_GAP)
        if self._next_is(","):
            self._at += 1
            self._read(_GAP)

    def _dotted_key(self) -> list[tuple[str, int]]:
        """The parts of a key, each with the offset at which it begins."""
        parts: list[tuple[str, int]] = []
        while True:
            self._read(_SPACE)
            at = self._at
            if self._next_is("\"'"):
                quoted = self._read(_STRING)
                (key,) = tomllib.loads(f"{quoted} = 0")
            else:
                key = self._read(_BARE_KEY)
            parts.append((key, at))
            self._read(_SPACE)
            if not self._next_is("."):
                return parts
            self._at += 1

    def _note(self, path: KeyPath, at: int) -> KeyPath:
        if path not in self._places:
            self._places[path] = Place(*self._line_and_column(at), at, at)
        return path

    def _line_and_column(self, at: int) -> tuple[int, int]:
        line = bisect_right(self._lines, at)
        return line, at - self._lines[line - 1] + 1

    def _next_is(self, characters: str) -> bool:
        return self._text[self._at] in characters

    def _read(self, pattern: re.Pattern[str]) -> str:
        match = pattern.match(self._text, self._at)
        if match is None:
            raise AssertionError(f"tomllib accepted what stands at offset {self._at}")
        self._at = match.end()
        return match[0]
