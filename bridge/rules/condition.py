"""Conditions: what must be so for a rule to be true, in Kleene's logic of true, false and not known.

`AllOf(())` is always true. The condition of a configured rule is an AllOf of what its keys say: a
Comparison for each sensor of `when`, AnyOf, NoneOf and Count of comparisons, a DeviceComparison for
each device, During for its window. A tree is a value; it is asked with a `View` of what is known.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from operator import attrgetter

from bridge.model.device import DeviceState
from bridge.model.facts import FactKey, Facts, device_key
from bridge.rules.instance import Instance
from bridge.rules.schedule import Schedule
from bridge.rules.sensor import fold
from bridge.rules.watch import Watch
from bridge.rules.window import Window

_since = attrgetter("since")

Outcome = bool | None
"""None is not known."""

Source = str | FactKey | Window
"""What a condition depends on: a sensor by its name, a device by its key, a window of time."""


@dataclass(frozen=True, slots=True)
class View:
    """What is known now: the sensors by their names, the devices, and which windows are open."""

    watches: Mapping[str, Watch]
    facts: Facts
    schedule: Schedule


@dataclass(frozen=True, slots=True)
class Comparison:
    """A sensor has one of these values; "unknown" among them means that it is not known.

    Of many devices one is enough. It is unknown when none of them is known; those that are not known
    beside others that are do not count: a device that has gone must not hold up the rest.
    """

    sensor: str
    values: tuple[str, ...]
    folded: tuple[str | None, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "folded", tuple(dict.fromkeys(map(fold, self.values))))

    def outcome(self, view: View) -> Outcome:
        """Whether it is so."""
        watch = view.watches[self.sensor]
        for value in self.folded:
            if watch.having(value):
                return True
        if watch.known:
            return False
        return True if None in self.folded else None

    def count(self, view: View) -> tuple[int, float]:
        """How many devices have one of the values, and how many might: all that are not known.

        Of many devices of which none is known yet, there may be any number.
        """
        watch = view.watches[self.sensor]
        sure = sum(map(watch.having, self.folded))
        if None in self.folded:
            return sure, sure
        return sure, sure + watch.having(None) if watch.instances else float("inf")

    def witness(self, view: View) -> Instance | None:
        """The device that was the last to make it true; None where it is not, or no device did."""
        watch = view.watches[self.sensor]
        found = [instance for instance in map(watch.newest, self.folded) if instance is not None]
        return max(found, key=_since, default=None)

    def __str__(self) -> str:
        return f"{self.sensor} is {' or '.join(self.values)}"


@dataclass(frozen=True, slots=True)
class DeviceComparison:
    """A device (`SIP/2000`) has one of these states.

    One that nobody has told of is UNKNOWN, which is a state as another: a call that nobody knows of is
    no call, and must not hold up the rules below.
    """

    device: str
    states: tuple[DeviceState, ...]
    key: FactKey = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "key", device_key(self.device))

    def outcome(self, view: View) -> Outcome:
        """Whether it is so."""
        return view.facts.value(self.key) in self.states

    def __str__(self) -> str:
        return f"{self.device} is {' or '.join(state.value for state in self.states)}"


@dataclass(frozen=True, slots=True)
class During:
    """The clock shows a time in the window."""

    window: Window

    def outcome(self, view: View) -> Outcome:
        """Whether it is so."""
        return view.schedule.is_open(self.window)

    def __str__(self) -> str:
        return f"it is {self.window}"


@dataclass(frozen=True, slots=True)
class AllOf:
    """All parts are so; always true without any."""

    parts: tuple["Condition", ...]

    def outcome(self, view: View) -> Outcome:
        """Whether it is so: one that is false decides, whatever is not known."""
        return _conjunction(part.outcome(view) for part in self.parts)

    def __str__(self) -> str:
        return " and ".join(map(str, self.parts)) or "always"


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one part is so."""

    parts: tuple["Condition", ...]

    def outcome(self, view: View) -> Outcome:
        """Whether it is so: one that is true decides, whatever is not known."""
        return _opposite(_conjunction(_opposite(part.outcome(view)) for part in self.parts))

    def __str__(self) -> str:
        return f"any of: {', '.join(map(str, self.parts))}"


@dataclass(frozen=True, slots=True)
class NoneOf:
    """No part is so."""

    parts: tuple["Condition", ...]

    def outcome(self, view: View) -> Outcome:
        """Whether it is so: one that is true decides, whatever is not known."""
        return _conjunction(_opposite(part.outcome(view)) for part in self.parts)

    def __str__(self) -> str:
        return f"none of: {', '.join(map(str, self.parts))}"


@dataclass(frozen=True, slots=True)
class Count:
    """So many devices have the values that they are compared with."""

    parts: tuple[Comparison, ...]
    at_least: int = 0
    at_most: int | None = None

    def outcome(self, view: View) -> Outcome:
        """Whether it is so, and would be however those turn out that are not known."""
        counts = [part.count(view) for part in self.parts]
        least, most = sum(count[0] for count in counts), sum(count[1] for count in counts)
        limit = float("inf") if self.at_most is None else self.at_most
        if least >= self.at_least and most <= limit:
            return True
        return None if max(least, self.at_least) <= min(most, limit) else False

    def __str__(self) -> str:
        most = "" if self.at_most is None else f" and at most {self.at_most}"
        return f"at least {self.at_least}{most} of: {', '.join(map(str, self.parts))}"


Condition = Comparison | DeviceComparison | During | AllOf | AnyOf | NoneOf | Count


def leaves(condition: Condition) -> Iterator[Comparison | DeviceComparison | During]:
    """All that is compared in a condition, in the order in which it is written."""
    if isinstance(condition, AllOf | AnyOf | NoneOf | Count):
        for part in condition.parts:
            yield from leaves(part)
    else:
        yield condition


def sources(condition: Condition) -> frozenset[Source]:
    """What a condition depends on."""
    return frozenset(_source(leaf) for leaf in leaves(condition))


def comparisons(condition: Condition) -> Iterator[Comparison]:
    """The comparisons that can have made a condition true: not those of NoneOf."""
    if isinstance(condition, Comparison):
        yield condition
    elif isinstance(condition, AllOf | AnyOf | Count):
        for part in condition.parts:
            yield from comparisons(part)


def _source(leaf: Comparison | DeviceComparison | During) -> Source:
    if isinstance(leaf, Comparison):
        return leaf.sensor
    return leaf.key if isinstance(leaf, DeviceComparison) else leaf.window


def _conjunction(outcomes: Iterable[Outcome]) -> Outcome:
    result: Outcome = True
    for outcome in outcomes:
        if outcome is False:
            return False
        if outcome is None:
            result = None
    return result


def _opposite(outcome: Outcome) -> Outcome:
    return None if outcome is None else not outcome
