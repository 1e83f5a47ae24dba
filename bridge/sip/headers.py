"""Values of header fields, typed (RFC 3261 sections 20 and 25.1), and what is done with a Via (18.2).

All readers take one value without surrounding blanks and raise BadRequest for what is not in the
grammar. What they give may be shared: treat it as constant.
"""

import re
from collections.abc import Mapping
from typing import Final, NamedTuple

from bridge.events import Address
from bridge.sip.errors import BadRequest
from bridge.sip.grammar import (
    HOST,
    LWS,
    MAX_CSEQ,
    NOT_URI,
    PARAM,
    QUOTED,
    SCHEME,
    SWS,
    TOKEN,
    host_name,
    number,
    port,
    remembered,
    unquote,
)
from bridge.sip.uri import same_host

Params = Mapping[str, str | None]
"""Parameters by name in lower case; None for one without a value. Quotes are removed."""

# Where the answer to a datagram goes whose sent-by names no port (18.2.2), whatever its Via calls the transport.
_SIP_PORT: Final = 5060


class Via(NamedTuple):
    """One Via value. `transport` in capitals; `host` and `port` are the sent-by, `raw` is the whole value."""

    transport: str
    host: str
    port: int | None
    params: Params
    raw: str

    @property
    def branch(self) -> str | None:
        """The branch as it was sent; None for some RFC 2543 peers."""
        return self.params.get("branch")

    @property
    def has_rport(self) -> bool:
        """Whether the sender asks for the answer at its source port (RFC 3581 section 3)."""
        return "rport" in self.params

    @property
    def rport(self) -> int | None:
        """The port filled into rport, or None."""
        return number(self.params.get("rport") or "")


class NameAddr(NamedTuple):
    """A name-addr or addr-spec with the parameters of the header. `uri` is the text of the URI."""

    display: str
    uri: str
    params: Params

    @property
    def tag(self) -> str | None:
        """The tag, compared byte for byte (19.3); None for a request outside a dialog, or RFC 2543."""
        return self.params.get("tag") or None


WILDCARD: Final = NameAddr("", "*", {})
"""The Contact `*`: all bindings (10.2.2)."""


class CSeq(NamedTuple):
    """Sequence number and method."""

    number: int
    method: str


class Event(NamedTuple):
    """An event package, byte for byte (RFC 6665 8.2.1), and the `id` that tells subscriptions in a dialog apart."""

    package: str
    id: str | None
    params: Params


class MediaType(NamedTuple):
    """A media type, names in lower case."""

    type: str
    subtype: str
    params: Params


class MediaRange(NamedTuple):
    """One value of Accept, names in lower case; `*` stands for any. `q` is 1.0 where none is given."""

    type: str
    subtype: str
    params: Params
    q: float


# --- lists and parameters ------------------------------------------------------------------------


def split_commas(text: str) -> list[str]:
    """The values of a comma-separated list; commas in quotes and angle brackets do not count (7.3.1).

    Empty values are left out.
    """
    if '"' not in text and "<" not in text:
        if "," not in text:
            value = text.strip(" \t")
            return [value] if value else []
        return [value for part in text.split(",") if (value := part.strip(" \t"))]
    values = []
    start = 0
    for delimiter in _DELIMITER.finditer(text):
        found = delimiter[0]
        if found == ",":
            values.append(text[start : delimiter.start()].strip(" \t"))
            start = delimiter.end()
        elif len(found) == 1:
            raise BadRequest(f"{found} without its counterpart in {text[:80]!r}")
    values.append(text[start:].strip(" \t"))
    return [value for value in values if value]


def scan_params(text: str, at: int) -> tuple[Params, int]:
    """Read `;name=value` pieces from `at` on, and tell where they end, which is before a repeated name."""
    params: dict[str, str | None] = {}
    while (piece := PARAM.match(text, at)) is not None:
        name, value = piece.groups()
        name = name.lower()
        if name in params:
            break
        params[name] = unquote(value) if value else value
        at = piece.end()
    return params, at


# --- readers -------------------------------------------------------------------------------------


def parse_via(text: str) -> Via:
    """Read a Via value (20.42)."""
    via = salvage_via(text)
    if via is None or len(via.raw) != len(text):
        raise BadRequest(f"no Via: {text[:80]!r}")
    return via


def salvage_via(text: str) -> Via | None:
    """The Via as far as it can be read, `raw` cut accordingly; None without a usable sent-by.

    With it a request can be answered whose Via ends in garbage (RFC 4475 3.1.2.1).
    """
    match = _SENT_BY.match(text)
    if match is None:
        return None
    transport, host, digits = match.groups()
    try:
        host = host_name(host)
        sent_port = port(digits) if digits else None
    except BadRequest:
        return None
    params, end = scan_params(text, match.end())
    return Via(transport.upper(), host, sent_port, params, text[:end])


@remembered
def parse_name_addr(text: str) -> NameAddr:
    """Read a value of From, To, Contact, Route and their like (20.10, RFC 8217).

    Without angle brackets all parameters are the header's, and the URI can hold no `?` and `,`.
    """
    match = _NAME_ADDR.match(text)
    if match is not None:
        quoted, words, uri = match.groups()
        display = unquote(quoted) if quoted else words.rstrip(" \t")
    else:
        match = _ADDR_SPEC.match(text)
        if match is None:
            raise BadRequest(f"no address: {text[:80]!r}")
        display, uri = "", match[1]
    return NameAddr(display, uri, _params_to_end(text, match.end()))


def parse_cseq(text: str) -> CSeq:
    """Read a CSeq (20.16); numbers of 0 to 2^31 - 1 (8.1.1.5)."""
    match = _CSEQ.fullmatch(text)
    value = number(match[1]) if match else None
    if match is None or value is None or value > MAX_CSEQ:
        raise BadRequest(f"no CSeq: {text[:80]!r}")
    return CSeq(value, match[2])


@remembered
def parse_event(text: str) -> Event:
    """Read an Event (RFC 6665 8.4)."""
    match = _TOKEN.match(text)
    if match is None:
        raise BadRequest(f"no Event: {text[:80]!r}")
    params = _params_to_end(text, match.end())
    return Event(match[0], params.get("id"), params)


@remembered
def parse_media_type(text: str) -> MediaType:
    """Read a Content-Type (20.15)."""
    match = _MEDIA.match(text)
    if match is None:
        raise BadRequest(f"no media type: {text[:80]!r}")
    return MediaType(match[1].lower(), match[2].lower(), _params_to_end(text, match.end()))


@remembered
def parse_media_range(text: str) -> MediaRange:
    """Read one value of Accept (20.1). A q that is no number of 0 to 1 counts as 1."""
    media = parse_media_type(text)
    if "q" not in media.params:
        return MediaRange(*media, 1.0)
    q = media.params["q"] or ""
    others = {name: value for name, value in media.params.items() if name != "q"}
    return MediaRange(media.type, media.subtype, others, float(q) if _QVALUE.fullmatch(q) else 1.0)


# --- writers -------------------------------------------------------------------------------------


def add_tag(value: str, tag: str) -> str:
    """A From or To value with `tag`, unless it has one; everything else of it byte for byte (8.2.6.2)."""
    try:
        tagged = parse_name_addr(value).tag is not None
    except BadRequest:
        # It is copied into the refusal of a request of which it is the malformed part.
        tagged = ";tag=" in value.lower()
    return value if tagged else f"{value};tag={tag}"


# --- the way back --------------------------------------------------------------------------------


def stamp(via: Via | str, host: str, port: int) -> str:
    """The top Via value as the answer carries it: with the source that the request came from.

    `received` is added where the sent-by names another host, and always with rport (18.2.1, RFC 3581
    section 4); rport is filled with the port. What a client wrote into them itself is replaced:
    nobody but the receiver knows. All else stays byte for byte. `host` without brackets.
    """
    if isinstance(via, str):
        via = parse_via(via)
    # A zone means something on this machine only, and the grammar has no place for it.
    host = host.partition("%")[0]
    if "received" not in via.params:
        if not via.has_rport:
            if same_host(via.host, host):
                return via.raw
        else:
            # What nearly every client sends: an rport that stands alone, without a value.
            before, rport, after = via.raw.partition(";rport")
            if rport and after[:1] in ("", ";") and '"' not in via.raw:
                return f"{before};rport={port}{after};received={host}"
    sent_by = _SENT_BY.match(via.raw)
    if sent_by is None:
        raise AssertionError("a Via is made from what matches")
    at = sent_by.end()
    pieces = [via.raw[:at]]
    while (piece := PARAM.match(via.raw, at)) is not None:
        name = piece[1].lower()
        if name == "rport":
            pieces.append(f";rport={port}")
        elif name != "received":
            pieces.append(piece[0])
        at = piece.end()
    return f"{''.join(pieces)};received={host}"


def response_address(via: Via, source: Address) -> Address:
    """Where a datagram's answer goes: its source, at the source port if rport is there, else at the
    port of the sent-by (18.2.2, RFC 3581 section 4).

    `maddr` is ignored: it would let anybody aim answers at a third party, and serves multicast, which
    we do not.
    """
    if "rport" in via.params:
        return source
    return Address(source.host, via.port or _SIP_PORT)


_DELIMITER = re.compile(rf'{QUOTED}|<[^>]*+>|[",<]', re.DOTALL)
_TOKEN = re.compile(TOKEN)
_SENT_BY = re.compile(
    rf"{TOKEN}{SWS}/{SWS}{TOKEN}{SWS}/{SWS}({TOKEN}){LWS}({HOST})(?:{SWS}:{SWS}([0-9]++))?",
)
# The display name of RFC 3261 is tokens, each followed by LWS; erratum 5598 makes the last LWS
# optional, and UTF-8, apostrophes and the like are met without quotes. A comma is not let pass:
# it would make two addresses of one (RFC 4475 3.1.2.16).
_NAME_ADDR = re.compile(
    rf'(?:({QUOTED}){SWS}|([^"<>,;]*+))<({SCHEME}:[^{NOT_URI}]++)>',
    re.DOTALL,
)
_ADDR_SPEC = re.compile(rf"({SCHEME}:[^{NOT_URI};,?]++)")
_CSEQ = re.compile(rf"([0-9]++){LWS}({TOKEN})")
_MEDIA = re.compile(rf"({TOKEN}){SWS}/{SWS}({TOKEN})")
# qvalue (25.1): up to three digits, 0 to 1.
_QVALUE = re.compile(r"0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?")


def _params_to_end(text: str, at: int) -> Params:
    if at == len(text):
        return _NONE
    params, end = scan_params(text, at)
    if text[end:].strip(" \t"):
        raise BadRequest(f"not a parameter: {text[end : end + 80]!r}")
    return params


_NONE: Final[Params] = {}
