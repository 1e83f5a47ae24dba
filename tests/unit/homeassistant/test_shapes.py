"""The two shapes, against documents that were read by people, and by rules that hold for any names."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.homeassistant.house import devices, providers
from bridge.homeassistant.shapes import Place, documents
from bridge.homeassistant.topics import Topics
from bridge.model.hint import Hint, parse_hint

GOLDEN = Path(__file__).parents[2] / "data" / "homeassistant"
TOPICS = Topics("presence-bridge")
PLACE = Place("homeassistant", "presence-bridge", TOPICS.state)
DESK = parse_hint("2000", "SIP/2000,CustomPresence:2000", "Front desk")

# What Home Assistant 2024.3.3 knows: one key more, and it refuses the message.
DEVICE_KEYS = {
    "identifiers",
    "connections",
    "manufacturer",
    "model",
    "name",
    "sw_version",
    "hw_version",
    "serial_number",
    "via_device",
    "suggested_area",
    "configuration_url",
}
ORIGIN_KEYS = {"name", "sw_version", "support_url"}

NAMES = st.lists(
    st.text(st.characters(exclude_categories=["Cc", "Cs"], exclude_characters="+#/"), min_size=1), unique=True
)
SHAPES = pytest.mark.parametrize("shape", ["single", "device"])


def written(shape, hints=(DESK,), governed=("2000",), place=PLACE):
    shown = devices(providers(hints, governed), hints, "1.2.3", TOPICS, place)
    return {topic: json.loads(payload) for topic, payload in documents(shape, shown, place).items()}


def components(shape, found):
    if shape == "single":
        return [(topic.split("/")[1], document) for topic, document in found.items()]
    return [
        (component["platform"], component)
        for document in found.values()
        for component in document["components"].values()
    ]


@SHAPES
def test_they_are_as_they_were_agreed_upon(shape):
    golden = json.loads((GOLDEN / f"{shape}.json").read_text(encoding="utf-8"))
    assert written(shape) == golden


@SHAPES
def test_nothing_is_in_strict_places_that_the_oldest_home_assistant_does_not_know(shape):
    for document in written(shape).values():
        assert set(document["device"]) <= DEVICE_KEYS
        assert set(document["origin"]) <= ORIGIN_KEYS
        assert document["device"]["identifiers"]
        assert document["origin"]["name"]


@SHAPES
def test_everything_but_the_connection_is_unavailable_without_the_bridge(shape):
    without = [
        config["unique_id"]
        for _, config in components(shape, written(shape))
        if config.get("availability_topic") != "presence-bridge/bridge/state"
    ]
    assert without == ["presence-bridge_bridge_connection"]


@SHAPES
def test_entity_ids_are_told_in_both_ways(shape):
    for component, config in components(shape, written(shape)):
        assert config["default_entity_id"] == f"{component}.{config['object_id']}"


def test_an_entity_is_the_same_in_both_shapes():
    keys = ("platform", "device", "origin")
    of_shape = [
        {
            config["unique_id"]: (
                component,
                {key: value for key, value in config.items() if key not in keys},
            )
            for component, config in components(shape, written(shape))
        }
        for shape in ("single", "device")
    ]
    assert of_shape[0] == of_shape[1]


@SHAPES
@given(extensions=NAMES, names=NAMES)
def test_ids_are_unique_whatever_things_are_called(shape, extensions, names):
    hints = [Hint(extension, (), (), "any name") for extension in extensions]
    found = written(shape, hints, names)
    configs = [config for _, config in components(shape, found)]
    folded = {name.casefold() for name in names}
    assert len({config["unique_id"] for config in configs}) == len(configs)
    assert len(configs) == 7 + 5 * len(folded) + 3 * len(extensions)
    assert len({document["device"]["identifiers"][0] for document in found.values()}) == 1 + len(
        folded
    ) + len(extensions)
    assert all(PLACE.is_document(topic) for topic in found)


@SHAPES
@given(extensions=NAMES, more=NAMES)
def test_ids_stay_when_other_names_come(shape, extensions, more):
    def unique_ids(names):
        hints = [Hint(extension, (), ()) for extension in dict.fromkeys(names)]
        return {config["unique_id"] for _, config in components(shape, written(shape, hints, ()))}

    assert unique_ids(extensions) <= unique_ids([*more, *extensions])


def test_half_a_character_in_a_name_does_no_harm():
    hint = parse_hint("2000", "SIP/2000", "half \ud800")
    name = written("single", [hint], ())["homeassistant/sensor/presence-bridge/extension_2000_state/config"]
    assert name["device"]["name"] == "Extension 2000 (half \ud800)"


@pytest.mark.parametrize(
    ("topic", "ours"),
    [
        ("homeassistant/select/presence-bridge/presence_2000_state/config", True),
        ("homeassistant/device/presence-bridge/bridge/config", True),
        ("homeassistant/select/another-bridge/presence_2000_state/config", False),
        ("homeassistant/select/presence-bridge/config", False),
        ("homeassistant/select/presence-bridge/x/state", False),
        ("homeassistant/status", False),
        ("presence-bridge/presence/2000", False),
    ],
)
def test_a_document_is_known_by_its_topic(topic, ours):
    assert PLACE.is_document(topic) is ours
