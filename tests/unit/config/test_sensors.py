from pathlib import Path

import pytest
from pydantic import ValidationError

from bridge.config import Settings
from bridge.config.sensors import SensorSettings
from bridge.rules.presets import PRESETS, Parameter, Preset
from bridge.rules.sensor import Sensor, SensorRequest

DOCUMENTATION = Path(__file__).parents[3] / "docs" / "rules.md"
DOOR = {"use": "zigbee2mqtt.contact", "name": "door"}


def sensor(**written) -> Sensor:
    return SensorSettings.model_validate(written).parsed("it")


def refused(**written) -> dict[tuple, str]:
    """What is wrong, by its key."""
    with pytest.raises(ValidationError) as caught:
        SensorSettings.model_validate(written)
    return {one["loc"]: one["msg"] for one in caught.value.errors()}


def test_by_hand():
    found = sensor(
        topic="a/{x}",
        map={"on": "open", "off": "closed"},
        expire_seconds=60,
        expire_to="open",
        for_seconds={"Closed": 30},
        availability_mode="any",
        on_unavailable="closed",
    )
    assert (found.name, found.reader.topic.pattern, found.captures) == ("it", "a/{x}", ("x",))
    assert (found.expire_seconds, found.expire_to, found.for_seconds) == (60, "open", {"Closed": 30})
    assert (found.availability_mode, found.on_unavailable) == ("any", "closed")
    assert found.possible == {"open", "closed", "unknown"}


def test_defaults_are_those_of_a_sensor():
    made = sensor(topic="a")
    assert made == Sensor("it", made.reader)


def test_unknown_is_not_known():
    assert sensor(topic="a", expire_seconds=1, expire_to="Unknown").expire_to is None


@pytest.mark.parametrize("as_list", [False, True])
def test_one_table_or_a_list_of_them(as_list):
    request, heard = {"topic": "r", "payload": 5}, {"topic": "s", "map": {"up": "@available"}}
    found = sensor(
        topic="a",
        request=[request] if as_list else request,
        availability=[heard] if as_list else heard,
    )
    assert found.requests == (SensorRequest("r", b"5"),)
    assert [reader.topic.pattern for reader in found.availability] == ["s"]


def test_a_preset_and_its_parameters():
    found = sensor(**DOOR)
    assert found.reader.topic.pattern == "zigbee2mqtt/door"
    assert [reader.topic.pattern for reader in found.availability] == [
        "zigbee2mqtt/bridge/state",
        "zigbee2mqtt/door/availability",
    ]
    assert found.names == {"base": "zigbee2mqtt", "name": "door"}
    assert found.possible == {"open", "closed", "unknown"}


def test_what_is_written_goes_over_the_preset():
    found = sensor(**DOOR, map={"true": "shut", "false": "ajar"}, topic="elsewhere", availability=[])
    assert found.reader.topic.pattern == "elsewhere"
    assert found.availability == ()
    assert found.possible == {"shut", "ajar", "unknown"}


def test_a_parameter_may_be_left_free_or_be_a_capture_of_its_own():
    assert sensor(use="zigbee2mqtt.contact").captures == ("name",)
    found = sensor(use="zigbee2mqtt.contact", name="{room}")
    assert (found.captures, found.names) == (("room",), {"base": "zigbee2mqtt"})


def test_a_parameter_may_be_a_number():
    found = sensor(use="tasmota.switch", topic="door", n=2)
    assert found.names["n"] == "2"


@pytest.mark.parametrize(
    ("written", "path", "words"),
    [
        ({}, (), "needs a topic, or use with the name of a preset"),
        ({"topic": "a", "paht": "x"}, ("paht",), "is not a setting (did you mean path?)"),
        ({"topic": "a", "colour": "x"}, ("colour",), "is not a setting (known here: topic, if, path"),
        ({**DOOR, "nam": "x"}, ("nam",), "nor a parameter of zigbee2mqtt.contact (did you mean name?)"),
        ({"use": "zigbee2mqtt.contct", "x": 1}, ("use",), "(did you mean zigbee2mqtt.contact?)"),
        ({"use": "tasmota.rule"}, ("name",), "is required by tasmota.rule: last level of what is published"),
        (
            {"use": "zigbee2mqtt.contact", "name": "a/+"},
            (),
            "gives zigbee2mqtt.contact what makes a wrong topic",
        ),
        ({"topic": "a", "below": 1, "contains": "x"}, (), "cannot be read: "),
        ({"topic": "a", "below": 1, "above": 2}, (), "cannot be read: no number is above 2 and below 1"),
        ({"topic": "a", "expire_seconds": 0}, ("expire_seconds",), "greater than 0"),
        ({"topic": "a", "expire_to": "off"}, ("expire_to",), "is of no use without expire_seconds"),
        ({"topic": "a", "for_seconds": 30}, ("for_seconds",), "such as { closed = 30 }"),
        (
            {**DOOR, "for_seconds": {"close": 30}},
            ("for_seconds", "close"),
            "is no value of this sensor: it is closed, open, unknown (did you mean closed?)",
        ),
        (
            {"topic": "a", "request": {"topic": "a/{x}"}},
            ("request", 0, "topic"),
            "a message is sent to one topic",
        ),
        ({"topic": "a", "request": {"topic": "a/#"}}, ("request", 0, "topic"), "level '#'"),
        (
            {"topic": "a", "availability": {"topic": "s"}},
            ("availability", 0, "map"),
            "must lead to @available",
        ),
        ({"topic": "a", "availability": {"map": {}}}, ("availability", 0, "topic"), "Field required"),
    ],
)
def test_refused_at_its_key(written, path, words):
    found = refused(**written)
    assert list(found) == [path]
    assert words in found[path]


def test_everything_that_is_wrong_is_told_at_once():
    found = refused(use="tasmota.rule", paht="x", expire_seconds="long", path="a..b")
    assert found.keys() == {("paht",), ("name",), ("expire_seconds",), ("path",)}


def test_a_sensor_has_a_plain_name():
    with pytest.raises(ValidationError) as caught:
        Settings.model_validate({"sensors": {"my door": {"topic": "a"}}})
    (one,) = caught.value.errors()
    assert one["loc"] == ("sensors", "my door", "[key]")
    assert "letters, digits, - and _" in one["msg"]


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_makes_a_sensor(name):
    preset = PRESETS[name]
    given = {key: "1" for key, one in preset.parameters.items() if one.required}
    found = sensor(use=name, **given)
    assert found.reader.topic.pattern
    assert SensorSettings.model_validate({"use": name, **given}).preset is preset


def test_a_parameter_goes_before_a_key_of_its_name():
    found = sensor(use="tasmota.telemetry", topic="garage")
    assert found.reader.topic.pattern == "tele/garage/SENSOR"
    assert found.names["topic"] == "garage"
    with pytest.raises(ValidationError):
        sensor(use="tasmota.telemetry", topic=5)


def test_the_documentation_lists_every_preset():
    listed = [
        line for line in DOCUMENTATION.read_text(encoding="utf-8").splitlines() if line.startswith("| `")
    ]
    assert listed == [documented(preset) for preset in PRESETS.values()]


def documented(preset: Preset) -> str:
    parameters = ", ".join(_documented(*item) for item in preset.parameters.items())
    return f"| `{preset.name}` | {preset.help} | {parameters} |"


def _documented(name: str, parameter: Parameter) -> str:
    return f"`{name}`{f' ({parameter.default})' if parameter.default else ''}{' (required)' if parameter.required else ''}"
