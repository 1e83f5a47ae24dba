"""The rules, as the truth sees them: what it asks and tells them, and what they tell it."""

from typing import Protocol

from bridge.model.facts import Fact, FactKey
from bridge.topics.decoders.until import Until


class Arbiter(Protocol):
    """Decides between manual words and rules."""

    def governs(self, key: FactKey) -> bool:
        """Whether rules decide on this."""
        ...

    def overridden(self, key: FactKey, until: Until | None, said_at: float, now: float) -> None:
        """A manual word stands since the Unix second `said_at`; `until` is None where it does not say how long."""
        ...

    def released(self, key: FactKey, now: float) -> None:
        """No manual word stands any more: decide anew."""
        ...


class NoRules:
    """Where there are no rules. Nothing is governed, so that nothing else is called."""

    def governs(self, _key: FactKey) -> bool:
        """Nothing is."""
        return False

    def overridden(self, key: FactKey, _until: Until | None, _said_at: float, _now: float) -> None:
        """See above."""
        raise AssertionError(f"no rules for {key}")

    def released(self, key: FactKey, _now: float) -> None:
        """See above."""
        raise AssertionError(f"no rules for {key}")


class Decision(Protocol):
    """What an output shall be, and which rule says so."""

    @property
    def key(self) -> FactKey:
        """The output."""
        ...

    @property
    def name(self) -> str:
        """The output as the configuration spells it, a device as a path."""
        ...

    @property
    def value(self) -> Fact:
        """What it shall be."""
        ...

    @property
    def rule(self) -> str:
        """The name of the rule."""
        ...
