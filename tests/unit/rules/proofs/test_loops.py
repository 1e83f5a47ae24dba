from collections.abc import Sequence
from zoneinfo import ZoneInfo

import pytest

from bridge.model.device import DeviceState
from bridge.model.facts import device_key
from bridge.rules.condition import AnyOf, Comparison, Condition, DeviceComparison
from bridge.rules.layer import Layer
from bridge.rules.proofs.loops import Place, Step, loops
from bridge.rules.reader import Reader
from bridge.rules.rule import Output, Rule
from bridge.rules.sensor import Sensor

ALIVE = Reader("alive/{x}", values={"on": "@available"})
SENSORS = {
    name: Sensor(name, Reader(f"out/Custom/{name}"), availability=(ALIVE,) if name == "d" else ())
    for name in "abcd"
}


def rule(name: str, *reads: str) -> Rule:
    """Sets the device of its name, by what these sensors read."""
    condition = AnyOf(tuple(Comparison(one, ("x",)) for one in reads))
    return _rule(name, condition)


def _rule(name: str, condition: Condition) -> Rule:
    output = Output(device_key(f"Custom/{name}"), f"Custom/{name}")
    return Rule(name, output, Layer.SENSOR, condition, DeviceState.INUSE, ZoneInfo("UTC"))


def found(*rules: Rule, topics: Sequence[str] = ()) -> list[str]:
    """Each way round as `a>b>a`, by the names of the outputs."""

    def of(output: Output) -> tuple[Place, ...]:
        return (Place(f"out/{output.name}"), *map(Place, topics))

    return [
        ">".join([_short(steps[0].of), *(_short(step.rule.output) for step in steps)])
        for steps in loops(rules, SENSORS, of)
    ]


def _short(output: Output) -> str:
    return output.name.removeprefix("Custom/")


def test_what_goes_on_makes_no_loop():
    assert found() == []
    assert found(rule("a", "b"), rule("b", "c"), rule("c")) == []


def test_an_output_that_feeds_itself():
    assert found(rule("a", "a")) == ["a>a"]


def test_the_shortest_way_round_is_told_once():
    assert found(rule("a", "b"), rule("b", "c", "a"), rule("c", "a")) == ["a>b>a", "c>b>a>c"]
    assert found(rule("a", "b"), rule("b", "c"), rule("c", "a")) == ["a>c>b>a"]


def test_each_rule_that_is_fed_by_its_output_is_told_of():
    """Whoever mends the first should not find the second only then."""
    reads = [rule("a", "a"), rule("a", "a")]
    assert [
        steps[-1].rule for steps in loops(reads, SENSORS, lambda output: [Place(f"out/{output.name}")])
    ] == reads


def test_two_loops():
    assert found(rule("a", "b"), rule("b", "a"), rule("c", "c", "a")) == ["a>b>a", "c>c"]


def test_each_rule_of_an_output_counts():
    assert found(rule("a"), rule("a", "b"), rule("b"), rule("b", "a")) == ["a>b>a"]


def test_by_way_of_a_device_that_rules_look_at():
    looks = _rule("a", DeviceComparison("custom/A", (DeviceState.INUSE,)))
    (steps,) = loops([looks], SENSORS, lambda _: ())
    assert steps == (Step(looks.output, looks),)


def test_by_way_of_a_topic():
    reads = rule("a", "a")
    (steps,) = loops([reads], SENSORS, lambda output: [Place(f"out/{output.name}")])
    assert steps == (Step(reads.output, reads, "a", "out/Custom/a"),)


def test_by_way_of_availability():
    assert found(rule("b", "d"), topics=["alive/5"]) == ["b>b"]
    assert found(rule("b", "c"), topics=["alive/5"]) == []


@pytest.mark.parametrize(
    ("reader", "expire_seconds", "loop"),
    [
        (Reader("out", path="presence"), None, False),
        (Reader("out", path="presence", guards={"watchers": ["1"]}), None, False),
        (Reader("out", path="device_state"), None, True),
        (Reader("out", path="presence", guards={"device_state": ["INUSE"]}), None, True),
        (Reader("out", path="presence | device_state"), None, True),
        (Reader("out", path="[0]"), None, True),
        (Reader("out", matches="x"), None, True),
        (Reader("out"), None, True),
        (Reader("out", path="presence"), 5.0, True),
    ],
)
def test_what_does_not_depend_on_an_output_makes_no_loop(reader, expire_seconds, loop):
    sensors = {"a": Sensor("a", reader, expire_seconds=expire_seconds)}
    places = [Place("out", frozenset({"device_state"}))]
    assert bool([*loops([rule("a", "a")], sensors, lambda _output: places)]) is loop
