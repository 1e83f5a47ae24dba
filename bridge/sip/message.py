"""Requests and responses: their fields, read when asked for, and the bytes that we send (RFC 3261 section 7)."""

import re
from collections.abc import Iterable, KeysView
from typing import Final

from bridge.sip.errors import BadRequest, UnsupportedUriScheme
from bridge.sip.grammar import LISTS, MAX_DELTA, encode, number, title
from bridge.sip.headers import (
    WILDCARD,
    CSeq,
    Event,
    MediaRange,
    MediaType,
    NameAddr,
    Via,
    add_tag,
    parse_cseq,
    parse_event,
    parse_media_range,
    parse_media_type,
    parse_name_addr,
    parse_via,
    split_commas,
)
from bridge.sip.uri import Uri, parse_uri

# Values in one list. 70 hops leave 70 Via and Record-Route values (Max-Forwards, 8.1.1.6), phones
# send up to 20 in Accept; AST-2018-004 is what more than a fixed number did elsewhere.
MAX_VALUES: Final = 128


class Message:
    """What requests and responses have in common.

    `headers` are (name, value) in the order received, names long and in lower case. Of a message
    from the parser `top_via`, `from_`, `to`, `call_id` and `cseq` never raise; the other typed
    fields raise BadRequest for a value that is not in the grammar. What names the message is asked for
    again and again while it is served, so it is read once and kept.
    """

    __slots__ = ("_cseq", "_from", "_index", "_to", "_top_via", "body", "headers")

    def __init__(self, headers: list[tuple[str, str]], body: bytes) -> None:
        self.headers = headers
        self.body = body
        self._top_via: Via | None = None
        self._from: NameAddr | None = None
        self._to: NameAddr | None = None
        self._cseq: CSeq | None = None
        self._index: dict[str, list[str]] = {}
        index = self._index
        for name, value in headers:
            if name in index:
                index[name].append(value)
            else:
                index[name] = [value]

    def get(self, name: str) -> str | None:
        """The first value of a header by its long name in lower case, unsplit; None if there is none."""
        lines = self._index.get(name)
        return lines[0] if lines else None

    def lines(self, name: str) -> list[str]:
        """All values of a header as they stand in its lines, unsplit."""
        return self._index.get(name, [])

    def values(self, name: str) -> list[str]:
        """All values of a header; lists are split at their commas (7.3.1), and empty values left out."""
        lines = self._index.get(name)
        if lines is None:
            return []
        if name not in LISTS:
            return list(lines)
        values: list[str] = []
        for line in lines:
            values += split_commas(line)
            if len(values) > MAX_VALUES:
                raise BadRequest(f"more than {MAX_VALUES} values in {title(name)}")
        return values

    @property
    def names(self) -> KeysView[str]:
        """The names of the headers that are there."""
        return self._index.keys()

    @property
    def via_values(self) -> list[str]:
        """The Via values, the top one first."""
        return self.values("via")

    @property
    def top_via(self) -> Via:
        """The Via of whoever sent this to us."""
        via = self._top_via
        if via is None:
            values = self.values("via")
            if not values:
                raise BadRequest("no Via")
            via = self._top_via = parse_via(values[0])
        return via

    @property
    def from_(self) -> NameAddr:
        """From (20.20)."""
        value = self._from
        if value is None:
            value = self._from = parse_name_addr(self._needed("from"))
        return value

    @property
    def to(self) -> NameAddr:
        """To (20.39)."""
        value = self._to
        if value is None:
            value = self._to = parse_name_addr(self._needed("to"))
        return value

    @property
    def to_uri(self) -> Uri:
        """The URI in To."""
        return parse_uri(self.to.uri)

    @property
    def call_id(self) -> str:
        """Call-ID, compared byte for byte (20.8); empty where a refused request lacks it."""
        return self.get("call-id") or ""

    @property
    def cseq(self) -> CSeq:
        """CSeq (20.16)."""
        value = self._cseq
        if value is None:
            value = self._cseq = parse_cseq(self._needed("cseq"))
        return value

    @property
    def contacts(self) -> list[NameAddr]:
        """The Contact values; `[WILDCARD]` for a lone `*` (20.10)."""
        values = self.values("contact")
        if values == ["*"]:
            return [WILDCARD]
        return [parse_name_addr(value) for value in values]

    @property
    def record_routes(self) -> list[str]:
        """The Record-Route values in the order received."""
        return self.values("record-route")

    @property
    def expires(self) -> int | None:
        """Seconds; cut to 2^32 - 1. None if it is absent or no number: both mean the default (20.19)."""
        seconds = number(self.get("expires") or "")
        return None if seconds is None else min(seconds, MAX_DELTA)

    @property
    def event(self) -> Event | None:
        """The Event (RFC 6665 8.2.1); BadRequest if there are two."""
        lines = self.lines("event")
        if len(lines) > 1:
            raise BadRequest("more than one Event")
        return parse_event(lines[0]) if lines else None

    @property
    def accept(self) -> list[MediaRange] | None:
        """What may be sent back: None if nothing is said, empty if nothing is acceptable (20.1)."""
        if "accept" not in self._index:
            return None
        return [parse_media_range(value) for value in self.values("accept")]

    @property
    def require(self) -> list[str]:
        """Option tags that must be understood (20.32)."""
        return self.values("require")

    @property
    def user_agent(self) -> str | None:
        """User-Agent as it was sent."""
        return self.get("user-agent")

    @property
    def content_type(self) -> MediaType | None:
        """The type of the body."""
        value = self.get("content-type")
        return None if value is None else parse_media_type(value)

    def _needed(self, name: str) -> str:
        value = self.get(name)
        if not value:
            raise BadRequest(f"no {title(name)}")
        return value


class Request(Message):
    """A request. `uri` is the text of the Request-URI."""

    __slots__ = ("_request_uri", "method", "uri")

    def __init__(self, method: str, uri: str, headers: list[tuple[str, str]], body: bytes = b"") -> None:
        super().__init__(headers, body)
        self.method = method
        self.uri = uri
        self._request_uri: Uri | None = None

    @property
    def request_uri(self) -> Uri:
        """The Request-URI. UnsupportedUriScheme unless sip or sips; BadRequest with headers in it (19.1.1)."""
        uri = self._request_uri
        if uri is None:
            uri = parse_uri(self.uri)
            if not uri.is_sip:
                raise UnsupportedUriScheme(f"Request-URI with scheme {uri.scheme[:40]}")
            if uri.headers:
                raise BadRequest("headers in the Request-URI")
            self._request_uri = uri
        return uri

    def __repr__(self) -> str:
        return f"<Request {self.method} {self.uri} {self.call_id}>"


class Response(Message):
    """A response."""

    __slots__ = ("reason", "status")

    def __init__(self, status: int, reason: str, headers: list[tuple[str, str]], body: bytes = b"") -> None:
        super().__init__(headers, body)
        self.status = status
        self.reason = reason

    def __repr__(self) -> str:
        return f"<Response {self.status} {self.reason} {self.call_id}>"


def encode_request(method: str, uri: str, headers: Iterable[tuple[str, str]], body: bytes = b"") -> bytes:
    """The bytes of a request; Content-Length is added.

    Whatever header values and URI hold, no line is added: CR, LF and NUL go out as blanks in
    values, and escaped in the URI.
    """
    head = [_request_line(method, uri), *_lines(headers)]
    return _assemble(head, body)


def encode_request_line(method: str, uri: str) -> bytes:
    """The first line of a request, with its end: for requests whose other lines are kept."""
    return encode(f"{_request_line(method, uri)}\r\n")


def encode_headers(headers: Iterable[tuple[str, str]]) -> bytes:
    """Header lines, each with its end, as safe as those of `encode_request`."""
    return encode("".join([f"{line}\r\n" for line in _lines(headers)]))


def encode_response(
    request: Request,
    status: int,
    reason: str,
    *,
    to_tag: str | None = None,
    headers: Iterable[tuple[str, str]] = (),
    body: bytes = b"",
    via: str | None = None,
) -> bytes:
    """The bytes of an answer to `request` (8.2.6.2).

    Via, From, To, Call-ID and CSeq are copied as far as the request has them; `via` (see `stamp`)
    takes the place of the top Via value, and `to_tag` is added to a To without tag. Record-Route is
    for the caller to pass. Content-Length is added. CR, LF and NUL in values go out as blanks.
    """
    head = [f"SIP/2.0 {status} {_safe(reason)}"]
    head.extend(f"Via: {_safe(value)}" for value in _answered_vias(request, via))
    for name in _COPIED:
        value = request.get(name)
        if value:
            if name == "to" and to_tag is not None:
                value = add_tag(value, to_tag)
            head.append(f"{title(name)}: {_safe(value)}")
    head += _lines(headers)
    return _assemble(head, body)


_COPIED = ("from", "to", "call-id", "cseq")

# What no value of ours may hold: the ends of lines, NUL, and what has no bytes (halves of UTF-16
# pairs, but for those that stand for undecodable bytes).
_UNSAFE = re.compile("[\r\n\x00\ud800-\udc7f\udd00-\udfff]")
_NOT_IN_URI = re.compile("[\x00-\x20\x7f\ud800-\udc7f\udd00-\udfff]")


def _request_line(method: str, uri: str) -> str:
    target = uri if uri.isprintable() and " " not in uri else _NOT_IN_URI.sub(_escape, uri)
    return f"{method} {target} SIP/2.0"


def _lines(headers: Iterable[tuple[str, str]]) -> list[str]:
    return [f"{title(name)}: {_safe(value)}" for name, value in headers]


def _safe(value: str) -> str:
    return value if value.isprintable() else _UNSAFE.sub(" ", value)


def _escape(match: re.Match[str]) -> str:
    code = ord(match[0])
    return f"%{code:02X}" if code < 0x80 else "%3F"


def _answered_vias(request: Request, top: str | None) -> list[str]:
    lines = request.lines("via")
    if top is None or not lines:
        return lines
    below = split_commas(lines[0])[1:] if "," in lines[0] else []
    return [top, *below, *lines[1:]]


def _assemble(head: list[str], body: bytes) -> bytes:
    head.append(f"Content-Length: {len(body)}\r\n\r\n")
    return encode("\r\n".join(head)) + body
