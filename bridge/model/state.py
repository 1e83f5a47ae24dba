"""The state: all hints, all facts, and which hint depends on which fact.

Mutable, and written by the engine alone; everything that it holds is immutable. Other threads may
read it at any time: each look-up is one dictionary access. (A new table per change would cost a
copy of all facts, see the decision record.)
"""

from collections.abc import Iterable, Iterator

from bridge.model.facts import Change, Fact, FactKey, Facts
from bridge.model.hint import ExtensionState, Hint
from bridge.model.words import quoted

__all__ = ["Change", "State"]


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

    def hints_of(self, key: FactKey) -> tuple[Hint, ...]:
        """Return the hints that depend on a fact, in configured order."""
        return self._by_key.get(key, ())

    def hint(self, extension: str) -> Hint | None:
        """Return the hint of an extension."""
        return self._hints.get(extension)

    def extension_state(self, extension: str) -> ExtensionState:
        """Return what an extension shows now; KeyError when it has no hint."""
        return self._extension_states[extension]

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
