from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from bridge.config.rules import RuleSettings
from bridge.model.device import DeviceState
from bridge.model.presence import PresenceState
from bridge.rules.condition import (
    AllOf,
    AnyOf,
    Comparison,
    Count,
    DeviceComparison,
    During,
    NoneOf,
)
from bridge.rules.layer import Layer
from bridge.rules.rule import Rule
from bridge.rules.template import PresenceTemplate, Template
from bridge.rules.window import EVERY_DAY, Window

UTC, BERLIN = ZoneInfo("UTC"), ZoneInfo("Europe/Berlin")


def rule(**written) -> Rule:
    return RuleSettings.model_validate({"presence": "1", "set": "dnd", **written}).parsed(3, UTC)


def refused(**written) -> dict[tuple, str]:
    """What is wrong, by its key."""
    with pytest.raises(ValidationError) as caught:
        RuleSettings.model_validate(written)
    return {one["loc"]: one["msg"] for one in caught.value.errors()}


def test_a_rule_without_conditions_is_always_true():
    made = rule()
    assert (made.name, made.layer, made.condition) == ("rule 3", Layer.DEFAULT, AllOf(()))
    assert (made.output.name, made.value) == ("1", PresenceTemplate(PresenceState.DND))


def test_what_it_sets():
    made = rule(set={"state": "away", "message": "Door {name}"})
    assert made.value == PresenceTemplate(PresenceState.AWAY, Template(""), Template("Door {name}"))
    lamp = RuleSettings.model_validate({"device": "Custom:lamp", "set": "inuse"}).parsed(1, UTC)
    assert (lamp.output.name, lamp.value) == ("Custom/lamp", DeviceState.INUSE)


def test_conditions_stand_in_the_order_of_their_kinds():
    made = rule(
        when={"door": "closed", "alice": ["in", 1, True]},
        any={"a": "x"},
        none={"b": "y"},
        count={"of": {"c": "z", "d": "z"}, "at_least": 1, "at_most": 1},
        device_state={"SIP:1": ["inuse", "RINGING"]},
    )
    assert made.condition == AllOf(
        (
            Comparison("door", ("closed",)),
            Comparison("alice", ("in", "1", "true")),
            AnyOf((Comparison("a", ("x",)),)),
            NoneOf((Comparison("b", ("y",)),)),
            Count((Comparison("c", ("z",)), Comparison("d", ("z",))), 1, 1),
            DeviceComparison("SIP/1", (DeviceState.INUSE, DeviceState.RINGING)),
        )
    )
    assert made.layer is Layer.CALL


@pytest.mark.parametrize(
    ("written", "window"),
    [
        ({"weekdays": ["mon-wed", "sun"]}, Window(UTC, frozenset({0, 1, 2, 6}))),
        ({"weekdays": "tue"}, Window(UTC, frozenset({1}))),
        ({"from": "8:00", "to": "17:00"}, Window(UTC, EVERY_DAY, 8 * 3600, 17 * 3600)),
        ({"from": "22:00"}, Window(UTC, EVERY_DAY, 22 * 3600, 0)),
        ({"to": "6:00"}, Window(UTC, EVERY_DAY, 0, 6 * 3600)),
        ({"to": "6:00", "time_zone": "Europe/Berlin"}, Window(BERLIN, EVERY_DAY, 0, 6 * 3600)),
    ],
)
def test_windows_of_time(written, window):
    made = rule(**written)
    assert (made.condition, made.layer) == (AllOf((During(window),)), Layer.SCHEDULE)
    assert made.zone == window.zone


def test_the_layer_may_be_chosen():
    assert rule(when={"a": "b"}).layer is Layer.SENSOR
    assert rule(when={"a": "b"}, layer="call").layer is Layer.CALL


def test_the_rest():
    made = rule(name="door", for_seconds=30)
    assert (made.name, made.for_seconds, made.zone) == ("door", 30, UTC)


DND = {"presence": "1", "set": "dnd"}


@pytest.mark.parametrize(
    ("written", "path", "words"),
    [
        ({"set": "dnd"}, (), "needs presence, with a provider, or device"),
        ({"presence": "1"}, ("set",), "Field required"),
        ({**DND, "device": "Custom:x"}, ("device",), "stands beside presence"),
        ({"device": "SIP/1", "set": "INUSE"}, ("device",), "only Custom devices can be set"),
        ({"presence": "1", "set": "bored"}, ("set",), "cannot be done: unknown presence state 'bored'"),
        ({"device": "Custom:x", "set": "dnd"}, ("set",), "cannot be done: unknown device state 'dnd'"),
        (
            {"device": "Custom:x", "set": {"state": "INUSE", "message": "x"}},
            ("set", "message"),
            "is nothing that a device has",
        ),
        ({"presence": "1", "set": {"message": "x"}}, ("set", "state"), "Field required"),
        ({**DND, "when": {}}, ("when",), "names nothing"),
        ({**DND, "when": {"a": []}}, ("when", "a"), "needs at least one entry"),
        ({**DND, "when": {"a": None}}, ("when", "a", 0), "valid string"),
        ({**DND, "when": "a"}, ("when",), "valid dictionary"),
        ({**DND, "weekdays": []}, ("weekdays",), "needs at least one entry"),
        ({**DND, "weekdays": "mon-fir"}, ("weekdays", 0), "did you mean fri?"),
        ({**DND, "from": "8"}, ("from",), "no time of day"),
        ({**DND, "time_zone": "Berlin"}, ("time_zone",), "did you mean Europe/Berlin?"),
        ({**DND, "count": {"of": {"a": 1}}}, ("count",), "needs at_least, at_most, or both"),
        (
            {**DND, "count": {"of": {"a": 1}, "at_least": 2, "at_most": 1}},
            ("count", "at_most"),
            "must be at least at_least, which is 2",
        ),
        ({**DND, "count": {"of": {}, "at_least": 1}}, ("count", "of"), "names nothing"),
        ({**DND, "device_state": {"SIP/1": "INUS"}}, ("device_state", "SIP/1", 0), "did you mean INUSE?"),
        (
            {**DND, "device_state": {"SIP": "INUSE"}},
            ("device_state", "SIP", "[key]"),
            "must look like SIP/2000",
        ),
        ({**DND, "for_seconds": -1}, ("for_seconds",), "greater than or equal to 0"),
        ({**DND, "layer": "top"}, ("layer",), "'call', 'schedule', 'sensor' or 'default'"),
        ({**DND, "colour": 1}, ("colour",), "not permitted"),
    ],
)
def test_refused_at_its_key(written, path, words):
    found = refused(**written)
    assert list(found) == [path]
    assert words in found[path]


def test_everything_that_is_wrong_is_told_at_once():
    found = refused(set="bored", when={}, to="25:00", presence="1", device="Custom:x")
    assert found.keys() == {("device",), ("when",), ("to",)}
