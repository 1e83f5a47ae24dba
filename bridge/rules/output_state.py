"""One output at work: the manual word, else the first rule that holds, not too often."""

from collections.abc import Callable, Sequence
from typing import Final

from bridge.effects import RuleDecided
from bridge.model.device import DeviceState
from bridge.model.facts import Fact
from bridge.model.words import printable
from bridge.rules.decision import Decision
from bridge.rules.manual import ManualWord, Until, default_until
from bridge.rules.options import RuleOptions
from bridge.rules.rule import Output
from bridge.rules.rule_state import RuleState
from bridge.service import Context
from bridge.timers import Timer

# Of a message on a phone there is no more to see.
_LONGEST: Final = 200

Decide = Callable[[Decision, float], None]


class OutputState:
    """The rules of one output in the order in which they are asked, see `winner`.

    `again(now)` is called when `decide` shall be, if anything may be decided now.
    """

    __slots__ = (
        "_again",
        "_context",
        "_decide",
        "_decided_at",
        "_lapsed",
        "_options",
        "_put_off",
        "_said",
        "decided",
        "manual",
        "output",
        "rules",
    )

    def __init__(
        self,
        output: Output,
        context: Context,
        options: RuleOptions,
        decide: Decide,
        again: Callable[["OutputState", float], None],
    ) -> None:
        self.output = output
        self.rules: Sequence[RuleState] = ()
        self.manual: ManualWord | None = None
        self.decided: Decision | None = None
        self._context = context
        self._options = options
        self._decide = decide
        self._again = again
        self._said: Decision | None = None
        self._decided_at = float("-inf")
        # A manual word has ended by itself, and nothing has been said in its place yet.
        self._lapsed = False
        self._put_off: Timer | None = None

    def winner(self) -> RuleState | None:
        """The first rule that holds; None if there is none, or one that is not known stands before it.

        A rule whose condition is true but has not lasted long enough is passed by.
        """
        for state in self.rules:
            if state.holds:
                return state
            if state.outcome is None:
                return None
        return None

    @property
    def put_off_at(self) -> float | None:
        """When a decision that was put off is asked for again; None when none is."""
        return None if self._put_off is None else self._put_off.when

    def decide(self, now: float) -> None:
        """Decide, if there is anything new; later, if the last decision was a moment ago.

        What is put off is not the decision but the question: when the time has come, it is asked anew.
        """
        decision = self._decision()
        if decision is None and self._lapsed:
            self._keep(now)
        if decision is None or decision == self._said:
            self._forget_put_off()
            return
        if decision != self.decided:
            ready = self._decided_at + self._options.min_interval
            if now < ready:
                self._wait(ready)
                return
            self.decided, self._decided_at = decision, now
            said = in_words(decision.value)
            self._context.emit(RuleDecided(self.output.name, decision.rule, said, decision.key.kind))
        self._said = decision
        self._lapsed = False
        self._decide(decision, now)

    def repeat(self, now: float) -> None:
        """Say again what is decided: the other side may have lost it."""
        self._said = None
        self.decide(now)

    def override(self, until: Until | None, said_at: float, now: float) -> None:
        """Somebody has said something: the rules are silent until it ends. None: the configured end, from then on."""
        self._forget_manual()
        self._forget_put_off()
        self._lapsed = False
        if until is None:
            until = default_until(self._options.manual_until, said_at)
        self.manual = ManualWord(until, now, self._context.timers, self._context.wall, self._lapse)
        self.decided = self._said = None

    def release(self, now: float) -> None:
        """The manual word has ended; whatever the rules say now is new."""
        if self.manual is not None:
            self._forget_manual()
            self._again(self, now)

    def replace(self, output: Output, options: RuleOptions) -> None:
        """Go on under another spelling and other options; the manual word and what was decided stay."""
        self.output = output
        self._options = options

    def stop(self) -> None:
        """No rule is left: nothing is decided any more."""
        self._forget_manual()
        self._forget_put_off()
        for rule in self.rules:
            rule.stop()

    def shifted(self) -> None:
        """A sensor that the rules read has changed; `decide` is called after it."""
        if self.manual is not None and self.manual.until.on_change:
            self._lapsed = True
            self._forget_manual()

    def _lapse(self, now: float) -> None:
        self._lapsed = True
        self.release(now)

    def _keep(self, now: float) -> None:
        """Say what stands, as a word of the rules: else it would be a manual word again after a restart."""
        self._lapsed = False
        standing = self._context.state.facts.value(self.output.key)
        self._decide(Decision(*self.output, standing, ""), now)

    def _decision(self) -> Decision | None:
        state = None if self.manual is not None else self.winner()
        return None if state is None else Decision(*self.output, state.value(), state.rule.name)

    def _forget_put_off(self) -> None:
        if self._put_off is not None:
            self._put_off.cancel()
            self._put_off = None

    def _forget_manual(self) -> None:
        if self.manual is not None:
            self.manual.withdraw()
            self.manual = None

    def _wait(self, ready: float) -> None:
        if self._put_off is None:
            self._put_off = self._context.timers.call_at(ready, self._waited)

    def _waited(self, now: float) -> None:
        self._put_off = None
        self._again(self, now)


def in_words(value: Fact) -> str:
    """A value as one line: `away,lunch,back at 13:00`, or `INUSE`.

    It is for people: texts with commas stand as they are, not in base64 as in Asterisk's notation.
    """
    if isinstance(value, DeviceState):
        return str(value.value)
    return printable(f"{value.state.value},{value.subtype},{value.message}".rstrip(","), _LONGEST)
