"""Peers that misuse a TCP connection: lengths that lie, floods, garbage, half of everything. Others are served on."""

import random
import time

import pytest

from conformance.answers import head, status
from conformance.live import LiveBridge, options, receive_until_alive, udp
from conformance.stream import Stream

SUBSCRIBE = (
    "SUBSCRIBE sip:2000@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/TCP 127.0.0.1:5060;rport;branch=z9hG4bK{0}\r\n"
    "From: <sip:200@127.0.0.1>;tag={0}\r\nTo: <sip:2000@127.0.0.1>\r\nCall-ID: {0}\r\nCSeq: 1 SUBSCRIBE\r\n"
    "Contact: <sip:200@127.0.0.1:5060;transport=tcp>\r\nEvent: presence\r\nExpires: {1}\r\n{2}\r\n"
)


@pytest.fixture(scope="module")
def bridge():
    with LiveBridge("udp", "tcp") as live:
        yield live


@pytest.fixture(autouse=True)
def _others_are_served(bridge):
    """After each of them, by datagram and by a new connection."""
    yield
    with udp() as phone:
        receive_until_alive(bridge, phone)
    with Stream(bridge) as stream:
        assert status(stream.ask()) == 200


def subscribe(number, expires=0, extra="Content-Length: 0\r\n"):
    return SUBSCRIBE.format(number, expires, extra).encode()


@pytest.mark.requirement("T9")
def test_a_thousand_requests_in_one_go_have_a_thousand_answers_in_order(bridge):
    with Stream(bridge) as stream:
        asked = [options(bridge.address, stream.own, "TCP") for _ in range(1000)]
        stream.send(b"".join(request for request, _ in asked))
        for _, call_id in asked:
            answer = stream.message()
            assert head(answer)[1]["call-id"] == [call_id]
            assert status(answer) == 200


@pytest.mark.requirement("M7", "T9")
@pytest.mark.parametrize(
    "length",
    [
        "+5",
        "-1",
        "0x10",
        "5 5",
        "1e3",
        "\u0665",
        "4294967328",
        "9223372036854775808",
        "10000000000",
        "",
        "5\r\nl: 6",
    ],
)
def test_a_length_that_lies_is_answered_once_and_ends_the_connection(bridge, length):
    smuggled = subscribe("smuggled")
    with Stream(bridge) as stream:
        stream.send(subscribe("liar", extra=f"Content-Length: {length}\r\n") + smuggled)
        answer = stream.message()
        assert status(answer) in (400, 413)
        assert stream.rest() == b""


@pytest.mark.requirement("M7")
def test_no_length_at_all_is_the_same(bridge):
    with Stream(bridge) as stream:
        stream.send(subscribe("none", extra="") + subscribe("smuggled"))
        assert status(stream.message()) == 400
        assert stream.rest() == b""


@pytest.mark.requirement("T8")
@pytest.mark.parametrize("piece", [b"x", b"X-A: b\r\n", b"\xff\xfe", b" \r\n"])
def test_a_head_without_end_is_cut_at_its_limit(bridge, piece):
    with Stream(bridge) as stream:
        stream.send(b"SUBSCRIBE sip:2000@127.0.0.1 SIP/2.0\r\n" + piece * (200_000 // len(piece)))
        rest = stream.rest()
        assert rest == b"" or status(rest) in (400, 513)


@pytest.mark.requirement("T9", "T10")
def test_line_ends_and_pings_between_and_before_messages(bridge):
    with Stream(bridge) as stream:
        stream.send(b"\r\n\r\n" * 3 + b"\r\n" + options(bridge.address, stream.own, "TCP")[0] + b"\r\n\r\n")
        assert status(stream.message()) == 200
        assert status(stream.ask()) == 200
        assert stream.pongs == 4


@pytest.mark.parametrize(
    "garbage",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 300,
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        b"\0" * 1000,
        b"\x00\x01\x00\x00\x21\x12\xa4\x42" + b"\x55" * 12,
        random.Random(1).randbytes(5000),
        b"SIP/2.0 200 OK\r\n\r\n" * 50,
        b"ACK sip:a SIP/2.0\r\n\r\n",
        b":\r\n\r\n",
    ],
    ids=["TLS", "HTTP", "NUL", "STUN", "chance", "responses", "ACK", "colon"],
)
def test_garbage_is_not_answered_with_more_of_it(bridge, garbage):
    with Stream(bridge) as stream:
        stream.send(garbage)
        stream.half_close()
        assert len(stream.rest()) <= len(garbage) + 300


@pytest.mark.requirement("T4", "T9")
def test_one_that_will_send_no_more_still_gets_its_answers(bridge):
    with Stream(bridge) as stream:
        stream.send(options(bridge.address, stream.own, "TCP")[0] * 3)
        stream.half_close()
        assert stream.rest().count(b"SIP/2.0 200 OK\r\n") == 3


def test_one_that_goes_within_a_message_leaves_nothing(bridge):
    for end in (10, 60, 250):
        with Stream(bridge) as stream:
            stream.send(subscribe("gone", 600)[:end])
    assert bridge.transactions() < 100


@pytest.mark.requirement("T11", "T12")
def test_a_subscriber_that_resets_takes_its_subscription_along(bridge):
    with Stream(bridge) as stream:
        stream.send(subscribe("watcher", 600))
        assert status(stream.message()) == 200
        assert stream.message().startswith(b"NOTIFY ")
        assert bridge.watchers() == 1
    until = time.monotonic() + 5
    while bridge.watchers():
        assert time.monotonic() < until


def test_many_connections_that_say_nothing_keep_nobody_out(bridge):
    idle = [Stream(bridge) for _ in range(200)]
    try:
        with Stream(bridge) as stream:
            started = time.monotonic()
            assert status(stream.ask()) == 200
            assert time.monotonic() - started < 1
    finally:
        for stream in idle:
            stream.__exit__(None, None, None)


def test_slow_writers_do_not_hold_up_the_others(bridge):
    """A hundred requests at one octet a time, and an OPTIONS at once between any of them."""
    slow = [Stream(bridge) for _ in range(100)]
    try:
        for at in range(30):
            for number, stream in enumerate(slow):
                stream.send(subscribe(number)[at : at + 1])
        with Stream(bridge) as stream:
            started = time.monotonic()
            assert status(stream.ask()) == 200
            assert time.monotonic() - started < 0.5
    finally:
        for stream in slow:
            stream.__exit__(None, None, None)
