"""A SUBSCRIBE to be spoiled in one place at a time, and what the parser says of it."""

import pytest

from bridge.sip.errors import MalformedMessage
from bridge.sip.message import encode_response
from bridge.sip.parser import parse

HEADERS = {
    "Via": "SIP/2.0/UDP 192.0.2.1:5060;rport;branch=z9hG4bK1",
    "Max-Forwards": "70",
    "From": '"Alice" <sip:alice@example.com>;tag=a1',
    "To": "<sip:2000@example.com>",
    "Call-ID": "c1@192.0.2.1",
    "CSeq": "7 SUBSCRIBE",
    "Contact": "<sip:alice@192.0.2.1:5060;ob>",
    "Event": "presence",
    "Expires": "600",
}


def request(*extra, body=b"", without=(), start="SUBSCRIBE sip:2000@example.com SIP/2.0", **changed):
    headers = {**HEADERS, **{name.replace("_", "-"): value for name, value in changed.items()}}
    lines = [f"{name}: {value}" for name, value in headers.items() if name not in without]
    return "\r\n".join([start, *lines, *extra, "", ""]).encode("utf-8", "surrogateescape") + body


def refused(data, *, stream=False):
    with pytest.raises(MalformedMessage) as caught:
        parse(data, stream=stream)
    return caught.value


def answer(error):
    """The bytes with which a refusal is answered."""
    return encode_response(
        error.request, error.status, error.reason, to_tag="t", via=error.request.top_via.raw
    )
