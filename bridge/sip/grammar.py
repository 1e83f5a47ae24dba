"""The rules of SIP's syntax, as far as several files need them (RFC 3261 section 25).

Patterns stand for text in which folded lines are already joined, so LWS is blanks and tabs. Every
repetition is possessive (`++`, `*+`): none can be tried twice, so all scans take linear time.
"""

import re
from collections.abc import Callable, Mapping
from functools import lru_cache, wraps
from ipaddress import AddressValueError, IPv6Address
from typing import Final, TypeVar
from urllib.parse import unquote_to_bytes

from bridge.sip.errors import BadRequest

Value = TypeVar("Value")

# --- characters ----------------------------------------------------------------------------------

# token (25.1). "%" is an ordinary character in it (RFC 4475 3.1.1.3).
TOKEN: Final = r"[A-Za-z0-9\-.!%*_+`'~]++"  # noqa: S105 - the RFC's word, no secret

# quoted-string (25.1): anything but a lone quote or backslash; UTF-8 and, escaped, NUL are legal.
QUOTED: Final = r'"(?:[^"\\]|\\.)*+"'

# LWS (25.1) inside a value, once folding is undone; and SWS, where it may be missing.
LWS: Final = r"[ \t]++"
SWS: Final = r"[ \t]*+"

# scheme (25.1, RFC 3986 3.1), and what can never stand in a URI: controls, blanks, delimiters.
SCHEME: Final = r"[A-Za-z][A-Za-z0-9+.\-]*+"
NOT_URI: Final = r'\x00-\x20\x7f<>"'

# host (25.1). "_" is no host name character, but names with it are in use. The brackets belong
# to the address (RFC 5118 4.3): a port can only follow them.
HOST: Final = r"(?:[A-Za-z0-9_.\-]++|\[[0-9A-Fa-f:.]++\])"

# generic-param (25.1). Unquoted values are token / host in the RFC; an IPv6 address without
# brackets (RFC 5118 4.5) and "=" (base64 in branches) are met as well. "=" with nothing behind it
# is read as an empty value.
PARAM: Final = re.compile(rf'{SWS};{SWS}({TOKEN}){SWS}(?:={SWS}({QUOTED}|[^\x00-\x20\x7f",;<>]*+){SWS})?')

# --- names of header fields ----------------------------------------------------------------------


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Compact forms (7.3.3, and the RFC that adds the letter).
COMPACT: Final[Mapping[str, str]] = {
    "a": "accept-contact",  # RFC 3841
    "b": "referred-by",  # RFC 3892
    "c": "content-type",
    "d": "request-disposition",  # RFC 3841
    "e": "content-encoding",
    "f": "from",
    "i": "call-id",
    "j": "reject-contact",  # RFC 3841
    "k": "supported",
    "l": "content-length",
    "m": "contact",
    "n": "identity-info",  # RFC 4474
    "o": "event",  # RFC 6665 8.4
    "r": "refer-to",  # RFC 3515
    "s": "subject",
    "t": "to",
    "u": "allow-events",  # RFC 6665 8.4
    "v": "via",
    "x": "session-expires",  # RFC 4028
    "y": "identity",  # RFC 8224
}

# Fields whose value is a comma-separated list, so that lines and commas mean the same (7.3.1).
# Not the credentials and challenges: 7.3.1 exempts them by name, since commas are part of them.
LISTS: Final = _names(
    """
    accept accept-contact accept-encoding accept-language alert-info allow allow-events call-info
    contact content-encoding content-language error-info in-reply-to path proxy-require
    record-route reject-contact request-disposition require route service-route supported
    unsupported via warning
    """
)

# Fields that may stand only once: those of RFC 3261 table 2 that are no lists, and those of the
# extensions that we read.
SINGLE: Final = _names(
    """
    authentication-info call-id content-disposition content-length content-type cseq date event
    expires from max-forwards mime-version min-expires organization priority refer-to referred-by
    reply-to retry-after server session-expires sip-etag sip-if-match subject subscription-state
    suppress-if-match timestamp to user-agent
    """
)

# Names whose capitals do not follow from their parts.
_CAPITALS: Final[Mapping[str, str]] = {
    "call-id": "Call-ID",
    "cseq": "CSeq",
    "mime-version": "MIME-Version",
    "rack": "RAck",
    "rseq": "RSeq",
    "sip-etag": "SIP-ETag",
    "sip-if-match": "SIP-If-Match",
    "www-authenticate": "WWW-Authenticate",
}

_NAME = re.compile(TOKEN)


def title(name: str) -> str:
    """A header name in the RFC's capitals: `call-id` is `Call-ID`. ValueError for what is no token."""
    known = _TITLES.get(name)
    if known is not None:
        return known
    if not _NAME.fullmatch(name):
        raise ValueError(f"no header name: {name!r}")
    return _capitals(name.lower())


def long_name(name: str) -> str | None:
    """The long name in lower case of a header as it was sent, or None for what is no name (7.3.1, 7.3.3).

    Blanks before the colon do not hide it: a name ends where its token ends.
    """
    known = SPELLINGS.get(name)
    if known is not None:
        return known
    name = name.rstrip(" \t")
    if not _NAME.fullmatch(name):
        return None
    name = name.lower()
    return COMPACT.get(name, name)


def _capitals(name: str) -> str:
    return _CAPITALS.get(name) or "-".join(part.capitalize() for part in name.split("-"))


_USUAL = LISTS | SINGLE | _names("authorization proxy-authorization proxy-authenticate www-authenticate")
SPELLINGS: Final[Mapping[str, str]] = {
    **{name: name for name in _USUAL},
    **{_capitals(name): name for name in _USUAL},
    **COMPACT,
    **{letter.upper(): name for letter, name in COMPACT.items()},
}
_TITLES: Final[Mapping[str, str]] = {
    **{name: _capitals(name) for name in _USUAL},
    **{_capitals(name): _capitals(name) for name in _USUAL},
}

# --- numbers -------------------------------------------------------------------------------------

# delta-seconds: 2^32 - 1 (20.19); CSeq: below 2^31 (8.1.1.5).
MAX_DELTA: Final = 2**32 - 1
MAX_CSEQ: Final = 2**31 - 1
MAX_PORT: Final = 65535

# Longer than any number of the RFC; conversion of longer texts would cost time in their square.
_MAX_DIGITS = 20


def number(text: str) -> int | None:
    """The value of 1*DIGIT, or None for anything else. Beyond 20 digits it is cut to 10^20."""
    if not (text.isascii() and text.isdigit()):
        return None
    digits = text.lstrip("0")
    return int(digits or "0") if len(digits) <= _MAX_DIGITS else 10**_MAX_DIGITS


def port(text: str) -> int:
    """A port of 1..65535; BadRequest for any other."""
    value = number(text)
    if value is None or not 0 < value <= MAX_PORT:
        raise BadRequest(f"no port: {text[:20]!r}")
    return value


# --- pieces --------------------------------------------------------------------------------------

_ESCAPED_PAIR = re.compile(r"\\(.)", re.DOTALL)
_BROKEN_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")


def unquote(text: str) -> str:
    """The content of a quoted-string, its backslashes resolved; any other text as it is."""
    if len(text) < 2 or text[0] != '"' or text[-1] != '"':
        return text
    inner = text[1:-1]
    return _ESCAPED_PAIR.sub(r"\1", inner) if "\\" in inner else inner


def quote(text: str) -> str:
    """`text` as a quoted-string."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def unescape(text: str) -> str:
    """`text` with its %-escapes resolved once, never again (19.1.2); BadRequest for a broken escape."""
    if "%" not in text:
        return text
    if _BROKEN_ESCAPE.search(text):
        raise BadRequest(f"broken escape in {text[:80]!r}")
    return unquote_to_bytes(encode(text)).decode("utf-8", "surrogateescape")


def host_name(text: str) -> str:
    """A HOST in lower case, an IPv6 address without brackets; BadRequest if it is none.

    RFC 3261's grammar had a third colon before an embedded IPv4 address; it is read past (RFC 5118
    4.10, RFC 5954 3.1).
    """
    if text[0] != "[":
        return text.lower()
    address = text[1:-1].lower()
    if "." in address:
        address = address.replace(":::", "::")
    try:
        IPv6Address(address)
    except AddressValueError:
        raise BadRequest(f"no IPv6 address: {text[:80]!r}") from None
    return address


def encode(text: str) -> bytes:
    """The bytes that `text` was decoded from: UTF-8, and whatever else was there as it was."""
    return text.encode("utf-8", "surrogateescape")


def decode(data: bytes) -> str:
    """`data` as text from which `encode` gives the same bytes again, whatever they are."""
    return data.decode("utf-8", "surrogateescape")


# --- remembering ---------------------------------------------------------------------------------

# Phones repeat themselves, so reading the same value twice is avoided; the bounds keep what a
# stranger can leave in memory below 5 MB a field.
REMEMBERED_VALUES = 4096
_REMEMBERED_LENGTH = 256


def remembered(read: Callable[[str], Value]) -> Callable[[str], Value]:
    """Make `read` remember the last results for short texts. They are shared: treat them as constants."""
    remember = lru_cache(maxsize=REMEMBERED_VALUES)(read)

    @wraps(read)
    def recall(text: str) -> Value:
        return remember(text) if len(text) <= _REMEMBERED_LENGTH else read(text)

    return recall
