"""What all dialects share: a payload is bounded UTF-8 text, and may be a JSON document.

Python's way of writing a document is read as well: it is what a Home Assistant template sends
that lacks `tojson` (`{'state': 'dnd'}`).
"""

import re
from ast import literal_eval
from json import JSONDecodeError, JSONDecoder
from typing import Final, Never

# A presence with texts as long as this is no presence; a larger payload is some other topic's.
MAX_PAYLOAD: Final = 65_536
# A template writes a few hundred characters, and Python's parser is no place for a flood.
_MAX_PYTHON_TEXT = 8_192
# The escapes that Python itself writes; others would make its parser print a warning.
_PYTHON_TEXT = re.compile(r"(?:[^\\]|\\[\\'\"nrtxuU])*", re.DOTALL)
# A list is not understood by any dialect, but shall be told apart from a misspelt word.
_DOCUMENT_STARTS = ("{", "[", '"', "'")
_TYPE_NAMES: Final = {
    bool: "true or false",
    int: "a number",
    float: "a number",
    list: "a list",
    dict: "an object",
}


class BadPayload(ValueError):  # noqa: N818 - says what it is, not that it is an error
    """A payload that means nothing in its dialect; the text is the reason, in words."""

    kind = "payload"


class PayloadTooLarge(BadPayload):
    """A payload above `MAX_PAYLOAD` bytes; nothing else of it was looked at."""

    kind = "size"


def read_payload(payload: bytes) -> object:
    """Return the document in a payload, or its text when it does not look like a document.

    Leading blanks and one line end are dropped: people write payloads with `echo`.
    """
    text = _read_text(payload)
    return _read_document(text) if text.startswith(_DOCUMENT_STARTS) else text


def optional_text(document: dict[object, object], field: str) -> str | None:
    """Return a field that must be text, if it is there; null counts as absent."""
    value = document.get(field)
    if value is None or isinstance(value, str):
        return value
    raise BadPayload(f"{field} must be text, not {type_name(value)}")


def type_name(value: object) -> str:
    """Return in words what sort of document `value` is."""
    return _TYPE_NAMES.get(type(value), "something else")


def _read_text(payload: bytes) -> str:
    if len(payload) > MAX_PAYLOAD:
        raise PayloadTooLarge(f"{len(payload)} bytes are more than the {MAX_PAYLOAD} that are read")
    try:
        text = payload.decode()
    except UnicodeDecodeError as error:
        raise BadPayload(f"not UTF-8: byte 0x{payload[error.start]:02x} at position {error.start}") from None
    if "\x00" in text:
        raise BadPayload("holds a NUL character")
    text = text.removesuffix("\n").removesuffix("\r").lstrip(" \t")
    if not text:
        raise BadPayload("blank: to clear the value, send a payload of no bytes at all")
    return text


def _read_document(text: str) -> object:
    try:
        return _JSON.decode(text)
    except BadPayload:
        raise
    except RecursionError:
        raise BadPayload("nested too deeply") from None
    except JSONDecodeError as error:
        return _read_python(text, f"not JSON: {error.msg} at character {error.pos + 1}")
    except ValueError:
        raise BadPayload("not JSON: a number of too many digits") from None


def _read_python(text: str, reason: str) -> object:
    if len(text) > _MAX_PYTHON_TEXT or not _PYTHON_TEXT.fullmatch(text):
        raise BadPayload(reason)
    try:
        return literal_eval(text)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        raise BadPayload(reason) from None


def _refuse_constant(name: str) -> Never:
    raise BadPayload(f"{name} is not JSON")


_JSON: Final = JSONDecoder(parse_constant=_refuse_constant)
