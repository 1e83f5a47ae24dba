"""A provider as a device."""

import json

import pytest

from bridge.homeassistant.provider import PRESENCES, Provider, provider_device
from bridge.homeassistant.topics import Topics
from bridge.model.presence import PresenceState
from bridge.topics.decoders.presence import decode_command
from support.jinja import render_command

TOPICS = Topics("pb")


def device(name="Alice", word="alice", *, governed=False):
    return provider_device(Provider(name, word, governed), TOPICS, "pb_bridge")


def entities(shown):
    return {entity.key: entity for entity in shown.entities}


def test_what_stands_under_it():
    assert [(entity.component, entity.key) for entity in device().entities] == [
        ("select", "state"),
        ("text", "message"),
        ("text", "subtype"),
        ("event", "changed"),
    ]


def test_a_button_gives_back_to_the_rules_where_there_are_some():
    button = entities(device(governed=True))["automatic"]
    assert button.component == "button"
    assert button.config["command_topic"] == "pb/presence/Alice/set"
    assert json.loads(button.config["payload_press"]) == {"state": None}
    assert decode_command(button.config["payload_press"].encode()).released


def test_it_is_reached_by_the_bridge():
    assert device().info["via_device"] == "pb_bridge"
    assert device().info["name"] == "Alice presence"


def test_providers_are_told_apart_without_regard_to_case():
    assert device("ALICE").id == device("alice").id == "presence_alice"


@pytest.mark.parametrize("option", PRESENCES)
def test_every_option_is_a_command(option):
    template = entities(device())["state"].config["command_template"]
    command = decode_command(render_command(template, option).encode())
    assert command.state is PresenceState("unavailable" if option == "offline" else option)
    assert command.message is None


def test_every_state_is_an_option():
    assert set(PRESENCES) == {state.value for state in PresenceState} - {"unavailable"} | {"offline"}


def test_each_has_an_entity_id_of_its_own():
    shown = device("*78", "78", governed=True)
    assert [entity.config["object_id"] for entity in shown.entities] == [
        "presence_78",
        "presence_78_message",
        "presence_78_subtype",
        "presence_78_changed",
        "presence_78_automatic",
    ]
