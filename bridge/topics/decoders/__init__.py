"""Payload dialects: one a file, and the table that the routes choose from."""

from collections.abc import Mapping
from typing import Final, Protocol

from bridge.model.facts import Fact
from bridge.mqtt.payload import BadPayload
from bridge.topics.decoders.device import decode_device
from bridge.topics.decoders.presence import decode_presence

__all__ = ["DECODERS", "BadPayload", "Decoder"]


class Decoder(Protocol):
    """What one dialect does."""

    def __call__(self, payload: bytes) -> Fact:
        """Return the value that a payload means; `BadPayload` with the reason when it means none."""
        ...


DECODERS: Final[Mapping[str, Decoder]] = {
    "presence": decode_presence,
    "device": decode_device,
}
