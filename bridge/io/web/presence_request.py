"""The body of `POST /api/v1/presence/<provider>`: what a message to `<base>/presence/<provider>/set` says, strictly."""

import json
import re
from typing import Final, Never

from bridge.io.web.problem import Problem
from bridge.model.presence import PresenceState
from bridge.topics.decoders.presence import PresenceCommand

MOST_OCTETS: Final = 16_384
_MOST_CHARACTERS: Final = 1000

_STATES: Final = {state.value: state for state in PresenceState}
_UNSPEAKABLE: Final = re.compile("[\x00\ud800-\udfff]")
_FIELDS: Final = ("state", "subtype", "message", "until")


def read_presence_request(body: bytes) -> PresenceCommand:
    """Read it; Problem says what is wrong: 400 if it is no JSON, 422 if it is of another shape."""
    document = _read_json(body)
    if not isinstance(document, dict) or not document:
        raise Problem(422, f"needs an object with at least one of {', '.join(_FIELDS)}")
    unknown = [name for name in document if name not in _FIELDS]
    if unknown:
        raise Problem(422, f"has fields beside {', '.join(_FIELDS)}")
    if "state" in document and document["state"] is None:
        if len(document) > 1:
            raise Problem(422, "state is null, which gives back to the rules: nothing else can go with it")
        return PresenceCommand(None, None, None, released=True)
    return PresenceCommand(
        _state(document) if "state" in document else None,
        _text(document, "subtype"),
        _text(document, "message"),
        _until(document) if "until" in document else None,
    )


def _read_json(body: bytes) -> object:
    try:
        return json.loads(body.decode(), parse_constant=_refuse)
    except (ValueError, RecursionError):
        raise Problem(400, "the body is not JSON") from None


def _refuse(name: str) -> Never:
    raise ValueError(name)


def _state(document: dict[str, object]) -> PresenceState:
    word = document["state"]
    state = _STATES.get(word) if isinstance(word, str) else None
    if state is None:
        raise Problem(422, f"state must be null or one of {', '.join(_STATES)}")
    return state


def _text(document: dict[str, object], field: str) -> str | None:
    text = document.get(field, "")
    if not isinstance(text, str) or len(text) > _MOST_CHARACTERS or _UNSPEAKABLE.search(text):
        raise Problem(422, f"{field} must be text without NUL, of at most {_MOST_CHARACTERS} characters")
    return text if field in document else None


def _until(document: dict[str, object]) -> object:
    until = document["until"]
    is_number = isinstance(until, int | float) and not isinstance(until, bool)
    if not is_number and not (isinstance(until, str) and len(until) <= _MOST_CHARACTERS):
        raise Problem(422, "until must be a number of seconds, or a text: a time, or change")
    return until
