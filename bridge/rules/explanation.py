"""Why an output is what it is, as a document for people and programs.

    {"output": "2000", "kind": "presence", "value": "dnd,,Door closed",
     "decides": "rule" | "manual" | "nobody", "rule": "door" | null, "why": "rule 'door' is the first ...",
     "manual": null | {"since": T, "until": T | null, "seconds_left": S | null, "until_change": false},
     "rules": [{"rule": "door", "layer": "sensor", "outcome": "true" | "false" | "unknown" | "waiting",
                "text": "true, but not long enough: in 12 s", "since": T | null, "for_seconds": S,
                "seconds_left": S | null, "sets": "dnd,,Door closed",
                "conditions": [{"text": "office_door is closed", "outcome": "true" | "false" | "unknown"}]}],
     "sensors": [{"sensor": "office_door", "more": 0,
                  "instances": [{"captures": {"name": "x"}, "value": "closed", "since": T | null,
                                 "available": true, "pending": null | {"value": "open", "seconds_left": S},
                                 "expires_in_seconds": S | null}]}],
     "devices": [{"device": "SIP/2000", "state": "INUSE"}]}

T is ISO 8601 in UTC, S a number of seconds. Rules stand in the order in which they are asked; the one
that decides is `rule`. `value` is what stands now, as `state,subtype,message`; it follows a decision when the
broker has given it back. `sets` is what the rule sets now, or with its places as they are written where
it is not true. `captures` are cleaned of what cannot be
shown; of each sensor at most `MOST_INSTANCES` are listed, those that changed last, and `more` are not.
For an output without rules: {"output": "2001", "error": "no rule sets '2001' (did you mean 2000?)"}.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from difflib import get_close_matches
from heapq import nlargest
from operator import attrgetter
from typing import Final

from bridge.model.facts import FactKey
from bridge.model.words import quoted
from bridge.rules.condition import (
    AllOf,
    Comparison,
    Condition,
    DeviceComparison,
    Outcome,
    View,
    leaves,
)
from bridge.rules.instance import Instance, shown
from bridge.rules.manual import ManualWord
from bridge.rules.output_state import OutputState, in_words
from bridge.rules.rule_state import RuleState
from bridge.rules.watch import Watch
from bridge.walltime import format_utc

MOST_INSTANCES: Final = 20

_WORDS: Final[Mapping[Outcome, str]] = {True: "true", False: "false", None: "unknown"}
_since = attrgetter("since")

Wall = Callable[[float], float]


def explain(
    state: OutputState, view: View, wall: Wall, now: float, *, synchronised: bool
) -> dict[str, object]:
    """The document above, for one output at `now`."""
    conditions = [rule.rule.condition for rule in state.rules]
    winner = None if state.manual is not None or not synchronised else state.winner()
    return {
        "output": state.output.name,
        "kind": state.output.key.kind,
        "value": in_words(view.facts.value(state.output.key)),
        "decides": "manual" if state.manual is not None else "nobody" if winner is None else "rule",
        "rule": None if winner is None else winner.rule.name,
        "why": _why(state, view, wall, now, synchronised=synchronised),
        "manual": None if state.manual is None else _manual(state.manual, wall, now),
        "rules": [_rule(rule, view, wall, now) for rule in state.rules],
        "sensors": [explain_sensor(watch, wall, now) for watch in _watches(conditions, view)],
        "devices": [
            {"device": name, "state": in_words(view.facts.value(key))} for name, key in _devices(conditions)
        ],
    }


def explain_sensor(watch: Watch, wall: Wall, now: float) -> dict[str, object]:
    """The entry of one sensor in the document above."""
    listed = nlargest(MOST_INSTANCES, watch.instances.values(), key=_since)
    return {
        "sensor": watch.sensor.name,
        "more": len(watch.instances) - len(listed),
        "instances": [_instance(instance, watch, wall, now) for instance in listed],
    }


def refuse(name: str, known: Iterable[str]) -> dict[str, object]:
    """The document for a name that no rule sets."""
    by_folded = {other.casefold(): other for other in known}
    near = get_close_matches(name.casefold(), by_folded, n=1)
    meant = f" (did you mean {by_folded[near[0]]}?)" if near else ""
    return {"output": name, "error": f"no rule sets {quoted(name)}{meant}"}


def _why(state: OutputState, view: View, wall: Wall, now: float, *, synchronised: bool) -> str:
    if state.manual is not None:
        return f"a manual word stands above all rules, {_end(state.manual, wall, now)}"
    if not synchronised:
        return "nothing is decided before all that the broker stores has been read; what stands is kept"
    winner = state.winner()
    if winner is not None:
        later = f"; put off for {state.put_off_at - now:.1f} s" if state.put_off_at is not None else ""
        return f"rule {quoted(winner.rule.name)} is the first that is true: {winner.rule.condition}{later}"
    for rule in state.rules:
        if rule.outcome is None:
            unknown = ", ".join(str(p) for p in _parts(rule.rule.condition) if p.outcome(view) is None)
            return f"rule {quoted(rule.rule.name)} may be true, it is not known whether {unknown}; what stands is kept"
    return "no rule is true; what stands is kept"


def _end(manual: ManualWord, wall: Wall, now: float) -> str:
    at, on_change = manual.until
    ends = [] if at is None else [f"until {format_utc(at)} (in {max(at - wall(now), 0):.0f} s)"]
    if on_change:
        ends.append("until a sensor of its rules changes")
    return " or ".join(ends) or "until it is taken back"


def _manual(manual: ManualWord, wall: Wall, now: float) -> dict[str, object]:
    at, on_change = manual.until
    return {
        "since": _moment(manual.since, wall),
        "until": None if at is None else format_utc(at),
        "seconds_left": None if at is None else _seconds(at - wall(now)),
        "until_change": on_change,
    }


def _rule(state: RuleState, view: View, wall: Wall, now: float) -> dict[str, object]:
    left = None if state.held_at is None else _seconds(state.held_at - now)
    outcome = _WORDS[state.outcome] if left is None else "waiting"
    return {
        "rule": state.rule.name,
        "layer": state.rule.layer.value,
        "outcome": outcome,
        "text": outcome if left is None else f"true, but not long enough: in {left:.0f} s",
        "since": _moment(state.since, wall) if state.outcome else None,
        "for_seconds": state.rule.for_seconds,
        "seconds_left": left,
        "sets": in_words(state.value()),
        "conditions": [
            {"text": str(part), "outcome": _WORDS[part.outcome(view)]}
            for part in _parts(state.rule.condition)
        ],
    }


def _parts(condition: Condition) -> tuple[Condition, ...]:
    return condition.parts if isinstance(condition, AllOf) else (condition,)


def _watches(conditions: Iterable[Condition], view: View) -> Iterator[Watch]:
    found = (leaf for condition in conditions for leaf in leaves(condition))
    names = dict.fromkeys(leaf.sensor for leaf in found if isinstance(leaf, Comparison))
    return map(view.watches.__getitem__, names)


def _devices(conditions: Iterable[Condition]) -> Iterable[tuple[str, FactKey]]:
    found = (leaf for condition in conditions for leaf in leaves(condition))
    return dict.fromkeys((leaf.device, leaf.key) for leaf in found if isinstance(leaf, DeviceComparison))


def _instance(instance: Instance, watch: Watch, wall: Wall, now: float) -> dict[str, object]:
    pending, expires_at = instance.pending, instance.expires_at
    return {
        "captures": {name: instance.names[name] for name in watch.sensor.captures},
        "value": shown(instance.value),
        "since": _moment(instance.since, wall),
        "available": instance.available,
        "pending": None
        if pending is None
        else {"value": shown(pending.value), "seconds_left": _seconds(pending.timer.when - now)},
        "expires_in_seconds": None if expires_at is None else _seconds(expires_at - now),
    }


def _moment(at: float, wall: Wall) -> str | None:
    return None if at == float("-inf") else format_utc(wall(at))


def _seconds(left: float) -> float:
    return round(max(left, 0.0), 1)
