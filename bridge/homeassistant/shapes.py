"""The two shapes of discovery: a message an entity, which every Home Assistant reads, or a message a device.

    <prefix>/<component>/<node>/<device>_<key>/config     "single"
    <prefix>/device/<node>/<device>/config                "device", Home Assistant 2024.11 and newer

Unique ids are the same in both, so that an entity stays what it is when the shape changes. `device` and
`origin` hold nothing that 2024.3.3 does not know: it would refuse the whole message.
"""

from collections.abc import Iterable, Mapping
from json import JSONEncoder
from typing import Final, Literal, NamedTuple

from bridge.homeassistant.entity import MANUFACTURER, Device, Entity

Shape = Literal["single", "device"]

_ORIGIN: Final = {"name": MANUFACTURER}

# The state of the bridge cannot depend on the state of the bridge.
_ALWAYS_AVAILABLE: Final = ("bridge", "connection")

_encode: Final = JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


class Place(NamedTuple):
    """Where documents stand, and what says whether the bridge is there. `node` tells bridges apart."""

    prefix: str
    node: str
    availability_topic: str

    @property
    def filter(self) -> str:
        """The topic filter of all documents of this node, in both shapes."""
        return f"{self.prefix}/+/{self.node}/+/config"

    def is_document(self, topic: str) -> bool:
        """Whether a topic is one of `filter`."""
        if not topic.startswith(f"{self.prefix}/"):
            return False
        levels = topic[len(self.prefix) + 1 :].split("/")
        return len(levels) == 4 and levels[1] == self.node and levels[3] == "config"

    def identifier(self, device: str) -> str:
        """What Home Assistant knows a device by."""
        return f"{self.node}_{device}"

    def single_topic(self, device: Device, entity: Entity) -> str:
        """Where the document of an entity stands."""
        return f"{self.prefix}/{entity.component}/{self.node}/{device.id}_{entity.key}/config"

    def device_topic(self, device: Device) -> str:
        """Where the document of a device stands."""
        return f"{self.prefix}/device/{self.node}/{device.id}/config"


def documents(shape: Shape, devices: Iterable[Device], place: Place) -> Mapping[str, bytes]:
    """Return the payloads by topic, in the order in which they should be published."""
    write = _single if shape == "single" else _device
    return {
        # Half a surrogate pair, which a name of the configuration can hold, stays escaped.
        topic: _encode(document).encode(errors="backslashreplace")
        for device in devices
        for topic, document in write(device, place).items()
    }


def _single(device: Device, place: Place) -> dict[str, dict[str, object]]:
    shared = {"device": _info(device, place), "origin": _ORIGIN}
    return {
        place.single_topic(device, entity): _config(device, entity, place) | shared
        for entity in device.entities
    }


def _device(device: Device, place: Place) -> dict[str, dict[str, object]]:
    components = {
        entity.key: {"platform": entity.component} | _config(device, entity, place)
        for entity in device.entities
    }
    document = {"device": _info(device, place), "origin": _ORIGIN, "components": components}
    return {place.device_topic(device): document}


def _info(device: Device, place: Place) -> dict[str, object]:
    return {"identifiers": [place.identifier(device.id)], **device.info}


def _config(device: Device, entity: Entity, place: Place) -> dict[str, object]:
    # `object_id` is what versions before 2025.10 read, `default_entity_id` what takes its place; the
    # older ones drop a key that they do not know, and the newer ones complain of the first without the second.
    config = {
        "unique_id": f"{place.identifier(device.id)}_{entity.key}",
        "default_entity_id": f"{entity.component}.{entity.config['object_id']}",
        **entity.config,
        "qos": 1,
    }
    if (device.id, entity.key) != _ALWAYS_AVAILABLE:
        config["availability_topic"] = place.availability_topic
    return config
