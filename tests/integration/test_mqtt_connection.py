"""The link against brokers that refuse, lie, break off or say nothing."""

import asyncio
import contextlib
import socket
import threading
import time

import pytest

from bridge.events import BrokerConnected, PublishRefused
from bridge.io.mqtt import connection
from integration.recorder import Recorder, linked
from integration.scripted_broker import CONNACK, DISCONNECT, PUBLISH, SUBACK, SUBSCRIBE, Peer, scripted

_UNSUPPORTED = 132
_NOT_AUTHORISED = 135
_TAKEN_OVER = 142


async def stays(peer: Peer) -> None:
    """Accept, and read until the client goes."""
    peer.accept()
    await peer.next(DISCONNECT)


@pytest.mark.parametrize(
    "answer", [bytes([0, _UNSUPPORTED, 0]), b"\x00\x01"], ids=["as MQTT 5", "as MQTT 3.1.1"]
)
def test_falls_back_to_3_1_1_and_remembers(answer: bytes):
    async def old_broker(peer: Peer) -> None:
        if peer.version == 5:
            peer.send(CONNACK << 4, answer)
            return
        if len(broker.peers) < 3:
            peer.accept()
            return  # break off, so that the bridge comes again
        await stays(peer)

    async def scenario():
        nonlocal broker
        recorder = Recorder()
        async with scripted(old_broker) as broker, linked(broker.port, recorder) as link:
            await recorder.until(lambda: recorder.connections == 2 and link.connected)
            assert [peer.version for peer in broker.peers] == [5, 4, 4]
        assert len(recorder.losses) == 1
        assert recorder.reports == ["the broker does not know MQTT 5: the bridge uses MQTT 3.1.1 from now on"]

    broker = None
    asyncio.run(scenario())


def test_a_broker_of_neither_version_is_told():
    async def refuses(peer: Peer) -> None:
        peer.send(CONNACK << 4, bytes([0, _UNSUPPORTED, 0]) if peer.version == 5 else b"\x00\x01")

    async def scenario():
        recorder = Recorder()
        async with scripted(refuses) as broker, linked(broker.port, recorder):
            await recorder.until(lambda: recorder.losses)
        assert (
            recorder.losses[0]
            == f"what answers at 127.0.0.1:{broker.port} speaks neither MQTT 5 nor MQTT 3.1.1"
        )

    asyncio.run(scenario())


def test_silence_towards_mqtt_5_is_a_reason_to_try_3_1_1_once():
    async def knows_3_1_1_only(peer: Peer) -> None:
        if peer.version == 4:
            peer.accept()

    async def scenario():
        recorder = Recorder()
        async with scripted(knows_3_1_1_only) as broker, linked(broker.port, recorder):
            await recorder.until(lambda: recorder.connections == 2)
        assert [peer.version for peer in broker.peers[:4]] == [5, 4, 5, 4]

    asyncio.run(scenario())


def test_a_broker_that_is_known_to_be_old_is_asked_in_3_1_1():
    async def scenario():
        recorder = Recorder()
        async with scripted(stays) as broker, linked(broker.port, recorder, mqtt5=False) as link:
            await recorder.until(lambda: link.connected)
        assert [peer.version for peer in broker.peers] == [4]

    asyncio.run(scenario())


def test_connect_names_the_limits_and_the_last_will():
    async def scenario():
        recorder = Recorder()
        async with scripted(stays) as broker, linked(broker.port, recorder, will_topic="b/will") as link:
            await recorder.until(lambda: link.connected)
        packet = broker.peers[0].connect
        flags, keepalive = packet[7], packet[8:10]
        assert flags == 0b00101110, "clean start, will with QoS 1, retained"
        assert keepalive == b"\x00\x1e"
        assert b"\x27\x00\x04\x00\x00" in packet, "Maximum Packet Size 256 KiB"
        assert b"\x21\xff\xff" in packet, "Receive Maximum"
        assert packet.endswith(b"\x00\x06b/will\x00\x07offline")

    asyncio.run(scenario())


def test_refused_subscriptions_are_told_by_topic():
    async def grants_one(peer: Peer) -> None:
        peer.accept()
        body = await peer.next(SUBSCRIBE)
        peer.send(SUBACK << 4, body[:2] + bytes([0, 1, _NOT_AUTHORISED]))
        await peer.next(DISCONNECT)

    async def scenario():
        recorder = Recorder()
        async with scripted(grants_one) as broker, linked(broker.port, recorder) as link:
            await recorder.until(lambda: link.connected)
            link.subscribe(["b/allowed", "b/secret/#", "b/allowed"])
            await recorder.until(lambda: recorder.reports)
        assert recorder.reports == ["the broker refused the subscription to b/secret/#: Not authorized"]

    asyncio.run(scenario())


def test_each_refused_message_is_told():
    async def refuses(peer: Peer) -> None:
        peer.accept()
        while True:
            body = await peer.next(PUBLISH)
            start = 2 + int.from_bytes(body[:2])
            peer.send(0x40, body[start : start + 2] + bytes([_NOT_AUTHORISED, 0]))

    async def scenario():
        recorder = Recorder()
        async with scripted(refuses) as broker, linked(broker.port, recorder) as link:
            await recorder.until(lambda: link.connected)
            for number in range(20):
                link.publish(f"b/{number}", b"x", retain=True, qos=1)
            await link.stop(("b/bridge/state", b"offline"))
        refused = [event for event in recorder.events if isinstance(event, PublishRefused)]
        assert refused[:20] == [PublishRefused(f"b/{number}", "Not authorized") for number in range(20)]
        assert BrokerConnected(tells_refusals=True) in recorder.events
        assert recorder.reports == []

    asyncio.run(scenario())


def test_a_topic_that_is_not_utf_8_is_reported_and_passed_over():
    async def sends(peer: Peer) -> None:
        peer.accept()
        for topic in (b"b/\xff\xfe", b"b/\xff", b"b/good"):
            peer.deliver(topic, b"away")
        await peer.next(DISCONNECT)

    async def scenario():
        recorder = Recorder()
        async with scripted(sends) as broker, linked(broker.port, recorder) as link:
            await recorder.until(lambda: recorder.messages)
            assert link.connected
        assert recorder.messages == [("b/good", b"away", False)]
        assert len(recorder.reports) == 1
        assert "not UTF-8" in recorder.reports[0]

    asyncio.run(scenario())


@pytest.mark.parametrize(
    "garbage",
    [
        b"\xf7\x00",  # a type that MQTT 5 uses for AUTH, with flags that are reserved
        b"\x20\x03\x00\x00\x00",  # a second CONNACK
        b"\x30\x01\x00",  # PUBLISH, too short for its topic
        b"\x30\x06\x00\x01a\x02\x7f\x00",  # PUBLISH with an unknown property
        b"\x90\x02\x00\x01",  # SUBACK without properties
        b"\x30\xff\xff\xff\xff\xff",  # a length of five octets
    ],
)
def test_garbage_ends_the_connection_and_the_link_comes_again(garbage: bytes):
    async def sends(peer: Peer) -> None:
        peer.accept()
        peer.send_raw(garbage)
        await peer.next(DISCONNECT)

    async def scenario():
        recorder = Recorder()
        async with scripted(sends) as broker, linked(broker.port, recorder):
            await recorder.until(lambda: recorder.connections == 2)
        assert recorder.losses[0] == "the broker broke the MQTT protocol"

    asyncio.run(scenario())


def test_what_a_broker_said_before_it_went_is_read_though_it_takes_no_acknowledgement():
    said = [str(number).encode() for number in range(1, 301)]

    async def speaks_and_goes(peer: Peer) -> None:
        peer.accept()
        for number in said:
            peer.send(PUBLISH << 4 | 2, b"\x00\x01a" + int(number).to_bytes(2) + b"\x00" + number)

    async def scenario():
        recorder = Recorder()
        async with scripted(speaks_and_goes) as broker, linked(broker.port, recorder):
            await recorder.until(lambda: recorder.losses)
        heard = [payload for _, payload, _ in recorder.messages]
        assert heard[: len(said)] == said
        assert recorder.losses[0] == "the connection to the broker broke"

    asyncio.run(scenario())


def test_a_broker_that_says_why_is_quoted():
    async def throws_out(peer: Peer) -> None:
        peer.accept()
        peer.send(DISCONNECT << 4, bytes([_TAKEN_OVER, 0]))

    async def scenario():
        recorder = Recorder()
        async with scripted(throws_out) as broker, linked(broker.port, recorder):
            await recorder.until(lambda: recorder.losses)
        assert recorder.losses[0] == "another client connected with the client id bridge-under-test"

    asyncio.run(scenario())


def test_something_that_only_closes_is_told():
    async def hangs_up(peer: Peer) -> None:
        peer.send_raw(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    async def scenario():
        recorder = Recorder()
        async with scripted(hangs_up) as broker, linked(broker.port, recorder):
            await recorder.until(lambda: recorder.losses)
        assert (
            recorder.losses[0].partition(": it may")[0]
            == f"127.0.0.1:{broker.port} closed the connection without an answer to CONNECT"
        )

    asyncio.run(scenario())


def test_a_socket_that_is_gone_after_connect_is_told(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(connection.Client, "connect", lambda *_, **__: None)

    async def scenario():
        recorder = Recorder()
        async with linked(1883, recorder):
            await recorder.until(lambda: recorder.losses)
        assert recorder.losses[0].startswith(
            "127.0.0.1:1883 closed the connection without an answer to CONNECT: it may want TLS"
        )

    asyncio.run(scenario())


def test_short_connections_in_a_row_are_a_pattern_until_a_long_one():
    async def scenario():
        ahead = 0.0
        recorder = Recorder()

        async def breaks_off(peer: Peer) -> None:
            nonlocal ahead
            peer.accept()
            await recorder.until(lambda: recorder.connections == len(broker.peers))
            if len(broker.peers) == 5:
                ahead += 60

        async with (
            scripted(breaks_off) as broker,
            linked(broker.port, recorder, clock=lambda: time.monotonic() + ahead),
        ):
            await recorder.until(lambda: len(recorder.losses) >= 6)
        suspected = ["does another client use" in loss for loss in recorder.losses[:6]]
        assert suspected == [False, False, True, True, False, False]
        assert "4 times in a row" in recorder.losses[3]

    asyncio.run(scenario())


def test_a_connection_that_comes_about_after_the_cancel_is_closed(monkeypatch: pytest.MonkeyPatch):
    cancelled = threading.Event()
    connect = connection.Client.connect

    def slow(*arguments, **options):
        connect(*arguments, **options)
        cancelled.wait(10)

    monkeypatch.setattr(connection.Client, "connect", slow)

    async def scenario():
        recorder = Recorder()
        async with scripted(stays) as broker:
            async with linked(broker.port, recorder):
                await recorder.until(lambda: broker.peers)
            assert not broker.gone
            cancelled.set()
            await recorder.until(lambda: broker.gone)
        assert recorder.events == []

    asyncio.run(scenario())


def test_a_broker_that_never_answers_connect_is_given_up(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(connection, "_ACCEPT_WITHIN", 0.1)
    monkeypatch.setattr(connection, "_TICK", 0.05)

    async def silent(peer: Peer) -> None:
        await peer.next(DISCONNECT)

    async def scenario():
        recorder = Recorder()
        async with scripted(silent) as broker, linked(broker.port, recorder):
            await recorder.until(lambda: recorder.losses)
        assert recorder.losses[0] == "the broker did not answer CONNECT within 0.1 s"

    asyncio.run(scenario())


def test_stop_does_not_wait_for_a_broker_that_acknowledges_nothing():
    async def scenario():
        recorder = Recorder()
        async with scripted(stays) as broker, linked(broker.port, recorder) as link:
            await recorder.until(lambda: link.connected)
            started = time.monotonic()
            await link.stop(("b/bridge/state", b"offline"))
            assert 1.9 < time.monotonic() - started < 3.1
            assert not link.connected
        assert recorder.losses == []

    asyncio.run(scenario())


def test_a_broker_that_acknowledges_nothing_costs_bounded_memory():
    async def scenario():
        recorder = Recorder()
        async with scripted(stays) as broker, linked(broker.port, recorder) as link:
            await recorder.until(lambda: link.connected)
            for number in range(30_000):
                link.publish("b/state", b"%d" % number, retain=True, qos=1)
                link.publish("b/event", b"%d" % number, retain=False, qos=1)
            assert len(link._connection._outbox) == 10_001
        assert len(recorder.reports) == 1
        assert "too slow" in recorder.reports[0]

    asyncio.run(scenario())


def test_a_cancel_does_not_wait_for_a_host_that_does_not_answer():
    async def scenario():
        recorder = Recorder()
        with socket.create_server(("127.0.0.1", 0), backlog=0) as deaf, contextlib.ExitStack() as waiting:
            port = deaf.getsockname()[1]
            # Fill the queue of connections that nobody accepts: the next one gets no answer at all.
            for _ in range(4):
                client = waiting.enter_context(socket.socket())
                client.setblocking(False)
                client.connect_ex(("127.0.0.1", port))
            async with linked(port, recorder):
                await asyncio.sleep(0.1)
                started = time.monotonic()
        assert time.monotonic() - started < 0.5
        assert recorder.events == []

    started = time.monotonic()
    asyncio.run(scenario())
    assert time.monotonic() - started < 1, "the end of the loop does not wait either"


@pytest.mark.parametrize("host", ["host.invalid", ""])
def test_a_name_that_does_not_resolve_is_told(host: str):
    async def scenario():
        recorder = Recorder()
        async with linked(1883, recorder, host=host):
            await recorder.until(lambda: recorder.losses)
        if host:
            assert recorder.losses[0].startswith("the name host.invalid cannot be resolved: ")
        else:
            assert recorder.losses[0] == ":1883 cannot be used: Invalid host."

    asyncio.run(scenario())
