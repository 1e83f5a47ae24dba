import time
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.model.device import DeviceState
from bridge.model.facts import presence_key
from bridge.model.presence import PresenceState
from bridge.rules.condition import (
    AllOf,
    AnyOf,
    Comparison,
    Condition,
    Count,
    DeviceComparison,
    During,
    NoneOf,
)
from bridge.rules.layer import Layer
from bridge.rules.proofs.reach import by_output, never_deciding
from bridge.rules.reader import Reader
from bridge.rules.rule import Output, Rule
from bridge.rules.sensor import Sensor
from bridge.rules.template import PresenceTemplate
from bridge.rules.window import Window
from support.rulebook import Rulebook

UTC = ZoneInfo("UTC")
VALUE = PresenceTemplate(PresenceState.DND)
OPEN_CLOSED = {"on": "open", "off": "closed"}
SENSORS = {
    "door": Sensor("door", Reader("d", values=OPEN_CLOSED)),
    "text": Sensor("text", Reader("t")),
    "many": Sensor("many", Reader("m/{x}", values=OPEN_CLOSED)),
    **{name: Sensor(name, Reader(name, values=OPEN_CLOSED)) for name in "abcdefghij"},
}
ALWAYS = AllOf(())
OPEN, CLOSED = Comparison("door", ("open",)), Comparison("door", ("closed",))


def rule(
    name: str,
    condition: Condition,
    seconds: float = 0.0,
    layer: Layer = Layer.SENSOR,
    output: str = "2000",
) -> Rule:
    key = Output(presence_key(output), output)
    return Rule(name, key, layer, condition, VALUE, UTC, seconds)


def found(*rules: Rule | Condition) -> list[str]:
    """`b<a`: never decides, for a stands before it; `b<`: for several do; `b!`: it contradicts itself."""
    named = [
        one if isinstance(one, Rule) else rule(letter, one)
        for letter, one in zip("abcdefghijk", rules, strict=False)
    ]
    return [
        f"{verdict.rule.name}!"
        if verdict.contradicts
        else f"{verdict.rule.name}<{verdict.by.name if verdict.by else ''}"
        for verdict in never_deciding(named, SENSORS)
    ]


@pytest.mark.parametrize(
    "rules",
    [
        [],
        [ALWAYS],
        [OPEN, ALWAYS],
        [OPEN, AnyOf((OPEN, CLOSED))],
        [Comparison("text", ("x",)), Comparison("text", ("y",)), ALWAYS],
        [Comparison("many", ("open",)), Comparison("many", ("closed",))],
        [AllOf((Comparison("many", ("open",)), Comparison("many", ("closed",))))],
        [Count((OPEN, Comparison("text", ("x",))), 1, 1), ALWAYS],
        [DeviceComparison("SIP/1", (DeviceState.INUSE,)), ALWAYS],
    ],
)
def test_every_rule_may_decide(rules):
    assert found(*rules) == []


@pytest.mark.parametrize(
    ("rules", "never"),
    [
        ([ALWAYS, ALWAYS], ["b<a"]),
        ([ALWAYS, OPEN], ["b<a"]),
        ([OPEN, OPEN], ["b<a"]),
        ([OPEN, AllOf((OPEN, Comparison("text", ("x",))))], ["b<a"]),
        ([AnyOf((OPEN, CLOSED)), OPEN, CLOSED], ["b<a", "c<a"]),
        ([OPEN, CLOSED, AnyOf((OPEN, CLOSED))], ["c<"]),
        # While the door is not known, the first is not either, and nothing behind it is asked.
        ([Comparison("door", ("open", "closed")), ALWAYS], ["b<a"]),
        ([OPEN, CLOSED, ALWAYS], ["c<"]),
        ([Count((OPEN, CLOSED), 1, 1), ALWAYS], ["b<a"]),
        ([Comparison("door", ("open", "closed", "unknown")), ALWAYS], ["b<a"]),
        ([OPEN, Comparison("door", ("closed", "unknown")), ALWAYS], ["c<"]),
        ([NoneOf((OPEN,)), OPEN, CLOSED], ["c<a"]),
        ([Comparison("many", ("open", "closed")), Comparison("many", ("open",))], ["b<a"]),
        ([DeviceComparison("SIP/1", tuple(DeviceState)), ALWAYS], ["b<a"]),
        ([Count((OPEN, CLOSED), 0, 2), ALWAYS], ["b<a"]),
    ],
)
def test_rules_that_others_leave_nothing_to(rules, never):
    assert found(*rules) == never


@pytest.mark.parametrize(
    "condition",
    [
        AllOf((OPEN, CLOSED)),
        AllOf((OPEN, NoneOf((OPEN,)))),
        NoneOf((Comparison("door", ("open", "closed", "unknown")),)),
        AnyOf(()),
        Count((OPEN,), 2),
        During(Window(UTC, frozenset())),
        Comparison("door", ("ajar",)),
        AllOf(
            (DeviceComparison("SIP/1", (DeviceState.INUSE,)), DeviceComparison("sip:1", (DeviceState.BUSY,)))
        ),
    ],
)
def test_conditions_that_contradict_themselves(condition):
    assert found(ALWAYS, condition) == ["b!"]


def hours(begin: int, end: int, *days: int) -> During:
    return During(Window(UTC, frozenset(days or range(7)), begin * 3600, end * 3600))


@pytest.mark.parametrize(
    ("rules", "never"),
    [
        ([hours(8, 17), hours(9, 12)], ["b<a"]),
        ([hours(22, 6, 4), hours(0, 6, 5)], ["b<a"]),
        ([hours(0, 0), ALWAYS], ["b<a"]),
        ([hours(8, 12), hours(12, 8), ALWAYS], ["c<"]),
        ([hours(8, 17, 0, 1), hours(8, 17)], []),
        ([hours(8, 17), hours(16, 18)], []),
    ],
)
def test_windows_of_time(rules, never):
    assert found(*rules) == never


def test_the_layer_goes_before_the_order_of_the_file():
    first, second = rule("a", OPEN, layer=Layer.DEFAULT), rule("b", ALWAYS, layer=Layer.CALL)
    assert found(first, second) == ["a<b"]
    assert [one.name for one in by_output([first, second])[first.output.key]] == ["b", "a"]


def test_outputs_do_not_disturb_each_other():
    assert found(rule("a", ALWAYS), rule("b", ALWAYS, output="2001")) == []


@pytest.mark.parametrize(
    ("rules", "never"),
    [
        # For ten seconds it is the turn of the second.
        ([rule("a", OPEN, 10), rule("b", OPEN)], []),
        ([rule("a", OPEN, 10), rule("b", OPEN, 10)], ["b<a"]),
        ([rule("a", OPEN), rule("b", OPEN, 10)], ["b<a"]),
        ([rule("a", AnyOf((OPEN, CLOSED)), 10), rule("b", AllOf((OPEN,)), 20)], ["b<a"]),
        # What is always true has been so for long enough from the beginning.
        ([rule("a", ALWAYS, 10), rule("b", OPEN)], ["b<a"]),
    ],
)
def test_a_rule_that_waits_leaves_others_their_time(rules, never):
    assert found(*rules) == never


WIDE = AllOf(tuple(Comparison(name, ("open",)) for name in "abcdefghij"))
"""So many sensors that their worlds are not looked at together."""


def test_two_by_two_where_all_together_are_too_many():
    rules = [*(Comparison(name, ("open",)) for name in "abcdefgh"), Comparison("a", ("open",)), ALWAYS]
    assert found(*rules, AllOf((OPEN, CLOSED))) == ["i<a", "k!"]


def test_what_is_too_much_work_is_left_alone():
    assert found(WIDE, AllOf((WIDE, OPEN))) == []
    assert found(WIDE, rule("b", ALWAYS), rule("c", OPEN)) == ["c<b"]


def test_of_very_many_rules_not_all_pairs_are_looked_at():
    rules = [rule("w", WIDE), *(rule(f"r{n}", Comparison("text", (f"v{n}",))) for n in range(250))]
    early, late = rule("early", Comparison("text", ("v0",))), rule("late", Comparison("text", ("v0",)))
    assert found(*rules[:3], early, *rules[3:], late) == ["early<r0"]


def test_a_thousand_rules_are_no_work():
    sensors = {f"s{n}": Sensor(f"s{n}", Reader(f"t/{n}", values=OPEN_CLOSED)) for n in range(1000)}
    rules = [rule(f"r{n}", Comparison(f"s{n}", ("open",))) for n in range(1000)]
    rules += [rule(f"q{n}", Comparison("s0", (f"v{n}",))) for n in range(500)]
    begun = time.perf_counter()
    assert len([*never_deciding(rules, sensors)]) == 500
    assert time.perf_counter() - begun < 5


# --- against the rules at work -------------------------------------------------------------------

_comparison = st.builds(
    Comparison,
    st.sampled_from(["door", "text", "many"]),
    st.lists(st.sampled_from(["open", "closed", "unknown"]), min_size=1, max_size=2).map(tuple),
)
_call = st.builds(DeviceComparison, st.just("SIP/1"), st.just((DeviceState.INUSE,)))
_parts = st.lists(st.one_of(_comparison, _call), max_size=2).map(tuple)
_count = st.builds(Count, st.lists(_comparison, min_size=1, max_size=2).map(tuple), st.integers(0, 2))
_condition = st.builds(
    lambda *parts: AllOf(parts),
    st.one_of(st.builds(AllOf, _parts), st.builds(AnyOf, _parts), st.builds(NoneOf, _parts), _count),
    st.one_of(st.just(ALWAYS), _comparison),
)
_rules = st.lists(st.tuples(_condition, st.sampled_from([0.0, 0.0, 5.0, 10.0])), min_size=2, max_size=5).map(
    lambda drawn: [rule(f"r{number}", *one) for number, one in enumerate(drawn)]
)
_happening = st.one_of(
    st.tuples(st.sampled_from(["d", "m/1", "m/2"]), st.sampled_from(["on", "off"])),
    st.tuples(st.just("t"), st.sampled_from(["open", "closed", "x"])),
    st.tuples(st.just("call"), st.sampled_from([DeviceState.INUSE, DeviceState.NOT_INUSE])),
    st.tuples(st.just("time"), st.sampled_from([1.0, 5.0, 20.0])),
)


@settings(deadline=None)  # some rules have many worlds
@given(_rules, st.lists(_happening, max_size=12), st.integers(0, 3))
def test_what_never_decides_never_does(rules, happenings, stored):
    never = {verdict.rule.name for verdict in never_deciding(rules, SENSORS)}
    book = Rulebook(*SENSORS.values(), rules=rules)
    for number, (what, value) in enumerate(happenings):
        if number == stored:
            book.synchronise()
        if what == "call":
            book.call("SIP/1", value, retained=number < stored)
        elif what == "time":
            book.advance(value)
        else:
            book.say(what, value, retained=number < stored)
    book.synchronise()
    assert never.isdisjoint(name for _, _, name in book.decided)
