"""The bridge as a device."""

import json

from bridge.homeassistant.bridge_device import LOG_LEVELS, bridge_device
from bridge.homeassistant.topics import Topics
from support.jinja import render_command, render_value

DEVICE = bridge_device("1.2.3", "presence_bridge", Topics("pb"))
ENTITIES = {entity.key: entity for entity in DEVICE.entities}
HEALTH = '{"ready": true, "subscriptions": 7, "last_notify": "2026-11-24T11:05:00+00:00", "notify_latency_ms": 1.5}'
IDLE = '{"ready": false, "subscriptions": 0, "last_notify": null, "notify_latency_ms": null}'


def shown(payload, topic="pb/bridge/health"):
    return {
        entity.key: render_value(entity.config["value_template"], payload)
        for entity in DEVICE.entities
        if entity.config.get("state_topic") == topic
    }


def test_its_version_is_told():
    assert DEVICE.info["sw_version"] == "1.2.3"


def test_health_is_shown():
    assert shown(HEALTH) == {
        "ready": "ON",
        "subscriptions": "7",
        "last_notify": "2026-11-24T11:05:00+00:00",
        "notify_latency": "1.5",
    }


def test_what_has_not_been_yet_is_no_news_or_none_which_home_assistant_takes_for_unknown():
    assert shown(IDLE) == {
        "ready": "OFF",
        "subscriptions": "0",
        "last_notify": None,
        "notify_latency": "None",
    }


def test_the_connection_is_the_last_will():
    config = ENTITIES["connection"].config
    assert (config["state_topic"], config["payload_on"], config["payload_off"]) == (
        "pb/bridge/state",
        "online",
        "offline",
    )


def test_the_log_level_is_shown_and_asked_for():
    assert shown('{"log_level": "debug"}', "pb/bridge/info") == {"log_level": "debug"}
    config = ENTITIES["log_level"].config
    assert config["command_topic"] == "pb/bridge/request/log_level"
    assert json.loads(render_command(config["command_template"], "info")) == {"level": "info"}
    assert config["options"] == LOG_LEVELS


def test_a_button_tells_all_phones_again():
    config = ENTITIES["notify_all"].config
    assert (config["command_topic"], config["payload_press"]) == ("pb/bridge/request/resend", "{}")


def test_entity_ids_begin_with_the_word():
    assert [entity.config["object_id"] for entity in DEVICE.entities] == [
        f"presence_bridge_{entity.key}" for entity in DEVICE.entities
    ]
