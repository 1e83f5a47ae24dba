"""Worlds: all that can be the case, as far as some conditions can tell it apart.

What a sensor has is one of the values that are mentioned, another one, or not known; what many devices
of one kind have is any set of these. Clocks stand wherever a window opens or closes. Nothing is left
out, so what holds in all worlds always holds. There may be worlds that cannot be: not everything that
holds is found.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, combinations, product
from math import prod
from typing import Final
from zoneinfo import ZoneInfo

from bridge.model.device import DeviceState
from bridge.model.facts import FactKey
from bridge.rules.condition import (
    AllOf,
    AnyOf,
    Comparison,
    Condition,
    Count,
    DeviceComparison,
    During,
    NoneOf,
    Outcome,
    leaves,
)
from bridge.rules.sensor import UNKNOWN, Sensor
from bridge.rules.window import Window
from bridge.walltime import LocalTime

Variable = str | FactKey | ZoneInfo | Count
"""A sensor, a device, a clock; or a count of many devices, which may be anything."""

World = Mapping[Variable, object]

# Any value that is not mentioned; no text that is read can hold this.
_ANOTHER: Final = "\x00"
_DAYS: Final = range(7)


class Worlds:
    """The worlds of some conditions. `count` is known before they are made."""

    def __init__(self, conditions: Sequence[Condition], sensors: Mapping[str, Sensor]) -> None:
        self._domains = _domains(conditions, sensors)
        self.count = prod(len(domain) for domain in self._domains.values())

    @property
    def variables(self) -> frozenset[Variable]:
        """What they differ in."""
        return frozenset(self._domains)

    def __iter__(self) -> Iterator[World]:
        return (dict(zip(self._domains, values, strict=True)) for values in product(*self._domains.values()))


def outcome(condition: Condition, world: World) -> Outcome:
    """What a condition is in a world; the logic is that of the condition itself."""
    match condition:
        case Comparison():
            return _compared(condition, world[condition.sensor])
        case DeviceComparison():
            return world[condition.key] in condition.states
        case During():
            return _during(condition.window, world[condition.window.zone])
        case Count():
            return _counted(condition, world)
        case AllOf():
            return _all(outcome(part, world) for part in condition.parts)
        case AnyOf():
            return _not(_all(_not(outcome(part, world)) for part in condition.parts))
        case NoneOf():
            return _all(_not(outcome(part, world)) for part in condition.parts)


def _compared(comparison: Comparison, has: object) -> Outcome:
    """`has` is the value of one device, or the set of those that many have."""
    values = has if isinstance(has, frozenset) else frozenset((has,))
    if not values.isdisjoint(comparison.folded):
        return True
    if values - {None}:
        return False
    return True if None in comparison.folded else None


def _during(window: Window, moment: object) -> bool:
    if not isinstance(moment, LocalTime):
        raise AssertionError("a clock shows a time")  # noqa: TRY004 - a branch that cannot be reached
    return window.contains(moment)


def _counted(count: Count, world: World) -> Outcome:
    if count in world:
        anything = world[count]
        return None if anything is None else bool(anything)
    outcomes = [_compared(part, world[part.sensor]) for part in count.parts]
    least = sum(one is True for one in outcomes)
    most = least + sum(one is None for one in outcomes)
    limit = len(outcomes) if count.at_most is None else count.at_most
    if least >= count.at_least and most <= limit:
        return True
    return None if max(least, count.at_least) <= min(most, limit) else False


def _all(outcomes: Iterable[Outcome]) -> Outcome:
    found = set(outcomes)
    return False if False in found else None if None in found else True


def _not(one: Outcome) -> Outcome:
    return None if one is None else not one


def _domains(
    conditions: Sequence[Condition], sensors: Mapping[str, Sensor]
) -> dict[Variable, Sequence[object]]:
    compared: dict[str, dict[str | None, None]] = {}
    states: dict[FactKey, set[DeviceState]] = {}
    windows: dict[ZoneInfo, list[Window]] = {}
    for leaf in chain.from_iterable(map(leaves, conditions)):
        match leaf:
            case Comparison():
                compared.setdefault(leaf.sensor, {}).update(dict.fromkeys(leaf.folded))
            case DeviceComparison():
                states.setdefault(leaf.key, set()).update(leaf.states)
            case During():
                windows.setdefault(leaf.window.zone, []).append(leaf.window)
    domains: dict[Variable, Sequence[object]] = {
        name: _values(sensors[name], values) for name, values in compared.items()
    }
    domains |= {key: _states(mentioned) for key, mentioned in states.items()}
    domains |= {zone: _moments(of_zone) for zone, of_zone in windows.items()}
    return domains | dict.fromkeys(_free_counts(conditions, sensors), (True, False, None))


def _values(sensor: Sensor, mentioned: Iterable[str | None]) -> Sequence[object]:
    known = [value for value in mentioned if value is not None]
    if sensor.possible is not None:
        known = [value for value in known if value in sensor.possible]
    if sensor.possible is None or sensor.possible - {UNKNOWN, *known}:
        known.append(_ANOTHER)
    if not sensor.captures:
        return (*known, None)
    every = (*known, None)
    return [frozenset(some) for size in range(len(every) + 1) for some in combinations(every, size)]


def _states(mentioned: set[DeviceState]) -> Sequence[DeviceState]:
    others = [state for state in DeviceState if state not in mentioned]
    return (*mentioned, *others[:1])


def _moments(windows: Sequence[Window]) -> Sequence[LocalTime]:
    """A moment for each way in which the windows can be open and closed."""
    seconds = {0, *(bound for window in windows for bound in (window.begin, window.end))}
    moments = (LocalTime(day, second) for day in _DAYS for second in seconds)
    return list({tuple(window.contains(moment) for window in windows): moment for moment in moments}.values())


def _free_counts(conditions: Iterable[Condition], sensors: Mapping[str, Sensor]) -> Iterator[Count]:
    """Counts of many devices, of which there may be any number."""
    for condition in conditions:
        if isinstance(condition, Count):
            if any(sensors[part.sensor].captures for part in condition.parts):
                yield condition
        elif isinstance(condition, AllOf | AnyOf | NoneOf):
            yield from _free_counts(condition.parts, sensors)
