"""What Home Assistant is shown: the bridge, presence providers and extensions, as devices."""

from collections.abc import Iterable, Sequence

from bridge.homeassistant.bridge_device import ID, bridge_device
from bridge.homeassistant.entity import Device
from bridge.homeassistant.extension import extension_device
from bridge.homeassistant.names import words
from bridge.homeassistant.provider import Provider, provider_device
from bridge.homeassistant.shapes import Place
from bridge.homeassistant.topics import Topics
from bridge.model.facts import FactKey, presence_key
from bridge.model.hint import Hint


def providers(hints: Iterable[Hint], governed: Iterable[str]) -> tuple[Provider, ...]:
    """Return the providers that hints show, and those that rules decide on; each as it is spelled first."""
    ruled = tuple(governed)
    spelled: dict[FactKey, str] = {}
    for name in (*(name for hint in hints for name in hint.providers), *ruled):
        spelled.setdefault(presence_key(name), name)
    word_of = words(spelled.values())
    governed_keys = set(map(presence_key, ruled))
    return tuple(Provider(name, word_of[name], key in governed_keys) for key, name in spelled.items())


def devices(
    shown: Iterable[Provider], hints: Sequence[Hint], version: str, topics: Topics, place: Place
) -> list[Device]:
    """Return all devices, the bridge before those that are reached by it."""
    bridge = place.identifier(ID)
    word_of = words(hint.extension for hint in hints)
    return [
        bridge_device(version, words([place.node])[place.node], topics),
        *(provider_device(provider, topics, bridge) for provider in shown),
        *(extension_device(hint, word_of[hint.extension], topics, bridge) for hint in hints),
    ]
