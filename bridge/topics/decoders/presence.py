"""Presence payloads: Asterisk's line `away,lunch,back at 13:00`, or JSON `{"state", "subtype", "message"}`.

The truth topic takes both forms, whole. A command (`/set`) may name some fields only in JSON, and
takes `offline` for `unavailable`: Home Assistant keeps the word `unavailable` for itself, so
dashboards show and send the other.
"""

from collections.abc import Callable
from json import JSONEncoder
from typing import NamedTuple

from bridge.model.presence import (
    NOT_SET,
    Presence,
    PresenceState,
    parse_presence,
    parse_presence_state,
    require_text,
)
from bridge.mqtt.payload import BadPayload, optional_text, read_payload, type_name

_OFFLINE = "offline"
_encode = JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


class PresenceCommand(NamedTuple):
    """A change that somebody asks for; None keeps what there is."""

    state: PresenceState | None
    subtype: str | None
    message: str | None

    def apply(self, current: Presence) -> Presence:
        """Return what `current` becomes."""
        return Presence(
            current.state if self.state is None else self.state,
            current.subtype if self.subtype is None else self.subtype,
            current.message if self.message is None else self.message,
        )


def decode_presence(payload: bytes) -> Presence:
    """Decode a truth payload. No bytes at all: cleared. `BadPayload` when it means nothing.

    In JSON the state is required, null is absent, and unknown keys are ignored.
    """
    if not payload:
        return NOT_SET
    document = read_payload(payload)
    if isinstance(document, str):
        return _parse_line(document)
    fields = _fields(document)
    if fields.state is None:
        raise BadPayload("state is missing")
    return fields.apply(NOT_SET)


def decode_command(payload: bytes) -> PresenceCommand:
    """Decode a `/set` payload. `BadPayload` when it means nothing, or names nothing to change.

    JSON keeps what it does not name; a plain line sets all three (`available` clears both texts).
    """
    document = read_payload(payload)
    if isinstance(document, str):
        return PresenceCommand(*_parse_line(_without_offline(document)))
    command = _fields(document, _without_offline)
    if command == (None, None, None):
        raise BadPayload("names none of state, subtype and message")
    return command


def encode_presence(presence: Presence) -> bytes:
    """Return the JSON object that we write: always all three fields, compact, UTF-8."""
    document = {
        "state": presence.state.value,
        "subtype": presence.subtype,
        "message": presence.message,
    }
    return _encode(document).encode()


def _parse_line(line: str) -> Presence:
    try:
        return parse_presence(line)
    except ValueError as error:
        raise BadPayload(str(error)) from None


def _fields(document: object, reword: Callable[[str], str] = str) -> PresenceCommand:
    if not isinstance(document, dict):
        raise BadPayload(f"must be text or an object, not {type_name(document)}")
    state = optional_text(document, "state")
    subtype, message = optional_text(document, "subtype"), optional_text(document, "message")
    try:
        return PresenceCommand(
            None if state is None else parse_presence_state(reword(state)),
            None if subtype is None else require_text("subtype", subtype),
            None if message is None else require_text("message", message),
        )
    except ValueError as error:
        raise BadPayload(str(error)) from None


def _without_offline(line: str) -> str:
    word, comma, rest = line.partition(",")
    return f"{PresenceState.UNAVAILABLE.value}{comma}{rest}" if word.lower() == _OFFLINE else line
