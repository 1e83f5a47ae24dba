"""Which hints of a dialplan become ours: one for each extension, as a phone in a context would find it."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from bridge.dialplan.dialplan import Context, Dialplan
from bridge.dialplan.hint_line import HintLine
from bridge.dialplan.pattern import is_pattern
from bridge.dialplan.remark import Remark
from bridge.dialplan.variables import UnresolvedError
from bridge.model.hint import Hint, parse_hint
from bridge.model.words import meant, quoted

# So many names are told; FreePBX includes a context of the owner's in each of its own.
_MOST_NAMES: Final = 10

# A context, and when it counts: the times of `include`, or empty for always.
_Search = Sequence[tuple[Context, str]]


class Taken(NamedTuple):
    """A hint that is ours now, where it stood, and what is different here or there."""

    hint: Hint
    line: HintLine
    notes: tuple[str, ...]


@dataclass(slots=True)
class Choice:
    """What was taken, and what was not. Every hint of the contexts that were asked for is in one of both.

    `asides` are about no line: what else there is that may be wanted.
    """

    taken: dict[str, Taken] = field(default_factory=dict)
    remarks: list[Remark] = field(default_factory=list)
    asides: list[str] = field(default_factory=list)


def choose(dialplan: Dialplan, contexts: Sequence[str] = (), extensions: Sequence[str] = ()) -> Choice:
    """Take the hints that phones in `contexts` find there, what these include being searched as Asterisk does.

    Without `contexts`, those of every context. `extensions` are those that patterns may stand for.
    ValueError for a context that is in none of the files.
    """
    choice = Choice(remarks=list(dialplan.remarks))
    searches = [tuple(dialplan.reach(_known(name, dialplan))) for name in contexts] if contexts else None
    picker = _Picker(choice, dialplan, extensions)
    for search in searches or [((context, ""),) for context in dialplan.contexts.values()]:
        picker.search(search)
    picker.finish()
    if searches:
        choice.asides += _asides(dialplan, contexts, searches)
    return choice


class _Picker:
    """Goes through one search after the other, and remembers which lines have been of use."""

    def __init__(self, choice: Choice, dialplan: Dialplan, extensions: Sequence[str]) -> None:
        self._choice = choice
        self._dialplan = dialplan
        self._extensions = extensions
        self._settled: set[HintLine] = set()
        self._unsettled: dict[HintLine, Remark] = {}

    def search(self, search: _Search) -> None:
        """Take what is found for every extension that is known."""
        written = [extension for context, _ in search for extension in context.hints]
        for extension in dict.fromkeys((*written, *self._extensions)):
            for context, times in search:
                if (line := context.find(extension)) is not None:
                    self._take(extension, line, times)
                    break
        for context, _ in search:
            for line in _lines(context):
                self._unsettled.setdefault(line, self._unused(line, search))

    def finish(self) -> None:
        """Tell of the lines that were of no use in any search."""
        left = [remark for line, remark in self._unsettled.items() if line not in self._settled]
        self._choice.remarks = sorted({*self._choice.remarks, *left})

    def _take(self, extension: str, line: HintLine, times: str) -> None:
        self._settled.add(line)
        try:
            text = line.expanded(extension, self._dialplan.variables)
            hint = parse_hint(extension, _without_empty(text))
        except (UnresolvedError, ValueError) as error:
            self._leave(line, f"hint {quoted(line.text)} left out: {error}")
            return
        first = self._choice.taken.setdefault(
            extension, Taken(hint, line, tuple(_notes(hint, line, text, times)))
        )
        if first.hint != hint:
            self._leave(
                line,
                f"hint {quoted(line.text)} of {extension} in context {quoted(line.context)} left out: "
                f"another one was taken, {quoted(first.hint.text)} of {quoted(first.line.context)} "
                f"({first.line.place}); choose by --context",
            )

    def _leave(self, line: HintLine, text: str) -> None:
        self._choice.remarks.append(Remark(line.place, text))

    def _unused(self, line: HintLine, search: _Search) -> Remark:
        if not is_pattern(line.extension):
            found = (context.find(line.extension) for context, _ in search)
            first = next(filter(None, found), line)
            return Remark(
                line.place, f"hint of {line.extension} left out: the one at {first.place} goes first"
            )
        why = "it stands for none of those extensions" if self._extensions else "no extensions are given"
        words = f"pattern {quoted(line.extension)} left out, as {why}: name those that it is for"
        return Remark(line.place, f"{words}, such as --extensions 3000-3099")


def _known(name: str, dialplan: Dialplan) -> str:
    if name not in dialplan.contexts:
        raise ValueError(
            f"context {quoted(name)} is in none of the files{meant(name, dialplan.contexts)}; "
            f"there are {', '.join(map(quoted, dialplan.contexts)) or 'none'}"
        )
    return name


def _lines(context: Context) -> Iterator[HintLine]:
    yield from context.hints.values()
    yield from (line for _, line in context.patterns)


def _without_empty(text: str) -> str:
    """The hint string without devices that have no name: they count for nothing in Asterisk (measured: INVALID)."""
    devices, comma, providers = text.rpartition(",") if "," in text else (text, "", "")
    return "&".join(filter(str.strip, devices.split("&"))) + comma + providers


def _notes(hint: Hint, line: HintLine, text: str, times: str) -> Iterator[str]:
    if is_pattern(line.extension):
        yield f"from the pattern {line.extension}"
    if times:
        yield f"in Asterisk at certain times only: {times}"
    if line.cut_off:
        yield f"without {quoted(line.cut_off)}, which Asterisk cuts off"
    if hint.text != text:
        yield f"written as {quoted(text)}, with a device that has no name"
    if not hint.devices:
        yield 'without a device, Asterisk always shows it as Unavailable; so does deviceless = "asterisk"'


def _asides(dialplan: Dialplan, contexts: Sequence[str], searches: Iterable[_Search]) -> Iterator[str]:
    reached = {context.name for search in searches for context, _ in search}
    counts = {
        one.name: len(tuple(_lines(one))) for one in dialplan.contexts.values() if one.name not in reached
    }
    others = [f"{quoted(name)} ({count})" for name, count in counts.items() if count]
    if others:
        yield f"hints of contexts that were not asked for: {_some(others)}"
    missing = dict.fromkeys(name for context in contexts for name in dialplan.missing(context))
    if missing:
        yield f"included contexts that are in none of the files: {_some([*map(quoted, missing)])}"


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
    return ", ".join(names[:_MOST_NAMES]) + more
