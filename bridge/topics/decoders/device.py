"""Device state payloads: Asterisk's name `INUSE` in any case, the same as a JSON string, or `{"state": "INUSE"}`.

A command for a Custom device may also name its end (`until`), or give back to the rules: `{"state": null}`.
"""

from typing import NamedTuple

from bridge.model.device import DeviceState, parse_device_state
from bridge.mqtt.payload import BadPayload, optional_text, read_payload, type_name
from bridge.topics.decoders.word import Word


class DeviceCommand(NamedTuple):
    """What somebody asks for. `until` is as it was written; with no state, the rules decide again."""

    state: DeviceState | None
    until: object = None


def decode_device(payload: bytes) -> DeviceState:
    """Decode a device state. No bytes at all: cleared, so UNKNOWN. `BadPayload` when it means nothing."""
    if not payload:
        return DeviceState.UNKNOWN
    document = read_payload(payload)
    return _parse(optional_text(document, "state") if isinstance(document, dict) else document)


def decode_word(payload: bytes) -> Word:
    """Decode a device state as `decode_device` does; who has said it is not told."""
    return Word(decode_device(payload))


def decode_device_command(payload: bytes) -> DeviceCommand:
    """Decode a `/set` payload. `BadPayload` when it means nothing."""
    document = read_payload(payload)
    if not isinstance(document, dict):
        return DeviceCommand(_parse(document))
    state, until = optional_text(document, "state"), document.get("until")
    if state is None and "state" in document:
        if until is not None:
            raise BadPayload("state is null, which gives back to the rules: nothing else can go with it")
        return DeviceCommand(None)
    return DeviceCommand(_parse(state), until)


def _parse(name: object) -> DeviceState:
    if name is None:
        raise BadPayload("state is missing")
    if not isinstance(name, str):
        raise BadPayload(f"must be text or an object, not {type_name(name)}")
    try:
        return parse_device_state(name)
    except ValueError as error:
        raise BadPayload(str(error)) from None
