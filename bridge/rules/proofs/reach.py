"""Reach: whether there is any world in which a rule decides."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Final, NamedTuple

from bridge.model.facts import FactKey
from bridge.rules.proofs.worlds import Worlds, outcome
from bridge.rules.rule import Rule
from bridge.rules.sensor import Sensor

# Worlds that are looked at together: a moment of work. Above it, rules are compared two by two.
_MOST: Final = 5_000
_MOST_PAIRS: Final = 20_000


class Verdict(NamedTuple):
    """A rule that never decides. `by`: a rule before it that is enough for that; None if it takes several, or none.

    `contradicts`: its condition is never true, whatever stands before it.
    """

    rule: Rule
    by: Rule | None = None
    contradicts: bool = False


def never_deciding(rules: Sequence[Rule], sensors: Mapping[str, Sensor]) -> Iterator[Verdict]:
    """The rules of which it is certain that they never decide, output by output, in the order of walking."""
    for of_output in by_output(rules).values():
        yield from _Walk(of_output, sensors).verdicts()


def by_output(rules: Sequence[Rule]) -> dict[FactKey, list[Rule]]:
    """The rules of each output in the order in which they are asked."""
    found: dict[FactKey, list[Rule]] = {}
    for rule in sorted(rules, key=lambda rule: rule.layer.rank):
        found.setdefault(rule.output.key, []).append(rule)
    return found


class _Table:
    """What some rules are in all worlds: one row a world, one column a rule."""

    def __init__(self, rules: Sequence[Rule], worlds: Worlds) -> None:
        self._rules = rules
        self._rows = [tuple(outcome(rule.condition, world) for rule in rules) for world in worlds]

    def is_ever_true(self, column: int) -> bool:
        """Whether there is a world in which it is true."""
        return any(row[column] is True for row in self._rows)

    def is_ever_false(self, column: int) -> bool:
        """Whether there is a world in which it lets those behind it decide."""
        return any(row[column] is False for row in self._rows)

    def blocks(self, columns: Sequence[int], column: int) -> bool:
        """Whether in each world in which `column` is true, one of `columns` decides or leaves it open."""
        stops = [(one, self._lasts(one, column)) for one in columns]
        return all(
            any(row[one] is None or (row[one] is True and lasts) for one, lasts in stops)
            for row in self._rows
            if row[column] is True
        )

    def _lasts(self, one: int, column: int) -> bool:
        """Whether `one`, where both are true, has been so for long enough."""
        if self._rules[one].for_seconds == 0 or all(row[one] is True for row in self._rows):
            return True
        implied = all(row[one] is True for row in self._rows if row[column] is True)
        return implied and self._rules[one].for_seconds <= self._rules[column].for_seconds


class _Walk:
    """The rules of one output."""

    def __init__(self, rules: Sequence[Rule], sensors: Mapping[str, Sensor]) -> None:
        self._rules = rules
        self._sensors = sensors

    def verdicts(self) -> Iterator[Verdict]:
        """Of all rules together where that is little work, else two by two."""
        worlds = self._worlds(*self._rules)
        if worlds.count > _MOST:
            yield from self._two_by_two()
            return
        table = _Table(self._rules, worlds)
        for column, rule in enumerate(self._rules):
            before = range(column)
            if not table.is_ever_true(column):
                yield Verdict(rule, contradicts=True)
            elif table.blocks(before, column):
                by = (self._rules[one] for one in before if table.blocks([one], column))
                yield Verdict(rule, next(by, None))

    def _two_by_two(self) -> Iterator[Verdict]:
        pairs = 0
        earlier: list[_Alone] = []
        for rule in self._rules:
            alone = _Alone(rule, self._worlds(rule))
            if alone.contradicts:
                yield Verdict(rule, contradicts=True)
                continue
            rivals = [one for one in earlier if alone.may_lose_to(one)]
            pairs += len(rivals)
            if pairs > _MOST_PAIRS:
                return
            by = (one.rule for one in rivals if self._blocks(one.rule, rule))
            yield from (Verdict(rule, one) for one in islice(by, 1))
            earlier.append(alone)

    def _blocks(self, one: Rule, rule: Rule) -> bool:
        worlds = self._worlds(one, rule)
        return worlds.count <= _MOST and _Table((one, rule), worlds).blocks((0,), 1)

    def _worlds(self, *rules: Rule) -> Worlds:
        return Worlds([rule.condition for rule in rules], self._sensors)


class _Alone:
    """One rule without the others."""

    def __init__(self, rule: Rule, worlds: Worlds) -> None:
        self.rule = rule
        self.variables = worlds.variables
        table = _Table((rule,), worlds) if worlds.count <= _MOST else None
        self.contradicts = table is not None and not table.is_ever_true(0)
        self.always_stops = table is not None and not table.is_ever_false(0)

    def may_lose_to(self, one: "_Alone") -> bool:
        """Whether it is worth a look: rules that have nothing in common leave each other room."""
        return one.always_stops or not self.variables.isdisjoint(one.variables)
