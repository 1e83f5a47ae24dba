"""Presence payloads: Asterisk's line `away,lunch,back at 13:00`, or JSON `{"state", "subtype", "message"}`.

The truth topic takes both forms, whole; JSON may tell who has said it (`word.Origin`). A command
(`/set`) may name some fields only in JSON, and takes `offline` for `unavailable`: Home Assistant
keeps the word `unavailable` for itself, so dashboards show and send the other. A command may also
name its end, or give back to the rules: `{"state": null}`.
"""

from collections.abc import Callable, Mapping
from json import JSONEncoder
from typing import Final, NamedTuple

from bridge.model.presence import (
    NOT_SET,
    Presence,
    PresenceState,
    parse_presence,
    parse_presence_state,
    require_text,
)
from bridge.mqtt.payload import BadPayload, optional_text, read_payload, type_name
from bridge.topics.decoders.word import COMMAND, NOBODY, PHONE, RULE, Origin, Word

_OFFLINE = "offline"
_SPEAKERS: Final = frozenset((RULE, COMMAND, PHONE))
_encode = JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode

_Fields = tuple[PresenceState | None, str | None, str | None]


class PresenceCommand(NamedTuple):
    """A change that somebody asks for; None keeps what there is.

    `until` is when it ends, as it was written (see `until.parse_until`). `released`: the rules decide
    again; nothing else is named then.
    """

    state: PresenceState | None
    subtype: str | None
    message: str | None
    until: object = None
    released: bool = False

    def apply(self, current: Presence) -> Presence:
        """Return what `current` becomes."""
        return Presence(
            current.state if self.state is None else self.state,
            current.subtype if self.subtype is None else self.subtype,
            current.message if self.message is None else self.message,
        )


_RELEASE: Final = PresenceCommand(None, None, None, released=True)


def decode_word(payload: bytes) -> Word:
    """Decode a truth payload. No bytes at all: cleared. `BadPayload` when it means nothing.

    In JSON the state is required, null is absent, and unknown keys are ignored, as is an origin that
    is not written as we write it.
    """
    return Word(*_decode(payload))


def decode_presence(payload: bytes) -> Presence:
    """Decode a truth payload as `decode_word` does, whoever has said it."""
    return _decode(payload)[0]


def decode_command(payload: bytes) -> PresenceCommand:
    """Decode a `/set` payload. `BadPayload` when it means nothing, or names nothing to change.

    JSON keeps what it does not name; a plain line sets all three (`available` clears both texts).
    """
    document = read_payload(payload)
    if isinstance(document, str):
        return PresenceCommand(*_parse_line(_without_offline(document)))
    fields = _object(document)
    command = PresenceCommand(*_read_fields(fields, _without_offline), fields.get("until"))
    if command.state is None and "state" in fields:
        if any(value is not None for value in command[:4]):
            raise BadPayload("state is null, which gives back to the rules: nothing else can go with it")
        return _RELEASE
    if all(value is None for value in command[:4]):
        raise BadPayload("names none of state, subtype, message and until")
    return command


def encode_presence(presence: Presence) -> bytes:
    """Return a JSON object with all three fields, compact, UTF-8: a truth that nobody signs, or a command."""
    return _encode(_document(presence)).encode()


def encode_word(presence: Presence, origin: Origin) -> bytes:
    """Return the JSON object that we write: all three fields and the origin; `until` if there is one."""
    document = _document(presence)
    document |= {"since": origin.since, "by": origin.by, "rule": origin.rule}
    if origin.until is not None:
        document["until"] = origin.until
    return _encode(document).encode()


def _decode(payload: bytes) -> tuple[Presence, Origin]:
    if not payload:
        return NOT_SET, NOBODY
    document = read_payload(payload)
    if isinstance(document, str):
        return _parse_line(document), NOBODY
    fields = _object(document)
    state, subtype, message = _read_fields(fields)
    if state is None:
        raise BadPayload("state is missing")
    return Presence(state, subtype or "", message or ""), _origin(fields)


def _document(presence: Presence) -> dict[str, object]:
    return {
        "state": presence.state.value,
        "subtype": presence.subtype,
        "message": presence.message,
    }


def _parse_line(line: str) -> Presence:
    try:
        return parse_presence(line)
    except ValueError as error:
        raise BadPayload(str(error)) from None


def _object(document: object) -> dict[object, object]:
    if not isinstance(document, dict):
        raise BadPayload(f"must be text or an object, not {type_name(document)}")
    return document


def _read_fields(fields: dict[object, object], reword: Callable[[str], str] = str) -> _Fields:
    state = optional_text(fields, "state")
    subtype, message = optional_text(fields, "subtype"), optional_text(fields, "message")
    try:
        return (
            None if state is None else parse_presence_state(reword(state)),
            None if subtype is None else require_text("subtype", subtype),
            None if message is None else require_text("message", message),
        )
    except ValueError as error:
        raise BadPayload(str(error)) from None


def _origin(fields: Mapping[object, object]) -> Origin:
    by, until = fields.get("by"), fields.get("until")
    if not isinstance(by, str) or by not in _SPEAKERS:
        return NOBODY if until is None else Origin(until=until)
    rule, since = fields.get("rule"), fields.get("since")
    return Origin(by, rule if isinstance(rule, str) else "", since if isinstance(since, str) else "", until)


def _without_offline(line: str) -> str:
    word, comma, rest = line.partition(",")
    return f"{PresenceState.UNAVAILABLE.value}{comma}{rest}" if word.lower() == _OFFLINE else line
