"""Payload dialects: one a file, and the table that the routes choose from."""

from collections.abc import Mapping
from typing import Final, Protocol

from bridge.mqtt.payload import BadPayload
from bridge.topics.decoders import device, presence
from bridge.topics.decoders.word import Word

__all__ = ["DECODERS", "BadPayload", "Decoder"]


class Decoder(Protocol):
    """What one dialect does."""

    def __call__(self, payload: bytes) -> Word:
        """Return what a payload says; `BadPayload` with the reason when it says nothing."""
        ...


DECODERS: Final[Mapping[str, Decoder]] = {
    "presence": presence.decode_word,
    "device": device.decode_word,
}
