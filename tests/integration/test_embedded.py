"""The link against the broker inside the process."""

import asyncio
import gc
import logging
import socket
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from bridge.events import Address
from bridge.io.embedded import EmbeddedBroker, EmbeddedBrokerError, is_listening
from integration.programs import free_port
from integration.recorder import Recorder, linked


@asynccontextmanager
async def embedded() -> AsyncIterator[int]:
    """The port of a running broker."""
    broker = EmbeddedBroker(Address("127.0.0.1", free_port()))
    await broker.start()
    try:
        yield broker.address.port
    finally:
        await broker.stop()


def test_by_default_it_is_where_clients_look_for_a_broker_and_on_loopback():
    assert EmbeddedBroker().address == Address("127.0.0.1", 1883)


def test_retained_and_live_messages_arrive_over_wildcards():
    async def scenario():
        recorder = Recorder()
        async with embedded() as port, linked(port, recorder, mqtt5=False) as link:
            await recorder.until(lambda: link.connected)
            link.publish("b/presence/1", b"away", retain=True, qos=1)
            link.publish("b/presence/2", b"dnd", retain=True, qos=1)
            link.publish("b/presence/2", b"", retain=True, qos=1)
            link.publish("b/device/Custom/x", b"INUSE", retain=True, qos=1)
            async with linked(port, other := Recorder(), client_id="other", mqtt5=False) as reader:
                await other.until(lambda: reader.connected)
                reader.subscribe(["b/presence/+", "b/device/#"])
                await other.until(lambda: len(other.messages) == 2)
                link.publish("b/presence/1", b"chat", retain=True, qos=1)
                await other.until(lambda: len(other.messages) == 3)
        assert other.messages == [
            ("b/presence/1", b"away", True),
            ("b/device/Custom/x", b"INUSE", True),
            ("b/presence/1", b"chat", False),
        ]
        assert recorder.reports == []

    asyncio.run(scenario())


def test_a_message_with_qos_0_from_a_client_that_leaves_at_once_is_not_lost():
    async def scenario():
        recorder = Recorder()
        async with embedded() as port, linked(port, recorder, mqtt5=False) as link:
            await recorder.until(lambda: link.connected)
            link.subscribe(["b/#"])
            link.publish("b/old", b"retained", retain=True, qos=1)
            await recorder.until(lambda: recorder.messages)
            for i in range(20):
                command = ["mosquitto_pub", "-p", str(port), "-r", "-t", f"b/{i}", "-m", "away"]
                process = await asyncio.create_subprocess_exec(*command)
                assert await process.wait() == 0
            await recorder.until(lambda: len(recorder.messages) == 21)

    asyncio.run(scenario())


def test_a_sentinel_comes_behind_all_retained_messages():
    async def scenario():
        recorder = Recorder()
        async with embedded() as port, linked(port, recorder, mqtt5=False) as link:
            await recorder.until(lambda: link.connected)
            for number in range(1000):
                link.publish(f"b/presence/{number}", b"away", retain=True, qos=1)
            link.subscribe(["b/written"])
            link.publish("b/written", b"", retain=False, qos=1)
            await recorder.until(lambda: recorder.messages)
            recorder.events.clear()
            link.subscribe(["b/presence/#", "b/sync"])
            link.publish("b/sync", b"token", retain=False, qos=1)
            await recorder.until(lambda: ("b/sync", b"token", False) in recorder.messages)
        assert len(recorder.messages) == 1001
        assert recorder.messages[-1][0] == "b/sync"

    asyncio.run(scenario())


def test_the_last_will_is_published_and_retained():
    async def scenario():
        watcher, late = Recorder(), Recorder()
        async with embedded() as port, linked(port, watcher, client_id="watcher", mqtt5=False) as watching:
            await watcher.until(lambda: watching.connected)
            watching.subscribe(["b/bridge/state"])
            async with linked(port, recorder := Recorder(), mqtt5=False) as link:
                await recorder.until(lambda: link.connected)
            await watcher.until(lambda: watcher.messages)
            assert watcher.messages == [("b/bridge/state", b"offline", False)]
            async with linked(port, late, client_id="late", mqtt5=False) as link:
                await late.until(lambda: link.connected)
                link.subscribe(["b/bridge/state"])
                await late.until(lambda: late.messages)
            assert late.messages == [("b/bridge/state", b"offline", True)]

    asyncio.run(scenario())


def test_a_client_that_pings_on_time_is_kept():
    async def scenario():
        recorder = Recorder()
        async with embedded() as port, linked(port, recorder, keepalive_seconds=1, mqtt5=False) as link:
            await recorder.until(lambda: link.connected)
            await asyncio.sleep(3.5)
            assert link.connected
        assert recorder.losses == []

    asyncio.run(scenario())


def test_stop_frees_the_port_and_disconnects():
    async def scenario():
        recorder = Recorder()
        broker = EmbeddedBroker(Address("127.0.0.1", free_port()))
        await broker.start()
        async with linked(broker.address.port, recorder, mqtt5=False) as link:
            await recorder.until(lambda: link.connected)
            await broker.stop()
            await recorder.until(lambda: recorder.losses)
            await broker.stop()
        assert not await is_listening(*broker.address)

    asyncio.run(scenario())


def test_stop_does_not_wait_for_a_client_that_says_nothing():
    async def scenario():
        async with embedded() as port:
            silent.connect(("127.0.0.1", port))
            await asyncio.sleep(0.05)
            started = time.monotonic()
        assert time.monotonic() - started < 2

    with socket.socket() as silent:
        asyncio.run(scenario())


def test_it_is_quiet(caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.DEBUG)

    async def scenario():
        recorder = Recorder()
        async with embedded() as port:
            async with linked(port, recorder, mqtt5=False) as link:
                await recorder.until(lambda: link.connected)
                link.publish("b/x", b"1", retain=True, qos=1)
            with socket.create_connection(("127.0.0.1", port)) as stranger:
                stranger.sendall(b"GET / HTTP/1.1\r\n\r\n")
            silent.connect(("127.0.0.1", port))
            await asyncio.sleep(0.1)
        gc.collect()

    with socket.socket() as silent:
        asyncio.run(scenario())
    assert [record.getMessage() for record in caplog.records if record.levelno > logging.DEBUG] == []


def test_a_port_that_is_taken_is_told():
    async def scenario():
        with socket.create_server(("127.0.0.1", 0)) as other:
            port = other.getsockname()[1]
            assert await is_listening("127.0.0.1", port)
            with pytest.raises(EmbeddedBrokerError, match=f"something listens on 127.0.0.1:{port} already"):
                await EmbeddedBroker(Address("127.0.0.1", port)).start()

    asyncio.run(scenario())


def test_an_address_that_is_not_ours_is_told():
    async def scenario():
        with pytest.raises(EmbeddedBrokerError, match=r"cannot listen on 192\.0\.2\.1:1883"):
            await EmbeddedBroker(Address("192.0.2.1", 1883)).start()

    asyncio.run(scenario())


def test_without_amqtt_the_extra_is_named(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "amqtt.broker", None)

    async def scenario():
        with pytest.raises(EmbeddedBrokerError, match=r"pip install 'presence-bridge\[embedded\]'"):
            await EmbeddedBroker(Address("127.0.0.1", free_port())).start()

    asyncio.run(scenario())


def test_nobody_listens_on_a_free_port():
    assert not asyncio.run(is_listening("127.0.0.1", free_port()))
