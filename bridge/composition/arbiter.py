"""The rules as the truth knows them: the two do not know each other, and have a word each for an end."""

from bridge.model.facts import FactKey
from bridge.rules.manual import Until as RulesUntil
from bridge.rules.rules import Rules
from bridge.topics.decoders.until import Until


class RulesAsArbiter:
    """Hands on what the truth tells."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules

    def governs(self, key: FactKey) -> bool:
        """Whether there are rules for this."""
        return self._rules.governs(key)

    def overridden(self, key: FactKey, until: Until | None, said_at: float, now: float) -> None:
        """A manual word stands."""
        self._rules.overridden(key, None if until is None else RulesUntil(*until), said_at, now)

    def released(self, key: FactKey, now: float) -> None:
        """No manual word stands any more."""
        self._rules.released(key, now)
