import time

import pytest

from bridge.events import Address, Flow
from bridge.topics.sighting import MOST_OCTETS, Wanted, describe, parse_phone

FLOW = Flow("udp", Address("10.0.0.1", 5060), Address("10.0.0.7", 5062))
SUBSCRIBE = (
    b"SUBSCRIBE sip:2000@10.0.0.1;x=y SIP/2.0\r\n"
    b"Via: SIP/2.0/UDP 10.0.0.7:5062;branch=z9hG4bK1\r\n"
    b'From: "A <b>" <sip:200@10.0.0.1>;tag=1\r\n'
    b"t: sip:2001@10.0.0.1\r\n"
    b"Call-ID: abc@10.0.0.7\r\n"
    b'Authorization: Digest username="200", response="SeCrEt"\r\n'
    b"CSeq: 1 SUBSCRIBE\r\n\r\n"
    b"Call-ID: in-the-body\r\nFrom: <sip:666@x>"
)


@pytest.mark.parametrize(
    ("wanted", "takes"),
    [
        (Wanted(host="10.0.0.7"), True),
        (Wanted(host="10.0.0.7", port=5062), True),
        (Wanted(host="10.0.0.7", port=5060), False),
        (Wanted(host="10.0.0.8"), False),
        (Wanted(host="10.0.0.1"), False),
        (Wanted(extension="2000"), True),
        (Wanted(extension="200"), True),
        (Wanted(extension="2001"), True),
        (Wanted(extension="20"), False),
        (Wanted(extension="666"), False),
        (Wanted(call_id="abc@10.0.0.7"), True),
        (Wanted(call_id="abc"), False),
        (Wanted(call_id="in-the-body"), False),
        (Wanted(host="10.0.0.7", extension="2000", call_id="abc@10.0.0.7"), True),
        (Wanted(host="10.0.0.8", extension="2000", call_id="abc@10.0.0.7"), False),
        (Wanted(host="10.0.0.7", extension="3000"), False),
    ],
)
def test_a_message_is_shown_that_fits_all(wanted, takes):
    assert wanted.takes(FLOW, SUBSCRIBE) is takes


def test_short_names_of_headers_count_too():
    data = b"SIP/2.0 200 OK\r\ni: abc\r\nf: <sip:2000@h>\r\n\r\n"
    assert Wanted(call_id="abc", extension="2000").takes(FLOW, data)


@pytest.mark.parametrize("data", [b"", b"\r\n\r\n", b"\xff\xfe\x00", b"nonsense"])
def test_what_is_no_message_is_shown_by_its_address_alone(data):
    assert Wanted(host="10.0.0.7").takes(FLOW, data)
    assert not Wanted(extension="2000").takes(FLOW, data)
    assert describe("in", FLOW, data, bodies=True)["size"] == len(data)


@pytest.mark.parametrize(
    ("text", "phone"),
    [
        ("10.0.0.7", ("10.0.0.7", 0)),
        (" 10.0.0.7:5060 ", ("10.0.0.7", 5060)),
        ("::1", ("::1", 0)),
        ("FE80::0001%eth0", ("fe80::1%eth0", 0)),
        ("[::1]", ("::1", 0)),
        ("[::1]:5060", ("::1", 5060)),
    ],
)
def test_a_phone_is_an_address(text, phone):
    assert parse_phone(text) == phone


@pytest.mark.parametrize(
    "text",
    ["", "phone", "10.0.0", "10.0.0.7:", "10.0.0.7:x", "10.0.0.7:0", "10.0.0.7:65536", "[::1", "[]:1", "²:1"],
)
def test_so_is_nothing_else(text):
    if text in ("10.0.0.7:", "[::1"):
        # Nothing else can be meant.
        assert parse_phone(text)[1] == 0
        return
    with pytest.raises(ValueError, match=r"no port|no address of a phone"):
        parse_phone(text)


def test_both_ends_are_told_and_the_message_without_secrets():
    seen = describe("in", FLOW, SUBSCRIBE, bodies=True)
    message = seen.pop("message")
    assert seen == {
        "direction": "in",
        "transport": "udp",
        "local": "10.0.0.1:5060",
        "remote": "10.0.0.7:5062",
        "size": len(SUBSCRIBE),
    }
    assert message == SUBSCRIBE.decode().replace(
        'Digest username="200", response="SeCrEt"', "Digest (hidden)"
    )


def test_without_bodies_the_headers_are_shown():
    message = describe("in", FLOW, SUBSCRIBE, bodies=False)["message"]
    assert message.endswith("CSeq: 1 SUBSCRIBE\r\n\r\n")
    assert describe("in", FLOW, b"A: b\n\nbody", bodies=False)["message"] == "A: b\r\n\r\n"
    assert describe("in", FLOW, b"A: b", bodies=False)["message"] == "A: b"


def test_what_is_very_long_is_cut():
    seen = describe("out", FLOW, b"x" * (MOST_OCTETS + 1), bodies=True)
    assert len(seen["message"]) == MOST_OCTETS
    assert seen["cut"] is True
    assert seen["size"] == MOST_OCTETS + 1


def test_what_is_no_text_is_shown_as_octets():
    assert describe("in", FLOW, b"a\xff\x00", bodies=True)["message"] == "a\\xff\x00"


@pytest.mark.parametrize(
    "data",
    [
        b"From: " + b"sip:" * 16_000,
        b"From: sip:" + b"a:" * 30_000,
        b"\r\n" * 30_000,
        b"i:" * 30_000,
        b"f :\t" * 16_000,
    ],
)
def test_nothing_hostile_takes_long(data):
    began = time.perf_counter()
    Wanted(extension="2000", call_id="x").takes(FLOW, data)
    describe("in", FLOW, data, bodies=False)
    assert time.perf_counter() - began < 0.5
