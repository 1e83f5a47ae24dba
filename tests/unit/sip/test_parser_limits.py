"""Limits of the parser, and the time that the worst 64 kB take."""

import time
from contextlib import suppress

import pytest

from bridge.sip.errors import MalformedMessage, SipError
from bridge.sip.message import encode_response
from bridge.sip.parser import MAX_LINE, MAX_LINES, MAX_URI, parse
from support.sip_messages import HEADERS, answer, refused, request


def test_as_many_lines_as_the_limit_says():
    lines = [f"X-{n}: x" for n in range(MAX_LINES - len(HEADERS))]
    assert len(parse(request(*lines)).headers) == MAX_LINES
    error = refused(request(*lines, "X-A: one more"))
    assert (error.status, error.request.method) == (513, "SUBSCRIBE")
    assert len(answer(error)) < 400


def test_a_line_as_long_as_the_limit_says():
    assert parse(request("X-A: " + "x" * (MAX_LINE - 5))).get("x-a")
    error = refused(request("X-A: " + "x" * (MAX_LINE - 4)))
    assert (error.status, error.request.get("x-a")) == (513, None)
    folded = refused(request("X-A: x" + "\r\n xxxxxxxxx" * 1000))
    assert folded.status == 513


def test_a_request_uri_as_long_as_the_limit_says():
    uri = "sip:2000@example.com;x=" + "x" * (MAX_URI - 23)
    assert parse(request(start=f"SUBSCRIBE {uri} SIP/2.0")).uri == uri
    error = refused(request(start=f"SUBSCRIBE {uri}x SIP/2.0"))
    assert (error.status, error.reason) == (414, "Request-URI Too Long")
    assert len(answer(error)) < 400


@pytest.mark.parametrize("name", ["From", "To", "Call_ID"])
def test_what_is_too_long_is_not_echoed(name):
    error = refused(request(**{name: "<sip:a@h>;tag=" + "x" * 60_000}))
    assert error.status == 513
    assert len(answer(error)) < 400


@pytest.mark.parametrize("start", ["SUBSCRIBE sip:" + "x" * 60_000 + " SIP/2.0", "x" * 60_000])
def test_a_start_line_that_is_too_long(start):
    error = refused(request(start=start))
    assert error.status == 513


def test_a_head_that_is_too_long():
    error = refused(request(*["X-A: " + "x" * 8000] * 9))
    assert error.status == 513
    assert error.request.call_id == "c1@192.0.2.1"


FILL = 60_000
BOMBS = {
    "blanks": request("X-A:" + " " * FILL + "x"),
    "folds": request("X-A: x" + "\r\n " * (FILL // 3)),
    "empty folds": request("X-A: x" + "\n\t\n " * (FILL // 4)),
    "lines": request(*["X-A: x"] * (FILL // 8)),
    "names": request(*[f"X-{n}: x" for n in range(FILL // 10)]),
    "quotes": request('Contact: "' + '\\"' * 4000, *['Contact: "' + '\\"' * 4000] * 6),
    "angles": request(*["Contact: " + "<" * 8000] * 7),
    "contacts": request(*["Contact: " + "<sip:a>," * 1000] * 7),
    "commas": request(*["Accept: " + "," * 8000] * 7),
    "parameters": request(*["Contact: <sip:a>" + "".join(f";p{n}" for n in range(1300))] * 7),
    "repeated parameters": request(*["Contact: <sip:a>" + ";p" * 4000] * 7),
    "semicolons": request(*["Contact: <sip:a>" + ";" * 8000] * 7),
    "vias": request(*["Via: SIP/2.0/UDP h"] * 2500),
    "via": request(Via="SIP/2.0/UDP h" + " " * 8000),
    "from": request(From="<sip:a>" + "".join(f';p{n}="\\x"' for n in range(600))),
    "words": request(From="a " * 4000),
    "schemes": request(From="a" * 8000),
    "digits": request(Expires="1" * 8000, Max_Forwards="1" * 8000, CSeq="1" * 8000),
    "slashes": request(Accept="/" * 8000, Via="SIP/" * 2000),
    "escapes": request(start="SUBSCRIBE sip:" + "%41" * 2600 + "@h SIP/2.0"),
    "at signs": request(start="SUBSCRIBE sip:" + "a@" * 4000 + " SIP/2.0"),
    "uri parameters": request(start="SUBSCRIBE sip:h" + ";a" * 4000 + " SIP/2.0"),
    "bytes": b"\xff" * 65_000,
    "line ends": b"\r\n" * 32_000,
    "returns": b"\r" * 65_000,
    "brackets": request(Via="SIP/2.0/UDP [" + ":" * 8000 + "]"),
    "body": request(body=b"\xff" * 64_000),
}
FIELDS = (
    "accept",
    "contacts",
    "content_type",
    "cseq",
    "event",
    "expires",
    "from_",
    "record_routes",
)
FIELDS += ("request_uri", "require", "to", "to_uri", "top_via", "via_values")


def read_all(data):
    """Parse, read what a notifier reads, and answer; errors but those of SIP come out."""
    try:
        message = parse(data)
    except MalformedMessage as error:
        if error.request is None:
            return b""
        message = error.request
    for field in FIELDS:
        with suppress(SipError):
            getattr(message, field)
    return encode_response(message, 400, "Bad Request", via=message.top_via.raw)


@pytest.mark.parametrize("bomb", BOMBS)
def test_no_64_kb_take_long(bomb):
    data = BOMBS[bomb]
    assert len(data) < 66_000
    seconds = []
    for _ in range(3):
        start = time.perf_counter()
        sent = read_all(data)
        seconds.append(time.perf_counter() - start)
    assert min(seconds) < 0.05
    assert len(sent) <= len(data)
