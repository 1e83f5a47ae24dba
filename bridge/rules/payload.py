"""What a sensor sends: parsed when somebody asks, and once for all who read the same message."""

import re
from json import JSONDecodeError, JSONDecoder
from math import isfinite
from typing import Final

from bridge.mqtt.payload import MAX_PAYLOAD, BadPayload, read_payload

# A value is a word that is compared, shown, and put into a message on a phone: a longer text is
# somebody's report. It also bounds what a regular expression of a configuration is let loose on.
MAX_TEXT: Final = 1_000
# Of a whole number: about 900 digits, which fit into a text, and which Python is willing to write.
_MAX_BITS: Final = 3_000
# From here on, neighbouring whole numbers are the same float.
_EXACT: Final = 2.0**53

_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"
# Homie 5 sends the empty string as one NUL: no bytes at all would remove a retained value.
_EMPTY_STRING: Final = b"\x00"
_DOCUMENT_STARTS: Final = ("{", "[", '"', "'")
# No presence document can carry either (bridge.model.presence).
_UNSPEAKABLE = re.compile("[\x00\ud800-\udfff]")
_DECIMAL = re.compile(r"(-?)(0|[1-9][0-9]*)(?:\.([0-9]*))?")
# One reading that is no number shall not hide the others of its message.
_JSON: Final = JSONDecoder(parse_constant=lambda _name: None)


class Payload:
    """The bytes of one message.

    `document` is the JSON document in them (as Python writes it, too), their text when they are none,
    or None when they say nothing: no bytes, blanks only, `null`, not UTF-8, a broken document, more than
    `MAX_PAYLOAD` bytes. Blanks around are dropped. The single byte 0 is the empty text (Homie 5).
    """

    __slots__ = ("_document", "_raw")

    def __init__(self, raw: bytes) -> None:
        self._raw: bytes | None = raw
        self._document: object = None

    @property
    def document(self) -> object:
        """What the message says; reading it never fails."""
        if self._raw is not None:
            self._document = _read(self._raw)
            self._raw = None
        return self._document


def value_text(value: object) -> str | None:
    """Return a scalar of a document as text without blanks around it: `true`, `22` (also for 22.0), `Office`.

    None for what is no information: null, an object, a list, an infinite number, a text longer than
    `MAX_TEXT` or with a character that cannot be sent to a phone.
    """
    if isinstance(value, str):
        text = value.strip()
        return None if len(text) > MAX_TEXT or _UNSPEAKABLE.search(text) else text
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value) if value.bit_length() <= _MAX_BITS else None
    if isinstance(value, float) and isfinite(value):
        return str(int(value)) if value.is_integer() and abs(value) < _EXACT else str(value)
    return None


def folded(text: str) -> str:
    """Return `text` as it is compared: without blanks around it and without case, 22.0 as 22."""
    return _plain_number(text.strip().casefold())


def _read(raw: bytes) -> object:
    if raw == _EMPTY_STRING:
        return ""
    if len(raw) > MAX_PAYLOAD:
        return None
    try:
        text = raw.removeprefix(_BYTE_ORDER_MARK).decode().strip()
    except UnicodeDecodeError:
        return None
    if text.startswith(_DOCUMENT_STARTS):
        return _read_document(text)
    return None if text in {"", "null"} or "\x00" in text else _plain_number(text)


def _read_document(text: str) -> object:
    try:
        return _JSON.decode(text)
    except JSONDecodeError:
        return _read_python(text)
    except (ValueError, RecursionError):  # a number of too many digits, or nested too deeply
        return None


def _read_python(text: str) -> object:
    try:
        return read_payload(text.encode())
    except BadPayload:
        return None


def _plain_number(text: str) -> str:
    """Return a decimal number as JSON's shortest; any other text as it is."""
    number = _DECIMAL.fullmatch(text)
    if number is None:
        return text
    sign, whole, fraction = number.groups("")
    fraction = fraction.rstrip("0")
    plain = f"{whole}.{fraction}" if fraction else whole
    return plain if plain == "0" else sign + plain
