import pytest

from bridge.model.device import DeviceState
from bridge.model.facts import device_key, presence_key
from bridge.model.hint import parse_hint
from bridge.model.presence import parse_presence
from bridge.model.state import State
from bridge.rules.options import RuleOptions
from bridge.rules.question import Explanations
from bridge.rules.rules import Rules
from bridge.service import Context
from bridge.timers import Timers
from support.rulebook import EPOCH, rule, sensor

HINTS = [parse_hint("2000", "SIP/2000&Custom:lamp,CustomPresence:Anna"), parse_hint("2001", "SIP/2001")]


class House:
    """Rules for Anna's presence and a lamp, asked at second 5."""

    def __init__(self):
        self.state = State(HINTS)
        context = Context(self.state, Timers(), lambda _: None, lambda: "0", lambda now: EPOCH + now)
        rules = [
            rule("door", {"door": "closed"}, output="Anna"),
            rule("lamp", {"window": "open"}, "INUSE", output="Custom:lamp"),
            rule("other", {"door": "open"}, output="nobody"),
        ]
        sensors = [sensor("door"), sensor("window"), sensor("unread")]
        self.rules = Rules(context, sensors, rules, RuleOptions(), lambda *_: None)
        self.answers = []

    def ask(self, name: object) -> dict:
        """The data of the answer."""
        self.answers.clear()
        Explanations(self.state, self.rules).requested(
            {"name": name}, lambda error, data: self.answers.append((error, data)), 5.0
        )
        ((error, data),) = self.answers
        assert bool(error) != bool(data)
        return data or {"error": error}


@pytest.fixture
def house():
    return House()


def test_an_extension_is_all_that_its_hint_has(house):
    house.state.put(presence_key("Anna"), "Anna", parse_presence("away,lunch"), None)
    house.state.put(device_key("SIP/2000"), "SIP/2000", DeviceState.INUSE, None)
    answer = house.ask("2000")
    assert answer["name"] == "2000"
    assert answer["extension"] == {
        "extension": "2000",
        "hint": "SIP/2000&Custom:lamp,CustomPresence:Anna",
        "state": "InUse",
        "presence": "away,lunch",
    }
    assert answer["sensor"] is None
    assert answer["outputs"] == [
        house.rules.explain(device_key("Custom:lamp"), 5.0),
        house.rules.explain(presence_key("Anna"), 5.0),
    ]
    assert answer["unruled"] == [{"name": "SIP/2000", "value": "INUSE"}]


def test_an_extension_without_any_rule(house):
    answer = house.ask("2001")
    assert (answer["outputs"], answer["unruled"]) == ([], [{"name": "SIP/2001", "value": "UNKNOWN"}])


@pytest.mark.parametrize("name", ["Anna", "anna", "CustomPresence:Anna", "custompresence:anna"])
def test_a_provider(house, name):
    answer = house.ask(name)
    assert [one["output"] for one in answer["outputs"]] == ["Anna"]
    assert (answer["extension"], answer["sensor"], answer["unruled"]) == (None, None, [])


@pytest.mark.parametrize("name", ["Custom:lamp", "Custom/lamp", "custom:LAMP"])
def test_a_device(house, name):
    assert [one["output"] for one in house.ask(name)["outputs"]] == ["Custom/lamp"]


def test_a_device_that_no_rule_sets(house):
    assert house.ask("SIP/2001")["unruled"] == [{"name": "SIP/2001", "value": "UNKNOWN"}]


def test_an_output_that_no_hint_has(house):
    assert [one["output"] for one in house.ask("nobody")["outputs"]] == ["nobody"]


def test_a_sensor_is_told_with_all_that_depends_on_it(house):
    answer = house.ask("door")
    assert answer["sensor"]["sensor"] == "door"
    assert [one["output"] for one in answer["outputs"]] == ["Anna", "nobody"]
    assert house.ask("unread")["outputs"] == []


@pytest.mark.parametrize("name", [None, "", True, 5.5, ["2000"]])
def test_what_is_no_name(house, name):
    assert house.ask(name)["error"].startswith("needs the name of an extension, a presence provider")


def test_an_extension_may_stand_without_quotes(house):
    assert house.ask(2000)["extension"]["extension"] == "2000"


def test_an_unknown_name_is_told_what_is_known(house):
    assert house.ask("dor")["error"] == (
        "unknown name 'dor': known are 2000, 2001, Anna, Custom/lamp, nobody, door, window, unread"
        " (did you mean door?)"
    )
