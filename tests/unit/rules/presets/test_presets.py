import re

import pytest

from bridge.mqtt.filter import TopicFilter
from bridge.rules.presets import PRESETS, find_preset
from support.sensors import entries, read, reader_of

# Which preset covers an entry of the file that is not ours.
USES = {
    "zigbee2mqtt contact (json, default)": {"use": "zigbee2mqtt.contact"},
    "zigbee2mqtt friendly name with slashes": {"use": "zigbee2mqtt.contact", "name": "{name+}"},
    "zigbee2mqtt motion": {"use": "zigbee2mqtt.occupancy"},
    "zigbee2mqtt mmWave presence": {"use": "zigbee2mqtt.presence"},
    "zigbee2mqtt bridge state": {"use": "zigbee2mqtt.contact"},
    "Tasmota switch, SetOption114 1": {"use": "tasmota.switch"},
    "Tasmota rule (HA page of its docs)": {"use": "tasmota.rule", "name": "DOOR"},
    "Tasmota LWT": {"use": "tasmota.switch"},
    "ESPHome status": {"use": "esphome.binary_sensor"},
    "Shelly Gen1 Door/Window": {"use": "shelly1.door"},
    "Shelly Gen1 input": {"use": "shelly1.input"},
    "Shelly Gen1 online": {"use": "shelly1.input"},
    "Shelly Gen2+ rpc_ntf (default on)": {"use": "shelly2.rpc_input"},
    "Shelly BLU door over a Gen2+ gateway": {"use": "shelly2.blu_door"},
    "HA mqtt_statestream binary_sensor": {"use": "ha.binary_sensor"},
    "HA mqtt_statestream person": {"use": "ha.person"},
    "OwnTracks location, region list": {"use": "owntracks.region", "region": "Office"},
    "OwnTracks transition": {"use": "owntracks.transition", "region": "Office"},
    "room-assistant": {"use": "room_assistant.room", "room": "office"},
    "ESPresense distance": {"use": "espresense.room", "room": "office"},
    "Frigate person count": {"use": "frigate.person"},
    "Frigate motion": {"use": "frigate.motion"},
    "Frigate available": {"use": "frigate.person"},
    "Z-Wave JS UI door (JSON time-value)": {"use": "zwavejs.door", "node": "{node+}"},
    "Z-Wave JS UI motion": {"use": "zwavejs.motion"},
    "Z-Wave JS UI node status": {"use": "zwavejs.motion"},
    "Homie 5 boolean property": {
        "use": "homie5.boolean",
        "device": "hall",
        "node": "door",
        "property": "open",
        "map": {"true": "open", "false": "closed"},
    },
    "Homie 4/5 $state": {"use": "homie5.boolean", "device": "hall"},
    "ring-mqtt motion": {"use": "ring.motion"},
    "ring-mqtt status": {"use": "ring.motion"},
}
COVERED = {
    entry["source"]: (entry.get("use") or USES[entry["source"]], entry["cases"])
    for entry in entries()
    if "use" in entry or entry["source"] in USES
}
REQUIRED = {"region": "Office", "room": "office", "model": "M", "domain": "calendar", "name": "DOOR"}


def built(use):
    """The keys of a sensor that names a preset; keys of its own go over those of the preset."""
    preset = PRESETS[use["use"]]
    given = {key: value for key, value in use.items() if key in preset.parameters}
    own = {key: value for key, value in use.items() if key not in preset.parameters and key != "use"}
    return {**preset.build(given), **own}


def minimal(preset):
    """The keys with nothing given that need not be."""
    wanted = {name: REQUIRED.get(name, "1") for name, one in preset.parameters.items() if one.required}
    return preset.build(wanted)


@pytest.mark.parametrize(("use", "cases"), COVERED.values(), ids=COVERED.keys())
def test_what_devices_send_means_what_it_shall(use, cases):
    keys = built(use)
    readers = [reader_of(keys), *map(reader_of, keys.get("availability", []))]
    for case in cases:
        topic = case["topic"]
        listening = [reader for reader in readers if reader.topic.match(topic) is not None]
        # What an own topic says of availability is no value of the sensor.
        of_value = [one for one in listening if one is readers[0]] or (
            listening if "@" in str(case["value"]) else []
        )
        values = {read(reader, topic, case["payload"]) for reader in of_value} or {None}
        assert values == {case["value"]}, case


def test_every_preset_has_cases_of_its_own_value():
    exercised = {
        use["use"]
        for use, cases in COVERED.values()
        if any("@" not in (case["value"] or "@") for case in cases)
    }
    assert exercised == set(PRESETS)


def test_every_availability_has_cases():
    topics = {case["topic"] for _, cases in COVERED.values() for case in cases if "@" in str(case["value"])}
    for preset in PRESETS.values():
        for rule in minimal(preset).get("availability", []):
            reader = reader_of(rule)
            assert any(reader.topic.match(topic) is not None for topic in topics), rule["topic"]
            assert reader.possible == {"@available", "@unavailable"}


@pytest.mark.parametrize("preset", PRESETS.values(), ids=PRESETS.keys())
def test_a_preset_is_sound(preset):
    keys = minimal(preset)
    assert PRESETS[preset.name] is preset
    assert preset.help
    assert "\n" not in preset.help
    assert all(parameter.help for parameter in preset.parameters.values())
    reader = reader_of(keys)
    # What is left out may only be left in topics: a capture of one level.
    keys.pop("topic")
    rules = keys.pop("availability", [])
    for rule in rules:
        TopicFilter(rule.pop("topic"))
    assert not re.search(r"\{[a-z]", str((keys, rules)))
    allowed = {
        "path",
        "if",
        "contains",
        "below",
        "map",
        "expire_seconds",
        "expire_to",
        "availability_mode",
        "request",
    }
    assert keys.keys() <= allowed
    assert ("expire_to" in keys) <= ("expire_seconds" in keys)
    assert keys.get("expire_to", "out") in {"out", "off"}
    assert (keys.get("availability_mode") == "all") == (len(rules) > 1)
    possible = (reader.possible or frozenset()) - {"@available", "@unavailable"}
    spelled = f"{preset.help}: "
    assert all(re.search(rf"\b{value}\b", spelled) for value in possible)


@pytest.mark.parametrize("preset", PRESETS.values(), ids=PRESETS.keys())
def test_every_parameter_is_used(preset):
    for name, parameter in preset.parameters.items():
        assert f"{{{name}}}" in str(preset.sensor)
        assert not (parameter.required and parameter.default)


@pytest.mark.parametrize(
    ("use", "requests"),
    [
        ({"use": "tasmota.telemetry", "topic": "door"}, [("cmnd/door/TelePeriod", "")]),
        ({"use": "tasmota.power", "topic": "lamp", "n": 2}, [("cmnd/lamp/Power2", "")]),
        ({"use": "shelly1.input", "id": "shelly1-AA"}, [("shellies/shelly1-AA/command", "update")]),
        ({"use": "shelly2.input", "prefix": "p", "input": 1}, [("p/command/input:1", "status_update")]),
        (
            {"use": "shelly2.rpc_input", "prefix": "p"},
            [("p/rpc", '{"id":1,"src":"p/events","method":"Shelly.GetStatus"}')],
        ),
        ({"use": "shelly2.rpc_input"}, []),
        ({"use": "tasmota.telemetry"}, []),
    ],
)
def test_a_device_is_asked_where_it_answers(use, requests):
    asked = [(request["topic"], request["payload"]) for request in built(use).get("request", [])]
    assert asked == requests


@pytest.mark.parametrize("name", ["shelly1.door", "shelly1.motion", "shelly1.motion_status"])
def test_what_sleeps_is_not_called_unavailable(name):
    assert "availability" not in PRESETS[name].sensor


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("zigbee2mqtt.contakt", r"unknown preset.*did you mean zigbee2mqtt\.contact\?"),
        ("zigbe2mqtt.contact", r"unknown preset.*did you mean zigbee2mqtt\.contact\?"),
        (
            "shelly2.door",
            r"known are shelly2\.input, shelly2\.rpc_input, shelly2\.blu_door, shelly2\.presence \(",
        ),
        ("", "unknown preset ''"),
    ],
)
def test_an_unknown_preset_is_refused_with_the_nearest(name, reason):
    assert find_preset("ring.contact") is PRESETS["ring.contact"]
    with pytest.raises(ValueError, match=reason):
        find_preset(name)
