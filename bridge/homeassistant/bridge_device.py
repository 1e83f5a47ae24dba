"""The bridge itself as a device: whether it is there, how it is, and what can be asked of it."""

from typing import Final

from bridge.homeassistant import templates
from bridge.homeassistant.entity import MANUFACTURER, Device, Entity
from bridge.homeassistant.topics import Topics

ID: Final = "bridge"
LOG_LEVELS: Final = ("debug", "info", "warning", "error")

_DIAGNOSTIC: Final = {"entity_category": "diagnostic"}


def bridge_device(version: str, word: str, topics: Topics) -> Device:
    """Return the device of the bridge; `word` begins its entity ids."""
    info = {
        "name": "Presence Bridge",
        "manufacturer": MANUFACTURER,
        "model": "SIP presence by MQTT",
        "sw_version": version,
    }
    entities = (
        _connection(topics),
        _ready(topics),
        _subscriptions(topics),
        _last_notify(topics),
        _notify_latency(topics),
        _log_level(topics),
        _notify_all(topics),
    )
    return Device(ID, info, tuple(_named(entity, word) for entity in entities))


def _named(entity: Entity, word: str) -> Entity:
    return entity._replace(config={"object_id": f"{word}_{entity.key}", **entity.config})


def _connection(topics: Topics) -> Entity:
    """The one entity that is never unavailable: it says `off` in the place of that."""
    return Entity(
        "binary_sensor",
        "connection",
        _DIAGNOSTIC
        | {
            "name": "Connection",
            "device_class": "connectivity",
            "state_topic": topics.state,
            "payload_on": "online",
            "payload_off": "offline",
        },
    )


def _ready(topics: Topics) -> Entity:
    return Entity(
        "binary_sensor",
        "ready",
        _DIAGNOSTIC
        | {
            "name": "Ready",
            "device_class": "running",
            "state_topic": topics.health,
            "value_template": templates.flag("ready"),
        },
    )


def _subscriptions(topics: Topics) -> Entity:
    return Entity(
        "sensor",
        "subscriptions",
        _DIAGNOSTIC
        | {
            "name": "Subscriptions",
            "icon": "mdi:bell-ring",
            "state_class": "measurement",
            "state_topic": topics.health,
            "value_template": templates.field("subscriptions"),
        },
    )


def _last_notify(topics: Topics) -> Entity:
    return Entity(
        "sensor",
        "last_notify",
        _DIAGNOSTIC
        | {
            "name": "Last NOTIFY",
            "device_class": "timestamp",
            "state_topic": topics.health,
            "value_template": templates.known("last_notify"),
        },
    )


def _notify_latency(topics: Topics) -> Entity:
    return Entity(
        "sensor",
        "notify_latency",
        _DIAGNOSTIC
        | {
            "name": "NOTIFY latency",
            "device_class": "duration",
            "unit_of_measurement": "ms",
            "suggested_display_precision": 1,
            "state_class": "measurement",
            "state_topic": topics.health,
            "value_template": templates.field("notify_latency_ms"),
        },
    )


def _log_level(topics: Topics) -> Entity:
    return Entity(
        "select",
        "log_level",
        {
            "name": "Log level",
            "icon": "mdi:text-box-search",
            "entity_category": "config",
            "state_topic": topics.info,
            "value_template": templates.field("log_level"),
            "command_topic": topics.request("log_level"),
            "command_template": templates.command("level"),
            "options": LOG_LEVELS,
        },
    )


def _notify_all(topics: Topics) -> Entity:
    return Entity(
        "button",
        "notify_all",
        {
            "name": "Notify all phones",
            "icon": "mdi:phone-refresh",
            "command_topic": topics.request("resend"),
            "payload_press": "{}",
        },
    )
