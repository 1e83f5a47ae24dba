"""One rule at work: whether its condition is true, since when, and whether that is long enough."""

from collections.abc import Callable
from typing import Final

from bridge.model.device import DeviceState
from bridge.model.facts import Fact
from bridge.model.presence import Presence
from bridge.rules.condition import Outcome, View, comparisons
from bridge.rules.instance import shown
from bridge.rules.rule import SENSOR, VALUE, Rule
from bridge.rules.template import TIME, speakable
from bridge.service import Context
from bridge.timers import Timer
from bridge.walltime import local_time

_EVER: Final = float("-inf")
_MINUTE: Final = 60


class RuleState:
    """Looks when it is told to, and tells `held` when its condition has lasted.

    `outcome` is that of the condition, true since `since` (monotonic; for ever before `start`). `holds`: and for long enough; until
    then `held_at` says when. `time` is what `{time}` stands for: when the condition became true.
    """

    __slots__ = ("_comparisons", "_context", "_held", "_timer", "_view", "outcome", "rule", "since", "time")

    def __init__(self, rule: Rule, view: View, context: Context, held: Callable[[float], None]) -> None:
        self.rule = rule
        self.outcome: Outcome = rule.condition.outcome(view)
        self.since = _EVER
        self.time = ""
        self._view = view
        self._context = context
        self._held = held
        self._timer: Timer | None = None
        self._comparisons = tuple(comparisons(rule.condition)) if rule.placeholders else ()

    @property
    def holds(self) -> bool:
        """Whether the rule can decide."""
        return self.outcome is True and self._timer is None

    @property
    def held_at(self) -> float | None:
        """When it will hold, if its condition stays true; None when it does not wait for that."""
        return None if self._timer is None else self._timer.when

    def start(self, now: float) -> None:
        """Look for the first time: what is true now, and nothing has made true since we came, has been so before."""
        self.look(now, level=True)
        if self.outcome and self.since == _EVER:
            self._begin(now, level=True)

    def replace(self, rule: Rule) -> None:
        """Be another rule with the same condition, which goes on: what has begun to hold began when it did.

        What waits, waits for as long as the new rule says.
        """
        self.rule = rule
        self._comparisons = tuple(comparisons(rule.condition)) if rule.placeholders else ()
        if self.outcome and self.since != _EVER and not self.time:
            self._note_time(self.since)
        if self._timer is not None:
            self._timer.cancel()
            self._timer = self._context.timers.call_at(self.since + rule.for_seconds, self._lasted)

    def stop(self) -> None:
        """The rule is gone."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def look(self, now: float, *, level: bool) -> None:
        """Ask the condition. What a level makes true has been so before we came, and so for long enough."""
        outcome = self.rule.condition.outcome(self._view)
        if outcome is self.outcome:
            return
        self.outcome = outcome
        self.stop()
        if outcome:
            self._begin(now, level=level)

    def value(self) -> Fact:
        """What the rule sets; its places are filled in if its condition is true."""
        value = self.rule.value
        if isinstance(value, DeviceState):
            return value
        return value.fill(self._names()) if self.outcome else value.unfilled

    def recall(self, standing: Fact) -> None:
        """If the standing value is what this rule has set before we came, it began to hold then."""
        if isinstance(standing, Presence) and not isinstance(self.rule.value, DeviceState):
            self.time = self.rule.value.recall(standing, self._names()) or self.time

    def _begin(self, now: float, *, level: bool) -> None:
        self.since = now
        self._note_time(now)
        if self.rule.for_seconds > 0 and not level:
            self._timer = self._context.timers.call_at(now + self.rule.for_seconds, self._lasted)

    def _note_time(self, at: float) -> None:
        if TIME in self.rule.placeholders:
            second = local_time(self._context.wall(at), self.rule.zone).second
            self.time = f"{second // 3600:02}:{second // _MINUTE % _MINUTE:02}"

    def _lasted(self, now: float) -> None:
        self._timer = None
        self._held(now)

    def _names(self) -> dict[str, str]:
        """What those sensors say that have made it true; where several have a name, the first one's counts."""
        names: dict[str, str] = {}
        for comparison in self._comparisons:
            witness = comparison.witness(self._view)
            if witness is not None:
                own = {SENSOR: comparison.sensor, VALUE: speakable(shown(witness.value)), **witness.names}
                names = own | names
        return {TIME: self.time, **names}
