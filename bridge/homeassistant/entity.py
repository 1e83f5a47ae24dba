"""Entities, and the devices that they stand under, before they take the shape of messages."""

from collections.abc import Mapping
from typing import Final, NamedTuple

# Home Assistant keeps the word `unavailable` for itself, and disables a select that says it.
OFFLINE: Final = "offline"

MANUFACTURER: Final = "Presence Bridge"


class Entity(NamedTuple):
    """One entity. `key` tells it from the others of its device; `config` is without what both shapes add."""

    component: str
    key: str
    config: Mapping[str, object]


class Device(NamedTuple):
    """A device. `id` is made of identifiers; `info` is Home Assistant's `device`."""

    id: str
    info: Mapping[str, object]
    entities: tuple[Entity, ...]
