"""An extension as a device: what its lamp shows, whose presence stands beside it, how many watch it."""

from typing import Final

from bridge.homeassistant import templates
from bridge.homeassistant.entity import MANUFACTURER, Device, Entity
from bridge.homeassistant.names import identifier
from bridge.homeassistant.provider import PRESENCES
from bridge.homeassistant.topics import Topics
from bridge.model.device import DeviceState
from bridge.model.hint import Hint

_DEVICE_STATES: Final = tuple(state.value for state in DeviceState)


def extension_device(hint: Hint, word: str, topics: Topics, bridge: str) -> Device:
    """Return the device of a hint; `word` is its part of entity ids, `bridge` as for a provider."""
    name = f"Extension {hint.extension}"
    info = {
        "name": f"{name} ({hint.name})" if hint.name else name,
        "manufacturer": MANUFACTURER,
        "model": "Extension",
        "via_device": bridge,
    }
    entities = (_state(hint, word, topics), _presence(hint, word, topics), _watchers(hint, word, topics))
    return Device(f"extension_{identifier(hint.extension)}", info, entities)


def _state(hint: Hint, word: str, topics: Topics) -> Entity:
    return Entity(
        "sensor",
        "state",
        {
            "name": "State",
            "object_id": f"extension_{word}_state",
            "icon": "mdi:phone",
            "device_class": "enum",
            "options": _DEVICE_STATES,
            "state_topic": topics.hint(hint.extension),
            "value_template": templates.field("device_state"),
            "json_attributes_topic": topics.hint(hint.extension),
        },
    )


def _presence(hint: Hint, word: str, topics: Topics) -> Entity:
    return Entity(
        "sensor",
        "presence",
        {
            "name": "Presence",
            "object_id": f"extension_{word}_presence",
            "icon": "mdi:account",
            "device_class": "enum",
            "options": PRESENCES,
            "state_topic": topics.hint(hint.extension),
            "value_template": templates.PRESENCE,
        },
    )


def _watchers(hint: Hint, word: str, topics: Topics) -> Entity:
    return Entity(
        "sensor",
        "watchers",
        {
            "name": "Watchers",
            "object_id": f"extension_{word}_watchers",
            "icon": "mdi:eye",
            "entity_category": "diagnostic",
            "state_class": "measurement",
            "state_topic": topics.hint(hint.extension),
            "value_template": templates.field("watchers"),
        },
    )
