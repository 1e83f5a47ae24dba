"""The parser's promise: a message or MalformedMessage, whatever comes; and what it reads, it reads in any spelling."""

import re
from contextlib import suppress
from itertools import cycle
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.sip.errors import MalformedMessage, SipError
from bridge.sip.grammar import COMPACT, title
from bridge.sip.message import Request, encode_request, encode_response
from bridge.sip.parser import frame, parse

DATA = Path(__file__).parents[2] / "data"
RECORDED = [
    path.read_bytes() for path in sorted(DATA.glob("wire/*.sip")) + sorted(DATA.glob("torture/*/*.dat"))
]

NEVER_RAISE = (
    "top_via",
    "via_values",
    "from_",
    "to",
    "call_id",
    "cseq",
    "expires",
    "user_agent",
)
MAY_REFUSE = (
    "accept",
    "contacts",
    "content_type",
    "event",
    "record_routes",
    "require",
    "to_uri",
)


def check(data, *, stream=False):
    """Anything but the promise comes out as another exception."""
    refusal = None
    try:
        message = parse(data, stream=stream)
    except MalformedMessage as error:
        refusal, message = error, error.request
    if refusal is None:
        for field in NEVER_RAISE:
            getattr(message, field)
    else:
        assert 400 <= refusal.status < 600
    if message is None:
        return
    for field in MAY_REFUSE:
        with suppress(SipError):
            getattr(message, field)
    if isinstance(message, Request):
        assert refusal is None or message.method != "ACK"
        with suppress(SipError):
            _ = message.request_uri
        answer = encode_response(message, 400, "Bad Request", to_tag="t", via=message.top_via.raw)
        assert answer.endswith(b"\r\nContent-Length: 0\r\n\r\n")
        assert b"\x00" not in answer


@given(st.binary(max_size=300), st.booleans())
def test_any_bytes(data, stream):
    check(data, stream=stream)


@given(st.binary(max_size=200), st.sampled_from(RECORDED), st.booleans())
def test_any_bytes_as_headers(noise, recorded, stream):
    start, _, rest = recorded.partition(b"\r\n")
    check(start + b"\r\n" + noise + b"\r\n" + rest, stream=stream)


EDITS = st.tuples(
    st.sampled_from(["cut", "insert", "repeat", "flip", "drop"]),
    st.floats(0, 1, exclude_max=True),
    st.sampled_from(
        [b"\r\n", b"\n", b"\r", b" ", b"\t", b",", b";", b'"', b"<", b">", b":", b"=", b"%", b"\\", b"@"]
    )
    | st.sampled_from(
        [b"\x00", b"\xff", b"[", b"]", b"/", b"\r\n ", b"\r\n\r\n", b"99999", b"-1", b"\xd9\xa1"]
    )
    | st.binary(min_size=1, max_size=4),
)


@given(st.sampled_from(RECORDED), st.lists(EDITS, min_size=1, max_size=6), st.booleans())
def test_mutations_of_real_messages(data, edits, stream):
    for kind, where, piece in edits:
        at = int(where * len(data))
        if kind == "cut":
            data = data[:at]
        elif kind == "insert":
            data = data[:at] + piece + data[at:]
        elif kind == "repeat":
            data = data[:at] + data[at // 2 :]
        elif kind == "flip":
            data = data[:at] + piece + data[at + len(piece) :]
        else:
            data = data[:at] + data[at + len(piece) :]
    check(data, stream=stream)


# --- messages made by the grammar, right and nearly right ----------------------------------------

token = st.text("abcXYZ019-.!%*_+`'~", min_size=1, max_size=8)
text = st.text(st.characters(exclude_characters="\r\n"), max_size=12)
host = st.sampled_from(["h", "example.com", "192.0.2.1", "[2001:db8::1]", "under_score", "2001:db8::1", ""])
near = text | token
parameter = st.builds(
    lambda name, value: f";{name}{value}", near, st.just("") | near.map(lambda value: f"={value}")
)
parameters = st.lists(parameter, max_size=3).map("".join)
uri = st.builds(
    lambda scheme, user, at, params: f"{scheme}:{user}{at}{params}",
    st.sampled_from(["sip", "SIPS", "tel", "x", ""]),
    near,
    host.map(lambda name: f"@{name}"),
    parameters,
)
address = st.builds(
    lambda name, target, params: f"{name}<{target}>{params}",
    st.sampled_from(["", "Alice ", '"A, <B>" ', '"', "A, B "]),
    uri,
    parameters,
)
via = st.builds(
    lambda transport, name, port, params: f"SIP/2.0/{transport} {name}{port}{params}",
    near,
    host,
    st.sampled_from(["", ":5060", ":0", ":99999", " : 1"]),
    parameters,
)
number = st.integers(-1, 2**33).map(str) | text
value = address | uri | via | near | number | st.lists(near, max_size=4).map(", ".join)
name = st.sampled_from(
    ["Via", "v", "From", "f", "To", "t", "Call-ID", "i", "CSeq", "Contact", "m", "Accept", "Event"]
)
name |= (
    st.sampled_from(["o", "Expires", "Max-Forwards", "Content-Length", "l", "Supported", "Route", "X-Any"])
    | token
)
line = st.builds(
    lambda key, blank, content: f"{key}{blank}:{blank}{content}",
    name,
    st.sampled_from(["", " ", "\t", "\r\n "]),
    value,
)
NAMED = [
    "Via: SIP/2.0/UDP h;branch=z9hG4bK1",
    "From: <sip:a@h>;tag=1",
    "To: <sip:b@h>",
    "Call-ID: c",
    "CSeq: 1 OPTIONS",
]
start = st.builds(
    lambda method, target, version: f"{method} {target} {version}",
    st.sampled_from(["OPTIONS", "ACK", "SIP/2.0"]) | token,
    uri | st.sampled_from(["sip:a", "200"]),
    st.sampled_from(["SIP/2.0", "SIP/3.0", "OK", ""]),
)


@given(
    start, st.sets(st.sampled_from(NAMED)), st.lists(line, max_size=6), st.binary(max_size=20), st.booleans()
)
def test_messages_that_are_nearly_right(first, named, lines, body, stream):
    head = "\r\n".join([first, *sorted(named), *lines])
    check(head.encode("utf-8", "surrogatepass") + b"\r\n\r\n" + body, stream=stream)


# --- what is read does not depend on how it is spelled -------------------------------------------

blank = st.sampled_from(["", " ", "\t", "  ", "\r\n ", " \r\n\t", "\r\n \r\n "])
SHORT = {long: letter for letter, long in COMPACT.items()}
FIELDS = (
    "top_via",
    "from_",
    "to",
    "call_id",
    "cseq",
    "contacts",
    "event",
    "expires",
    "accept",
)


PLAIN = {
    "via": "SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK1;rport",
    "from": '"A, \\"B\\"" <sip:a@h;x=y>;tag=1',
    "to": "sip:b@h;tag=2",
    "call-id": "c@h",
    "cseq": "7 SUBSCRIBE",
    "contact": '"C" <sip:c@h>;q=0.5,<sip:d@h>',
    "event": "presence;id=9",
    "expires": "600",
    "accept": "application/pidf+xml;q=0.3,text/plain",
    "supported": "a,b",
    "route": "<sip:p;lr>,<sip:q;lr>",
}
WHOLE = re.compile(r'("(?:[^"\\]|\\.)*"|<[^>]*>)')


def spread(name, content, blanks):
    """The value with blanks round its separators, but for those in quotes and brackets (25.1)."""
    separators = re.compile("[;=,/]" if name in ("via", "accept") else "[;=,]")
    pieces = WHOLE.split(content)
    pieces[::2] = [
        separators.sub(lambda found: f"{next(blanks)}{found[0]}{next(blanks)}", p) for p in pieces[::2]
    ]
    return "".join(pieces)


@pytest.mark.requirement("M1", "M2", "M3")
@given(
    order=st.permutations(list(PLAIN)),
    spelling=st.lists(st.sampled_from([str, title, str.upper, SHORT.get]), min_size=11, max_size=11),
    blanks=st.lists(blank, min_size=1, max_size=9).map(cycle),
    end=st.sampled_from(["\r\n", "\n"]),
    split=st.booleans(),
)
def test_spellings_of_one_message(order, spelling, blanks, end, split):
    lines = []
    for header, spell in zip(order, spelling, strict=True):
        written = spell(header) or header
        values = (
            PLAIN[header].split(",")
            if split and header in ("supported", "accept", "route")
            else [PLAIN[header]]
        )
        lines += [
            f"{written} \t:{next(blanks)}{spread(header, content, blanks)}{next(blanks)}"
            for content in values
        ]
    head = "\r\n".join(["SUBSCRIBE sip:b@h SIP/2.0", *lines, "", ""]).replace("\r\n", end)
    message = parse(head.encode())
    expected = parse(encode_request("SUBSCRIBE", "sip:b@h", PLAIN.items()))
    for field in FIELDS:
        ours, theirs = getattr(message, field), getattr(expected, field)
        if field == "top_via":
            ours, theirs = ours[:4], theirs[:4]
        assert ours == theirs, field
    for header in ("supported", "route"):
        assert message.values(header) == expected.values(header), header


# --- what we send, we read -----------------------------------------------------------------------

safe = st.text(st.characters(codec="utf-8", exclude_characters="\r\n\x00"), max_size=30).map(
    lambda t: t.strip(" \t")
)


@given(st.dictionaries(token.map(lambda t: f"X-{t}"), safe, max_size=6), st.binary(max_size=60), safe)
def test_round_trip(extra, body, reason):
    extra = {key.lower(): content for key, content in extra.items()}
    headers = [
        ("Via", "SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1"),
        ("From", "<sip:a@h>;tag=1"),
        ("To", "<sip:b@h>"),
        ("Call-ID", "c"),
        ("CSeq", "1 NOTIFY"),
        *extra.items(),
    ]
    data = encode_request("NOTIFY", "sip:b@h", headers, body)
    request = parse(data, stream=True)
    assert request.headers[:-1] == [(key.lower(), content) for key, content in headers]
    assert request.body == body
    assert frame(data) == (len(data), False)
    response = parse(encode_response(request, 200, reason, to_tag="t", headers=extra.items(), body=body))
    assert (response.reason, response.to.tag, response.body) == (reason, "t", body)
    assert {key: response.get(key) for key in extra} == extra


@given(st.lists(st.sampled_from(RECORDED), min_size=1, max_size=3), st.integers(0, 4000))
def test_a_frame_does_not_depend_on_what_follows(messages, cut):
    data = b"".join(messages)
    whole = frame(data)
    part = frame(data[:cut])
    assert part is None or part == whole
