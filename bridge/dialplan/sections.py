"""Sections of Asterisk's configuration files: `[name](!,template,+)`, `key => value`, `#include "file"`."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from bridge.dialplan.lines import Lines
from bridge.dialplan.remark import Place, Remark
from bridge.model.words import quoted

_INCLUSIONS: Final = ("include", "tryinclude")
# A file may include others, which include others: so deep, as in Asterisk.
_DEEPEST: Final = 10
# A name may stand for many files, each of which includes many: no PBX has so many.
_MOST_FILES: Final = 1000


class Source(NamedTuple):
    """A file: its name, as it is shown to people, and what it holds."""

    name: str
    text: str


class UnreadableError(Exception):
    """A file that is there cannot be read; the text says why."""


# All files that a name, or a pattern such as `custom/*.conf`, stands for; none if there are none.
Find = Callable[[str], Sequence[Source]]


class Entry(NamedTuple):
    """One line `key => value`, or `key = value`."""

    place: Place
    key: str
    value: str


@dataclass(slots=True)
class Section:
    """A section, or a template, which others are made from and which is nothing by itself."""

    name: str
    is_template: bool = False
    entries: list[Entry] = field(default_factory=list)


class Sections:
    """The sections of several files, in their order, and what could not be read.

    Where Asterisk refuses a whole file, we say so and go on.
    """

    def __init__(self, sources: Iterable[Source], find: Find) -> None:
        self.remarks: list[Remark] = []
        self._find = find
        self._sections: list[Section] = []
        self._current: Section | None = None
        self._open_files: list[str] = []
        self._files = 0
        for source in sources:
            self._current = None
            self._read(source)

    def __iter__(self) -> Iterator[Section]:
        return (section for section in self._sections if not section.is_template)

    def _read(self, source: Source) -> None:
        self._open_files.append(source.name)
        self._files += 1
        lines = Lines(source.name, source.text)
        for place, text in lines:
            if text.startswith("["):
                self._open(place, text)
            elif text.startswith("#"):
                self._obey(place, text)
            else:
                self._add(place, text)
        self.remarks += lines.remarks
        self._open_files.pop()

    def _open(self, place: Place, text: str) -> None:
        name, bracket, rest = text[1:].partition("]")
        if not bracket:
            self._remark(place, f"{quoted(text)} lacks its ]")
            return
        options = _options(rest)
        self._current = self._named(name) if "+" in options else None
        if self._current is None:
            # With (+), it is in a file that we were not given: FreePBX spreads [globals] over two.
            self._current = Section(name)
            self._sections.append(self._current)
        self._current.is_template |= "!" in options
        for base in options:
            if base not in ("!", "+"):
                self._inherit(place, self._current, base)

    def _inherit(self, place: Place, heir: Section, base: str) -> None:
        template = self._named(base)
        if template is None:
            self._remark(
                place, f"section {quoted(heir.name)} is made from {quoted(base)}, which is not there"
            )
        else:
            heir.entries += template.entries

    def _named(self, name: str) -> Section | None:
        return next((one for one in self._sections if one.name == name), None)

    def _obey(self, place: Place, text: str) -> None:
        match text[1:].split(None, 1):
            case [directive, name] if directive.lower() in _INCLUSIONS:
                self._include(place, name.strip("\"'<> \t"), needed=directive.lower() == "include")
            case ["exec", _]:
                words = f"{quoted(text)} runs a program: run it, and name what it writes as one more file"
                self._remark(place, words)
            case _:
                self._remark(place, f"{quoted(text)} is not understood")

    def _include(self, place: Place, name: str, *, needed: bool) -> None:
        try:
            found = self._find(name)
        except UnreadableError as error:
            self._remark(place, f"{quoted(name)} cannot be read: {error}")
            return
        if needed and not found:
            self._remark(place, f"there is no file {quoted(name)}")
        for source in found:
            if source.name in self._open_files:
                self._remark(place, f"{quoted(source.name)} includes itself")
            elif len(self._open_files) == _DEEPEST or self._files == _MOST_FILES:
                self._remark(place, f"{quoted(source.name)} is not read: too many files include each other")
            else:
                self._read(source)

    def _add(self, place: Place, text: str) -> None:
        key, sign, value = text.partition("=")
        if not sign:
            self._remark(place, f"{quoted(text)} has no =")
        elif self._current is None:
            self._remark(place, f"{quoted(text)} stands before the first [section]")
        else:
            # `+=` adds to what a template says.
            name = key.rstrip().removesuffix("+").rstrip()
            self._current.entries.append(Entry(place, name, value.removeprefix(">").strip()))

    def _remark(self, place: Place, text: str) -> None:
        self.remarks.append(Remark(place, text))


def _options(text: str) -> tuple[str, ...]:
    """What stands in parentheses behind the name. A blank before them makes it a remark of the author's."""
    if not text.startswith("("):
        return ()
    return tuple(filter(None, map(str.strip, text[1:].partition(")")[0].split(","))))
