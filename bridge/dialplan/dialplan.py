"""The dialplan: contexts with their hints, and the contexts that they include."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from bridge.dialplan.hint_line import HintLine, hint_lines
from bridge.dialplan.pattern import Pattern, is_pattern
from bridge.dialplan.remark import Remark
from bridge.dialplan.sections import Entry, Section
from bridge.dialplan.variables import UnresolvedError, Variables, expand
from bridge.model.words import quoted

_NO_CONTEXTS: Final = ("general", "globals")
_SWITCHES: Final = ("switch", "lswitch", "eswitch")


class Include(NamedTuple):
    """A context that another one includes; `times` are as they are written, empty for always."""

    context: str
    times: str


@dataclass(slots=True)
class Context:
    """The hints of one context: those of single extensions, and those of patterns in the order of trial."""

    name: str
    hints: dict[str, HintLine] = field(default_factory=dict)
    patterns: list[tuple[Pattern, HintLine]] = field(default_factory=list)
    includes: list[Include] = field(default_factory=list)

    def find(self, extension: str) -> HintLine | None:
        """The hint that Asterisk takes for an extension, from this context alone."""
        if (exact := self.hints.get(extension)) is not None:
            return exact
        return next((line for pattern, line in self.patterns if pattern.matches(extension)), None)


class Dialplan:
    """All contexts of some files. `remarks` tell what could not be understood."""

    def __init__(self, sections: Iterable[Section]) -> None:
        self.remarks: list[Remark] = []
        self.contexts: dict[str, Context] = {}
        kept = tuple(sections)
        self.variables: Variables = self._globals(kept)
        for section in kept:
            if section.name.casefold() not in _NO_CONTEXTS:
                self._read(section)
        for context in self.contexts.values():
            context.patterns.sort(key=lambda entry: entry[0])

    def reach(self, name: str) -> Iterator[tuple[Context, str]]:
        """A context and all that it includes, in the order in which Asterisk looks; each with its times."""
        waiting, seen = [Include(name, "")], set[str]()
        while waiting:
            include = waiting.pop()
            context = self.contexts.get(include.context)
            if context is not None and context.name not in seen:
                seen.add(context.name)
                yield context, include.times
                inner = (Include(one.context, one.times or include.times) for one in context.includes)
                waiting += reversed(tuple(inner))

    def missing(self, name: str) -> tuple[str, ...]:
        """The contexts that are included from one, directly or not, and stand in none of the files."""
        included = (include.context for context, _ in self.reach(name) for include in context.includes)
        return tuple(dict.fromkeys(one for one in included if one not in self.contexts))

    def _globals(self, sections: Iterable[Section]) -> Variables:
        found: dict[str, str | UnresolvedError] = {}
        for section in sections:
            for entry in section.entries if section.name.casefold() == "globals" else ():
                try:
                    found[entry.key] = expand(entry.value, found)
                except UnresolvedError as error:
                    found[entry.key] = UnresolvedError(
                        f"${{{entry.key}}} is set at {entry.place}, but {error}"
                    )
        return found

    def _read(self, section: Section) -> None:
        context = self.contexts.setdefault(section.name, Context(section.name))
        for found in hint_lines(section, self.variables):
            if isinstance(found, Remark):
                self.remarks.append(found)
            else:
                self._add(context, found)
        for entry in section.entries:
            self._note(context, entry)

    def _add(self, context: Context, line: HintLine) -> None:
        if is_pattern(line.extension):
            try:
                context.patterns.append((Pattern(line.extension), line))
            except ValueError as error:
                self._remark(line, f"hint left out: {error}")
        elif (first := context.hints.setdefault(line.extension, line)) is not line:
            words = f"hint left out: {quoted(line.extension)} has one already, at {first.place}"
            self._remark(line, words)

    def _note(self, context: Context, entry: Entry) -> None:
        """What leads to hints that stand elsewhere."""
        key = entry.key.casefold()
        if key == "include":
            try:
                name, _, times = expand(entry.value, self.variables).partition(",")
            except UnresolvedError as error:
                self._remark(entry, f"an included context is left out: {error}")
            else:
                context.includes.append(Include(name.strip(), times.strip()))
        elif key in _SWITCHES:
            self._remark(
                entry, f"hints may come from {quoted(entry.value)} as well: only the running PBX knows them"
            )
        elif key == "autohints" and entry.value.casefold() in ("yes", "true", "y", "t", "1", "on"):
            self._remark(entry, "autohints: Asterisk makes further hints for its devices while it runs")

    def _remark(self, found: HintLine | Entry, text: str) -> None:
        self.remarks.append(Remark(found.place, text))
