"""An extension as a device."""

import json

import pytest

from bridge.homeassistant.extension import extension_device
from bridge.homeassistant.topics import Topics
from bridge.model.device import DeviceState
from bridge.model.hint import parse_hint
from bridge.model.presence import PresenceState
from bridge.model.state import State
from bridge.timers import Timers
from bridge.topics.hints import HintTopics
from support.jinja import render_value

TOPICS = Topics("pb")


def device(extension="2000", name=""):
    hint = parse_hint(extension, "SIP/2000,CustomPresence:2000", name)
    return extension_device(hint, "2000", TOPICS, "pb_bridge")


def entities():
    return {entity.key: entity.config for entity in device().entities}


@pytest.mark.parametrize(
    ("name", "shown"), [("", "Extension 2000"), ("Front desk", "Extension 2000 (Front desk)")]
)
def test_its_name_is_its_number_and_what_people_call_it(name, shown):
    assert device(name=name).info["name"] == shown


def test_extensions_are_told_apart_by_case_too():
    assert device("Bob").id != device("bob").id


def test_every_state_is_an_option():
    assert set(entities()["state"]["options"]) == {state.value for state in DeviceState}
    assert len(entities()["presence"]["options"]) == len(PresenceState)


def test_what_the_hint_topic_says_is_shown():
    published = []
    state = State([parse_hint("2000", "SIP/2000,CustomPresence:2000")])
    HintTopics(state, "pb", published.append, Timers()).publish_all(0)
    (message,) = published
    shown = {
        key: render_value(config["value_template"], message.payload.decode())
        for key, config in entities().items()
        if config["state_topic"] == message.topic
    }
    assert shown == {"state": "UNKNOWN", "presence": "not_set", "watchers": "0"}


def test_the_whole_of_the_hint_is_beside_its_state():
    assert entities()["state"]["json_attributes_topic"] == "pb/hint/2000"
    assert "json_attributes_topic" not in entities()["watchers"]
    json.dumps(device().info)
