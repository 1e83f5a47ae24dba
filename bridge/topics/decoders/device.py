"""Device state payloads: Asterisk's name `INUSE` in any case, the same as a JSON string, or `{"state": "INUSE"}`."""

from bridge.model.device import DeviceState, parse_device_state
from bridge.mqtt.payload import BadPayload, optional_text, read_payload, type_name


def decode_device(payload: bytes) -> DeviceState:
    """Decode a device state. No bytes at all: cleared, so UNKNOWN. `BadPayload` when it means nothing."""
    if not payload:
        return DeviceState.UNKNOWN
    document = read_payload(payload)
    name = optional_text(document, "state") if isinstance(document, dict) else document
    if name is None:
        raise BadPayload("state is missing")
    if not isinstance(name, str):
        raise BadPayload(f"must be text or an object, not {type_name(name)}")
    try:
        return parse_device_state(name)
    except ValueError as error:
        raise BadPayload(str(error)) from None
