"""A presence provider as a device: choose its state, write its texts, be told of changes."""

from typing import Final, NamedTuple

from bridge.homeassistant import templates
from bridge.homeassistant.entity import MANUFACTURER, OFFLINE, Device, Entity
from bridge.homeassistant.names import identifier
from bridge.homeassistant.topics import Topics
from bridge.model.presence import PresenceState

# As Asterisk lists them, but for the one with another name.
PRESENCES: Final = (
    *(state.value for state in PresenceState if state is not PresenceState.UNAVAILABLE),
    OFFLINE,
)

# The most that Home Assistant stores of a state; and what a subtype, one word as a rule, has room in.
_LONGEST_MESSAGE: Final = 255
_LONGEST_SUBTYPE: Final = 64


class Provider(NamedTuple):
    """A provider, spelled as in its topics. `word` is its part of entity ids; `governed`: rules decide on it."""

    name: str
    word: str
    governed: bool


def provider_device(provider: Provider, topics: Topics, bridge: str) -> Device:
    """Return the device of a provider; `bridge` is the identifier of the device that it is reached by."""
    entities = [_state(provider, topics), _message(provider, topics), _subtype(provider, topics)]
    entities.append(_changed(provider, topics))
    if provider.governed:
        entities.append(_automatic(provider, topics))
    info = {
        "name": f"{provider.name} presence",
        "manufacturer": MANUFACTURER,
        "model": "Presence provider",
        "via_device": bridge,
    }
    # Providers are told apart without regard to case.
    return Device(f"presence_{identifier(provider.name.casefold())}", info, tuple(entities))


def _state(provider: Provider, topics: Topics) -> Entity:
    return Entity(
        "select",
        "state",
        {
            "name": None,
            "object_id": f"presence_{provider.word}",
            "icon": "mdi:account-badge",
            "state_topic": topics.view(provider.name),
            "value_template": templates.PRESENCE,
            "command_topic": topics.command(provider.name),
            "command_template": templates.command("state"),
            "options": PRESENCES,
            "json_attributes_topic": topics.truth(provider.name),
            "json_attributes_template": templates.TRUTH_ATTRIBUTES,
        },
    )


def _message(provider: Provider, topics: Topics) -> Entity:
    config = {"name": "Message", "icon": "mdi:message-text"}
    return Entity("text", "message", config | _text(provider, topics, "message", _LONGEST_MESSAGE))


def _subtype(provider: Provider, topics: Topics) -> Entity:
    config = {"name": "Subtype", "icon": "mdi:tag-text", "entity_category": "config"}
    return Entity("text", "subtype", config | _text(provider, topics, "subtype", _LONGEST_SUBTYPE))


def _text(provider: Provider, topics: Topics, field: str, longest: int) -> dict[str, object]:
    return {
        "object_id": f"presence_{provider.word}_{field}",
        "state_topic": topics.view(provider.name),
        "value_template": templates.text(field, longest),
        "command_topic": topics.command(provider.name),
        "command_template": templates.command(field),
        "max": longest,
    }


def _changed(provider: Provider, topics: Topics) -> Entity:
    return Entity(
        "event",
        "changed",
        {
            "name": "Changed",
            "object_id": f"presence_{provider.word}_changed",
            "icon": "mdi:account-switch",
            "state_topic": topics.event(provider.name),
            "event_types": ("changed",),
        },
    )


def _automatic(provider: Provider, topics: Topics) -> Entity:
    return Entity(
        "button",
        "automatic",
        {
            "name": "Automatic",
            "object_id": f"presence_{provider.word}_automatic",
            "icon": "mdi:account-cog",
            "command_topic": topics.command(provider.name),
            "payload_press": '{"state": null}',
        },
    )
