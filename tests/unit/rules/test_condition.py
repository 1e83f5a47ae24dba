"""What must be so for a rule to be true."""

from itertools import product
from operator import attrgetter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.model.device import DeviceState
from bridge.model.facts import Facts, device_key
from bridge.rules.condition import (
    AllOf,
    AnyOf,
    Comparison,
    Count,
    DeviceComparison,
    During,
    NoneOf,
    View,
    comparisons,
    leaves,
    sources,
)
from bridge.rules.schedule import Schedule
from bridge.rules.sensor import Sensor
from bridge.rules.watch import Watch
from bridge.rules.window import Window
from bridge.timers import Timers
from support.rulebook import UTC, compare, sensor


def view(*sensors: Sensor, now: float = 0.0, **values: str | dict[str, str | None] | None) -> View:
    """What is known when sensors have these values; a dict is of the devices of one."""
    timers = Timers()
    watches = {s.name: Watch(s, timers, lambda *_: None, print) for s in sensors}
    for name, value in values.items():
        if name not in watches:
            wild = isinstance(value, dict)
            watches[name] = Watch(
                sensor(name, f"{name}/{{id}}" if wild else ""), timers, lambda *_: None, print
            )
        devices = value if isinstance(value, dict) else {"": value}
        for number, (device, text) in enumerate(devices.items()):
            if text is not None:
                watches[name].received(0, {"id": device}, text, float(number), level=False)
    windows = [Window(UTC, begin=0, end=3600), Window(UTC, begin=3600, end=7200)]
    schedule = Schedule(windows, timers, lambda now: now, lambda *_: None)
    schedule.start(now)
    return View(watches, Facts(), schedule)


# --- comparing ---


@pytest.mark.parametrize(
    ("value", "values", "outcome"),
    [
        ("closed", "closed", True),
        ("Closed", "cLOSED", True),
        ("closed", "open", False),
        ("closed", ("open", "closed"), True),
        ("22", "22.0", True),
        (None, "closed", None),
        (None, "unknown", True),
        (None, ("closed", "Unknown"), True),
        ("closed", "unknown", False),
        ("closed", ("closed", "unknown"), True),
    ],
)
def test_a_sensor_is_compared(value, values, outcome):
    assert compare("door", values).outcome(view(door=value)) is outcome


@pytest.mark.parametrize(
    ("devices", "values", "outcome"),
    [
        ({}, "open", None),
        ({}, "unknown", True),
        ({"a": "closed", "b": "open"}, "open", True),
        ({"a": "closed", "b": "closed"}, "open", False),
        ({"a": "unknown"}, "open", None),
        ({"a": "unknown", "b": "closed"}, "open", False),
        ({"a": "unknown", "b": "closed"}, "unknown", True),
        ({"a": "open", "b": "closed"}, "unknown", False),
    ],
)
def test_of_many_devices_one_is_enough(devices, values, outcome):
    assert compare("door", values).outcome(view(door=devices)) is outcome


def test_the_witness_is_the_device_that_was_the_last_to_make_it_true():
    seen = view(door={"a": "open", "b": "ajar", "c": "closed", "d": "open", "e": "closed"})
    assert compare("door", ("open", "ajar")).witness(seen).key == ("d",)
    assert compare("door", ("ajar", "open")).witness(seen).key == ("d",)
    assert compare("door", "ajar").witness(seen).key == ("b",)
    assert compare("door", "locked").witness(seen) is None
    assert compare("door", "unknown").witness(view(door=None)).key == ()
    assert compare("door", "unknown").witness(view(door={})) is None


def test_a_device_of_a_telephone_is_compared_and_unknown_is_a_state_of_it():
    seen = view()
    busy = DeviceComparison("SIP/2000", (DeviceState.INUSE, DeviceState.BUSY))
    assert busy.outcome(seen) is False
    assert DeviceComparison("SIP/2000", (DeviceState.UNKNOWN,)).outcome(seen) is True
    seen.facts.put(device_key("sip/2000"), DeviceState.BUSY)
    assert busy.outcome(seen) is True


def test_the_clock_is_compared():
    inside, outside = Window(UTC, begin=0, end=3600), Window(UTC, begin=3600, end=7200)
    assert During(inside).outcome(view()) is True
    assert During(outside).outcome(view()) is False


# --- joining ---

OUTCOMES = (True, False, None)
VALUES = {True: "on", False: "off", None: None}
PARTS = tuple(compare(name, "on") for name in "abc")


def three(*outcomes: bool | None) -> View:
    return view(**{name: VALUES[outcome] for name, outcome in zip("abc", outcomes, strict=True)})


def completions(outcomes: tuple[bool | None, ...]) -> list[tuple[bool, ...]]:
    """All that may turn out to be so."""
    return list(product(*((True, False) if outcome is None else (outcome,) for outcome in outcomes)))


def settled(results: set[bool]) -> bool | None:
    return results.pop() if len(results) == 1 else None


@pytest.mark.parametrize("outcomes", list(product(OUTCOMES, repeat=3)))
def test_what_is_joined_is_known_when_it_is_so_however_the_unknown_turns_out(outcomes):
    seen, ends = three(*outcomes), completions(outcomes)
    assert AllOf(PARTS).outcome(seen) is settled({all(end) for end in ends})
    assert AnyOf(PARTS).outcome(seen) is settled({any(end) for end in ends})
    assert NoneOf(PARTS).outcome(seen) is settled({not any(end) for end in ends})
    for least, most in product(range(5), (None, *range(4))):
        limit = 3 if most is None else most
        expected = settled({least <= sum(end) <= limit for end in ends})
        assert Count(PARTS, least, most).outcome(seen) is expected


def test_nothing_joined():
    assert AllOf(()).outcome(view()) is True
    assert AnyOf(()).outcome(view()) is False
    assert NoneOf(()).outcome(view()) is True
    assert Count((), at_most=0).outcome(view()) is True


@pytest.mark.parametrize(
    ("devices", "least", "most", "outcome"),
    [
        ({"a": "open", "b": "open", "c": "closed"}, 2, None, True),
        ({"a": "open", "b": "open", "c": "closed"}, 3, None, False),
        ({"a": "open", "b": "open"}, 0, 1, False),
        ({"a": "open", "b": "unknown"}, 2, None, None),
        ({"a": "open", "b": "unknown"}, 1, 1, None),
        ({"a": "open", "b": "unknown"}, 3, None, False),
        ({"a": "open", "b": "unknown"}, 1, 2, True),
        ({}, 0, None, True),
        ({}, 1, None, None),
        ({}, 0, 0, None),
    ],
)
def test_devices_are_counted(devices, least, most, outcome):
    assert Count((compare("door", "open"),), least, most).outcome(view(door=devices)) is outcome


def test_those_that_are_not_known_can_be_counted():
    count = Count((compare("door", ("open", "unknown")),), 2, 2)
    assert count.outcome(view(door={"a": "open", "b": "unknown", "c": "closed"})) is True


# --- what it is made of ---

TREE = AllOf(
    (
        compare("a", "on"),
        AnyOf((compare("b", "on"), compare("c", ("on", "off")))),
        NoneOf((compare("d", "on"),)),
        Count((compare("e", "on"), compare("a", "off")), 1, 2),
        DeviceComparison("SIP/2000", (DeviceState.INUSE, DeviceState.RINGING)),
        During(Window(UTC, begin=0, end=3600)),
    )
)


def test_the_leaves_stand_in_the_order_in_which_they_are_written():
    found = [leaf.sensor for leaf in leaves(TREE) if isinstance(leaf, Comparison)]
    assert found == ["a", "b", "c", "d", "e", "a"]


def test_what_a_condition_depends_on():
    assert sources(TREE) == {*"abcde", device_key("SIP/2000"), Window(UTC, begin=0, end=3600)}


def test_what_can_have_made_it_true():
    assert list(map(attrgetter("sensor"), comparisons(TREE))) == ["a", "b", "c", "e", "a"]


def test_a_condition_is_said_in_words():
    assert str(TREE) == (
        "a is on and any of: b is on, c is on or off and none of: d is on and at least 1 and at most 2 of: e is on, "
        "a is off and SIP/2000 is INUSE or RINGING and it is 00:00-01:00 (UTC)"
    )
    assert str(Count(PARTS, 2)) == "at least 2 of: a is on, b is on, c is on"
    assert str(AllOf(())) == "always"


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(["on", "off", "unknown"])), max_size=12))
def test_a_comparison_is_what_a_look_at_all_devices_gives(messages):
    seen = view(door={})
    devices: dict[str, str] = {}
    for number, (device, text) in enumerate(messages):
        seen.watches["door"].received(0, {"id": device}, text, float(number), level=False)
        devices[device] = text
    known = {text for text in devices.values() if text != "unknown"}
    expected = True if "on" in known else False if known else None
    assert compare("door", "on").outcome(seen) is expected
    count = Count((compare("door", "on"),), 2)
    sure = sum(text == "on" for text in devices.values())
    may_be = sure + sum(text == "unknown" for text in devices.values())
    assert count.outcome(seen) is (True if sure >= 2 else None if may_be >= 2 or not devices else False)
