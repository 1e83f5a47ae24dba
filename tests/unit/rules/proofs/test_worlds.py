"""The worlds are those of the rules at work: what a condition is in one, it is when that is so."""

from itertools import islice
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.model.device import DeviceState
from bridge.model.facts import Facts, device_key
from bridge.rules.availability import ITSELF
from bridge.rules.condition import (
    AllOf,
    AnyOf,
    Comparison,
    Condition,
    Count,
    DeviceComparison,
    During,
    NoneOf,
    View,
    sources,
)
from bridge.rules.proofs.worlds import Worlds, outcome
from bridge.rules.reader import UNAVAILABLE, Reader
from bridge.rules.schedule import Schedule
from bridge.rules.sensor import Sensor
from bridge.rules.watch import Watch
from bridge.rules.window import Window
from bridge.timers import Timers

UTC = ZoneInfo("UTC")
OPEN_CLOSED = {"on": "open", "off": "closed"}
SENSORS = {
    "door": Sensor("door", Reader("d", values=OPEN_CLOSED), on_unavailable="unknown"),
    "text": Sensor("text", Reader("t"), on_unavailable="unknown"),
    "many": Sensor("many", Reader("m/{x}", values=OPEN_CLOSED), on_unavailable="unknown"),
}


def worlds(*conditions) -> list[dict]:
    return [dict(world) for world in Worlds(conditions, SENSORS)]


def values_of(variable: object, *conditions) -> list[object]:
    return list(dict.fromkeys(world[variable] for world in worlds(*conditions)))


def test_without_conditions_there_is_one_world():
    assert worlds() == [{}]
    assert worlds(AllOf(())) == [{}]
    assert outcome(AllOf(()), {}) is True


def test_a_sensor_has_what_is_mentioned_something_else_or_nothing_known():
    assert values_of("door", Comparison("door", ("open",))) == ["open", "\x00", None]
    assert values_of("door", Comparison("door", ("open",)), Comparison("door", ("CLOSED", "x"))) == [
        "open",
        "closed",
        None,
    ]
    assert values_of("text", Comparison("text", ("a", "unknown"))) == ["a", "\x00", None]


def test_many_devices_have_any_set_of_it():
    found = values_of("many", Comparison("many", ("open",)))
    assert len(found) == 8
    assert {frozenset(), frozenset({None}), frozenset({"open", "\x00"})} <= {*found}


def test_a_device_has_a_state_that_is_mentioned_or_another():
    found = values_of(device_key("SIP/1"), DeviceComparison("SIP/1", (DeviceState.INUSE, DeviceState.BUSY)))
    assert {DeviceState.INUSE, DeviceState.BUSY} < {*found}
    assert len(found) == 3
    assert len(values_of(device_key("SIP/1"), DeviceComparison("SIP/1", tuple(DeviceState)))) == 9


def test_a_clock_stands_wherever_it_makes_a_difference():
    morning, weekend = Window(UTC, begin=6 * 3600, end=12 * 3600), Window(UTC, frozenset({5, 6}))
    both = (During(morning), During(weekend))
    found = {tuple(outcome(one, world) for one in both) for world in worlds(*both)}
    assert found == {(True, True), (True, False), (False, True), (False, False)}
    assert len(worlds(*both)) == 4


def test_how_many_of_many_devices_may_be_any_number():
    count = Count((Comparison("many", ("open",)),), at_least=2)
    outcomes = {outcome(AllOf((AnyOf((count,)),)), world) for world in worlds(AllOf((AnyOf((count,)),)))}
    assert outcomes == {True, False, None}


def test_the_number_of_worlds_is_known_before_they_are_made():
    conditions = [Comparison("door", ("open",)), Comparison("many", ("open", "closed"))]
    assert Worlds(conditions, SENSORS).count == len(worlds(*conditions)) == 3 * 8
    assert Worlds(conditions, SENSORS).variables == {"door", "many"}


# --- against the conditions themselves -----------------------------------------------------------

_comparisons = st.builds(
    Comparison,
    st.sampled_from([*SENSORS]),
    st.lists(st.sampled_from(["open", "closed", "unknown"]), min_size=1).map(tuple),
)
_device = st.builds(
    DeviceComparison,
    st.just("SIP/1"),
    st.lists(st.sampled_from([DeviceState.INUSE, DeviceState.RINGING]), min_size=1).map(tuple),
)
_during = st.builds(
    lambda begin, end: During(Window(UTC, begin=begin, end=end)), *[st.integers(0, 86_399)] * 2
)
_single = _comparisons.filter(lambda one: one.sensor != "many")
_leaves = st.one_of(
    _comparisons,
    _device,
    _during,
    st.builds(
        Count, st.lists(_single, min_size=1, max_size=3).map(tuple), st.integers(0, 2), st.integers(0, 2)
    ),
)
_conditions = st.recursive(
    _leaves,
    lambda parts: st.one_of(
        *(st.builds(kind, st.lists(parts, max_size=3).map(tuple)) for kind in (AllOf, AnyOf, NoneOf))
    ),
    max_leaves=6,
)


def view(world: dict, condition: Condition) -> View:
    """The same for conditions."""
    timers, facts = Timers(), Facts()
    watches = {name: Watch(one, timers, lambda *_: None, print) for name, one in SENSORS.items()}
    unix = 0.0
    for variable, value in world.items():
        if variable == UTC:
            # Second 0 of Unix was a Thursday.
            unix = (value.weekday - 3) % 7 * 86_400 + value.second
        elif isinstance(variable, str):
            for number, one in enumerate(value if isinstance(value, frozenset) else [value]):
                _tell(watches[variable], {"x": str(number)}, one)
        else:
            facts.put(variable, value)
    windows = (one for one in sources(condition) if isinstance(one, Window))
    schedule = Schedule(windows, timers, lambda _: unix, lambda *_: None)
    schedule.start(0.0)
    return View(watches, facts, schedule)


def _tell(watch: Watch, captures: dict[str, str], value: str | None) -> None:
    watch.received(ITSELF, captures, value or "open", 0.0, level=True)
    if value is None:
        watch.received(ITSELF, captures, UNAVAILABLE, 0.0, level=True)


@settings(deadline=None)  # some conditions have many worlds
@given(_conditions)
def test_a_condition_is_in_a_world_what_it_is_when_that_is_so(condition):
    for world in islice(Worlds([condition], SENSORS), 30):
        assert outcome(condition, world) is condition.outcome(view(world, condition))
