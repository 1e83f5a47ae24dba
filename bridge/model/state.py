"""The state: all hints, all facts, and which hint depends on which fact.

Mutable, and written by the engine alone; everything that it holds is immutable. Other threads may
read it at any time: each look-up is one dictionary access. (A new table per change would cost a
copy of all facts, see the decision record.) Between two look-ups a hint may go; who needs more than one
takes `shown`.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from bridge.model.facts import Change, Fact, FactKey, Facts
from bridge.model.hint import ExtensionState, Hint
from bridge.model.words import quoted

__all__ = ["Change", "HintsReplaced", "State"]


class HintsReplaced(NamedTuple):
    """What became of the hints, by extension. `changed`: those that say something else than before."""

    added: tuple[str, ...]
    removed: tuple[str, ...]
    changed: tuple[str, ...]


class State:
    """Hints in the order of the configuration, and what they amount to now."""

    __slots__ = ("_by_key", "_extension_states", "_hints", "facts")

    def __init__(self, hints: Iterable[Hint]) -> None:
        """ValueError names both hints when two claim one extension."""
        self.facts = Facts()
        self._hints = _by_extension(hints)
        self._by_key = _reverse_index(self._hints.values())
        self._extension_states = {hint.extension: hint.evaluate(self.facts) for hint in self}

    def put(self, key: FactKey, name: str, value: Fact, since: float | None) -> Change | None:
        """Store a fact; return the change, or None when it is known already.

        `name` and `since` are those of `Change`. The hints that depend on the fact are evaluated at
        once and not when they are asked for: a reading thread can then never store a stale value.
        """
        old = self.facts.value(key)
        if value == old:
            return None
        self.facts.put(key, value)
        for hint in self.hints_of(key):
            self._extension_states[hint.extension] = hint.evaluate(self.facts)
        return Change(key, name, value, old, since)

    def replace_hints(self, hints: Iterable[Hint]) -> HintsReplaced:
        """Have these hints from now on. Facts stay; every hint is evaluated anew. ValueError as at the start.

        Tables that another thread may be reading are not changed but replaced.
        """
        old, new = self._hints, _by_extension(hints)
        self._extension_states = {hint.extension: hint.evaluate(self.facts) for hint in new.values()}
        self._by_key = _reverse_index(new.values())
        self._hints = new
        return HintsReplaced(
            added=tuple(extension for extension in new if extension not in old),
            removed=tuple(extension for extension in old if extension not in new),
            changed=tuple(extension for extension, hint in new.items() if old.get(extension, hint) != hint),
        )

    def hints_of(self, key: FactKey) -> tuple[Hint, ...]:
        """Return the hints that depend on a fact, in configured order."""
        return self._by_key.get(key, ())

    def hint(self, extension: str) -> Hint | None:
        """Return the hint of an extension."""
        return self._hints.get(extension)

    def extension_state(self, extension: str) -> ExtensionState:
        """Return what an extension shows now; KeyError when it has no hint."""
        return self._extension_states[extension]

    @property
    def shown(self) -> tuple[tuple[str, ExtensionState], ...]:
        """Every extension with what it shows, all of one moment. Safe to read from another thread."""
        return tuple(self._extension_states.items())

    def __iter__(self) -> Iterator[Hint]:
        return iter(self._hints.values())

    def __len__(self) -> int:
        return len(self._hints)


def _by_extension(hints: Iterable[Hint]) -> dict[str, Hint]:
    found: dict[str, Hint] = {}
    for hint in hints:
        if hint.extension in found:
            first = found[hint.extension].text
            raise ValueError(
                f"extension {hint.extension} has two hints: {quoted(first)} and {quoted(hint.text)}"
            )
        found[hint.extension] = hint
    return found


def _reverse_index(hints: Iterable[Hint]) -> dict[FactKey, tuple[Hint, ...]]:
    found: dict[FactKey, list[Hint]] = {}
    for hint in hints:
        for key in hint.keys:
            found.setdefault(key, []).append(hint)
    return {key: tuple(of_key) for key, of_key in found.items()}
