"""Hints of the running PBX, for phones that watch the bridge in its place.

Asterisk lists those of all contexts; a pattern (`_3XXX`) is listed as the extensions that somebody has
watched. That a hint is new or gone it does not tell, so the list is read again every now and then, and
soon after an event that does not fit.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Final

from bridge.asterisk.message import Message
from bridge.effects import Emit, Warned
from bridge.model.hint import Hint, parse_hint
from bridge.model.words import printable, quoted
from bridge.timers import Timer, Timers

# Seconds between two readings, and until one that an event is the reason for.
EVERY: Final = 60.0
SOON: Final = 1.0


class HintImport:
    """`contexts` are those whose hints are taken, none for all. `reread` asks for the list; `taken` is told of all
    hints when they are others than before.
    """

    def __init__(
        self,
        contexts: Collection[str],
        reread: Callable[[float], None],
        taken: Callable[[tuple[Hint, ...], float], None],
        timers: Timers,
        emit: Emit,
    ) -> None:
        self.hints: Mapping[str, Hint] = {}
        self._contexts = frozenset(contexts)
        self._reread = reread
        self._taken = taken
        self._timers = timers
        self._emit = emit
        self._refused: set[tuple[str, str]] = set()
        self._timer: Timer | None = None

    def listed(self, rows: Iterable[Message], now: float) -> None:
        """All hints that there are."""
        found: dict[str, Hint] = {}
        for row in rows:
            hint = self._read(row)
            if hint is not None:
                # Of several contexts that have the extension, the first that is listed counts.
                found.setdefault(hint.extension, hint)
        ordered = dict(sorted(found.items()))
        if ordered != self.hints:
            self.hints = ordered
            self._taken(tuple(ordered.values()), now)
        self._read_at(now + EVERY)

    def heard(self, event: Message, now: float) -> None:
        """The state of a hint is another; that is ours to find out, but not which hints there are."""
        if not self._is_wanted(event):
            return
        known = self.hints.get(event.text("Exten"))
        is_gone = event.text("Status").startswith("-")
        if is_gone or known is None or known.text != event.text("Hint"):
            self._read_at(now + SOON)

    def resume(self, extension: str, text: str) -> None:
        """A hint that was taken in an earlier run. ValueError if it is none."""
        self.hints = {**self.hints, extension: parse_hint(extension, text)}

    def lost(self) -> None:
        """The PBX is away; its hints stay."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _read_at(self, when: float) -> None:
        if self._timer is not None:
            if self._timer.callback is not None and self._timer.when <= when:
                return
            self._timer.cancel()
        self._timer = self._timers.call_at(when, self._reread)

    def _is_wanted(self, message: Message) -> bool:
        extension = message.text("Exten")
        in_context = not self._contexts or message.text("Context") in self._contexts
        return (
            in_context
            and not extension.startswith("_")
            and (extension, message.text("Hint")) not in self._refused
        )

    def _read(self, row: Message) -> Hint | None:
        if not self._is_wanted(row):
            return None
        extension, text = row.text("Exten"), row.text("Hint")
        try:
            return parse_hint(extension, text)
        except ValueError as error:
            self._refused.add((extension, text))
            place = f"{printable(extension)}@{printable(row.text('Context'))}"
            self._emit(Warned(f"the hint {quoted(text)} of {place} is not taken from Asterisk: {error}"))
            return None
