"""Bytes to messages (RFC 3261 sections 7 and 18.3).

The promise: for any bytes `parse` gives a message or raises MalformedMessage, in time linear in
their number.

Read generously: all lines may end in LF alone, blanks stand wherever the grammar has them.
Read strictly: whatever two readers could take for two different messages. Lines that end in more
than one way, a header that stands twice but may stand once, a length that is no number, a head
without its empty line.
"""

import re
from contextlib import suppress
from operator import attrgetter
from typing import Final, NamedTuple

from bridge.sip.errors import (
    BadRequest,
    EntityTooLarge,
    MalformedMessage,
    MessageTooLarge,
    SipError,
    UnsupportedUriScheme,
    UriTooLong,
    VersionNotSupported,
)
from bridge.sip.grammar import SINGLE, SPELLINGS, TOKEN, decode, long_name, number, title
from bridge.sip.headers import salvage_via
from bridge.sip.message import Message, Request, Response

# Header lines. 70 hops leave 70 Via and 70 Record-Route lines (Max-Forwards, 8.1.1.6), and a phone
# sends about 25 of other kinds.
MAX_LINES: Final = 256

# Characters in one line, folded ones joined: what web servers allow, for the same long credentials.
MAX_LINE: Final = 8192

# Characters in a Request-URI, twice what phones built on PJSIP take. A presence document names it twice, and what
# must be escaped there grows sixfold.
MAX_URI: Final = 512

# Bytes of head, and of body on a stream: as much as a datagram can hold.
MAX_HEAD: Final = 65_535
MAX_BODY: Final = 65_535


class Frame(NamedTuple):
    """Where the first message of a stream ends.

    `length`: bytes from the start of the buffer, perhaps more than are there yet. `last`: where the
    next one would start cannot be known, so the connection is closed after this one is answered.
    """

    length: int
    last: bool


def parse(data: bytes, *, stream: bool = False) -> Request | Response:
    """Read one datagram, or one message framed from a stream, which needs a Content-Length there (18.3).

    Bytes after the body are ignored. Raise MalformedMessage for anything that is no message.
    """
    head, body, unended = _cut(data)
    start, headers, fault = _read_lines(decode(head))
    fault = unended or fault
    if start[:4].upper() == "SIP/":
        return _response(start, headers, body, fault, stream=stream)
    return _request(start, headers, body, fault, stream=stream)


def frame(buffer: bytes | bytearray) -> Frame | None:
    """Find the first message in what came by a stream; None until its head is complete (18.3).

    A length that is missing, repeated, no number or over the limit leaves only the head, as the last
    message; `parse` finds the same fault in it and says how to answer.
    """
    skipped = len(buffer) - len(buffer.lstrip(b"\r\n"))
    end = _head_end(buffer, skipped)
    if end is None:
        return Frame(len(buffer), last=True) if len(buffer) > MAX_HEAD else None
    _, headers, _ = _read_lines(decode(bytes(buffer[skipped:end])))
    lengths = [value for name, value in headers if name == "content-length"]
    length = number(lengths[0]) if len(lengths) == 1 else None
    if length is None or length > MAX_BODY or end - skipped > MAX_HEAD:
        return Frame(end, last=True)
    return Frame(end + length, last=False)


# --- head and lines ------------------------------------------------------------------------------

_FOLD = re.compile(r"\r?+\n[ \t]++")


def _head_end(data: bytes | bytearray, start: int = 0) -> int | None:
    """Where the body starts, behind the first empty line; None if there is no such line."""
    end = data.find(b"\n\r\n", start)
    lone = data.find(b"\n\n", start, len(data) if end < 0 else end + 1)
    if lone >= 0:
        return lone + 2
    return None if end < 0 else end + 3


def _cut(data: bytes) -> tuple[bytes, bytes, SipError | None]:
    """Head, rest, and what is wrong with the length of the head. Leading empty lines are skipped (7.5)."""
    data = data.lstrip(b"\r\n")
    end = _head_end(data)
    if end is None:
        return data[:MAX_HEAD], b"", BadRequest("the head has no end")
    if end > MAX_HEAD:
        return data[:MAX_HEAD], b"", MessageTooLarge(f"a head of {end} bytes")
    return data[:end], data[end:], None


def _read_lines(text: str) -> tuple[str, list[tuple[str, str]], SipError | None]:
    """The start line, the header fields that can be read, and what is wrong with the others (7.3.1)."""
    if "\n " in text or "\n\t" in text:
        text = _FOLD.sub(" ", text)
    lines = text.split("\r\n")
    ends = len(lines) - 1
    fault: SipError | None = None
    if text.count("\n") != ends or text.count("\r") != ends:
        lines = text.replace("\r\n", "\n").split("\n")
        if "\r" in text:
            fault = BadRequest("lines end in more than one way")
    while len(lines) > 1 and not lines[-1]:
        lines.pop()
    if len(text) > MAX_LINE or len(lines) > MAX_LINES:
        lines, fault = _bounded(lines, fault)
    headers = []
    for line in lines[1:]:
        name, colon, value = line.partition(":")
        # The table first: a call for each line would cost as much as all else that is done with it.
        known = SPELLINGS.get(name) or long_name(name)
        if known is None or not colon:
            fault = fault or BadRequest(f"no header: {line[:80]!r}")
        else:
            headers.append((known, value.strip(" \t")))
    return lines[0], headers, fault


def _bounded(lines: list[str], fault: SipError | None) -> tuple[list[str], SipError | None]:
    """The lines that are within the limits; from those alone a refusal is made, so it stays small."""
    if len(lines) > MAX_LINES + 1:
        fault = MessageTooLarge(f"{len(lines) - 1} header lines")
    if any(len(line) > MAX_LINE for line in lines):
        fault = MessageTooLarge("a line is too long")
    start, *fields = lines[: MAX_LINES + 1]
    return [start[:MAX_LINE], *(line for line in fields if len(line) <= MAX_LINE)], fault


# --- requests ------------------------------------------------------------------------------------

_VERSION = re.compile(r"SIP/[0-9]++\.[0-9]++", re.IGNORECASE)
_METHOD = re.compile(TOKEN)
# One object for each method: what is kept of a message names it.
_METHODS = {name: name for name in ("ACK", "INVITE", "OPTIONS", "PUBLISH", "REGISTER", "SUBSCRIBE")}
_CALL_ID = re.compile(r"[^\x00-\x20\x7f]++")

_read_addresses = attrgetter("top_via", "from_", "to")


def _request(
    start: str, headers: list[tuple[str, str]], body: bytes, fault: SipError | None, *, stream: bool
) -> Request:
    method, _, rest = start.partition(" ")
    uri, _, version = rest.partition(" ")
    request = Request(_METHODS.get(method, method), uri, headers)
    try:
        if fault is not None:
            raise fault
        _check_request_line(method, version)
        _check_request_uri(request)
        _check_fields(request, SINGLE)
        if request.cseq.method != method:
            raise BadRequest(f"{method} with the CSeq of {request.cseq.method[:40]}")
        request.body = _body(request, body, stream=stream)
    except SipError as refusal:
        raise MalformedMessage(refusal, _answerable(request)) from None
    return request


def _check_request_line(method: str, version: str) -> None:
    """Method SP Request-URI SP SIP-Version: single blanks, and none at the end (7.1)."""
    if version != "SIP/2.0" and version.upper() != "SIP/2.0":
        if _VERSION.fullmatch(version):
            raise VersionNotSupported(version[:40])
        raise BadRequest("no request line")
    if not _METHOD.fullmatch(method):
        raise BadRequest("no method")


def _check_request_uri(request: Request) -> None:
    """A URI that is none makes the whole message malformed; another scheme is for those who serve it (8.2.2.1)."""
    if len(request.uri) > MAX_URI:
        raise UriTooLong(f"a Request-URI of {len(request.uri)} characters")
    with suppress(UnsupportedUriScheme):
        _ = request.request_uri


def _check_fields(message: Message, single: frozenset[str]) -> None:
    """What every message needs (8.1.1), and what may stand only once."""
    if len(message.names) != len(message.headers):
        for name in message.names:
            if name in single and len(message.lines(name)) > 1:
                raise BadRequest(f"{title(name)} stands twice")
    _read_addresses(message)
    if not _CALL_ID.fullmatch(message.call_id):
        raise BadRequest("no Call-ID")


def _body(message: Message, rest: bytes, *, stream: bool) -> bytes:
    """The body (18.3): as long as Content-Length says; without one, all that a datagram holds."""
    value = message.get("content-length")
    if value is None:
        if stream:
            raise BadRequest("no Content-Length on a stream")
        return rest
    length = number(value)
    if length is None:
        raise BadRequest(f"no Content-Length: {value[:40]!r}")
    if stream and length > MAX_BODY:
        raise EntityTooLarge(f"a body of {length} bytes")
    if length > len(rest):
        raise BadRequest(f"{len(rest)} of {length} bytes of body")
    return rest[:length]


def _answerable(request: Request) -> Request | None:
    """The request as far as an answer needs it, or None if none can be given.

    That takes a way back and what the client matches by: top Via and CSeq (17.1.3). An ACK is never
    answered (17.1.1.3).
    """
    if request.method == "ACK" or not _METHOD.fullmatch(request.method) or not request.get("cseq"):
        return None
    lines = request.lines("via")
    via = salvage_via(lines[0]) if lines else None
    if via is None:
        return None
    try:
        _ = request.top_via
    except BadRequest:
        others = [header for header in request.headers if header[0] != "via"]
        return Request(request.method, request.uri, [("via", via.raw), *others])
    return request


# --- responses -----------------------------------------------------------------------------------

_STATUS_LINE = re.compile(r"SIP/2\.0 ([1-6][0-9]{2})(?: (.*))?", re.IGNORECASE | re.DOTALL)

# What names the transaction and the dialog, or frames: of the rest of an answer a second one does no harm.
_SINGLE_IN_RESPONSES = frozenset(("call-id", "content-length", "cseq", "from", "to"))


def _response(
    start: str, headers: list[tuple[str, str]], body: bytes, fault: SipError | None, *, stream: bool
) -> Response:
    line = _STATUS_LINE.fullmatch(start)
    try:
        if fault is not None:
            raise fault
        if line is None:
            raise BadRequest(f"no status line: {start[:80]!r}")
        response = Response(int(line[1]), line[2] or "", headers)
        _check_fields(response, _SINGLE_IN_RESPONSES)
        _ = response.cseq
        response.body = _body(response, body, stream=stream)
    except SipError as refusal:
        raise MalformedMessage(refusal) from None
    return response
