"""Loops: outputs that are set, by way of a topic or a device, because of what they are."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from bridge.model.facts import FactKey
from bridge.rules.condition import sources
from bridge.rules.index import TopicIndex
from bridge.rules.rule import Output, Rule
from bridge.rules.sensor import Sensor


class Place(NamedTuple):
    """Where it can be read what an output is: which members of the JSON there tell; None for all that is there."""

    topic: str
    members: frozenset[str] | None = None


class Step(NamedTuple):
    """`rule` is asked again when `of` is set: for it looks at that device, or at `sensor`, which reads `topic`."""

    of: Output
    rule: Rule
    sensor: str = ""
    topic: str = ""


def loops(
    rules: Sequence[Rule], sensors: Mapping[str, Sensor], places: Callable[[Output], Iterable[Place]]
) -> Iterator[tuple[Step, ...]]:
    """For each rule that is fed by its own output, the shortest way round, unless it lies on one found before.

    The first step begins at the output, and the rule of the last step sets it.
    """
    steps = _steps(rules, sensors, places)
    seen: set[int] = set()
    for rule in rules:
        if id(rule) not in seen:
            way = _way_round(rule, steps)
            seen.update(id(step.rule) for step in way)
            if way:
                yield way


def _steps(
    rules: Sequence[Rule], sensors: Mapping[str, Sensor], places: Callable[[Output], Iterable[Place]]
) -> Mapping[FactKey, Sequence[Step]]:
    """From each output to the rules that depend on it."""
    index: TopicIndex[tuple[str, frozenset[str] | None]] = TopicIndex()
    for sensor in sensors.values():
        for reader in (sensor.reader, *sensor.availability):
            # One that expires depends on every message, whatever it says.
            index.add(reader.topic, (sensor.name, None if sensor.expire_seconds else reader.members))
    by_source: dict[object, list[Rule]] = {}
    for rule in rules:
        for source in sources(rule.condition):
            by_source.setdefault(source, []).append(rule)
    steps: dict[FactKey, list[Step]] = {}
    for output in {rule.output.key: rule.output for rule in rules}.values():
        found = steps.setdefault(output.key, [])
        found += (Step(output, rule) for rule in by_source.get(output.key, ()))
        for topic, told in places(output):
            for (name, read), _ in index.find(topic):
                if told is None or read is None or told & read:
                    found += (Step(output, rule, name, topic) for rule in by_source.get(name, ()))
    return steps


def _way_round(rule: Rule, steps: Mapping[FactKey, Sequence[Step]]) -> tuple[Step, ...]:
    """The shortest way from the output of a rule back to the rule; none is empty."""
    start = rule.output.key
    reached = {start}
    waiting: deque[tuple[FactKey, tuple[Step, ...]]] = deque([(start, ())])
    while waiting:
        key, way = waiting.popleft()
        for step in steps[key]:
            if step.rule is rule:
                return (*way, step)
            output = step.rule.output.key
            if output not in reached:
                reached.add(output)
                waiting.append((output, (*way, step)))
    return ()
