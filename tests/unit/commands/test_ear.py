import asyncio
import socket

from bridge.commands.ear import Ear
from bridge.commands.stage import free_port
from bridge.commands.stopwatch import Stopwatch
from bridge.events import Address, BrokerConnected, BrokerDisconnected
from bridge.io.embedded import EmbeddedBroker
from bridge.io.mqtt import Account
from bridge.model.facts import device_key, presence_key

PROVIDER, DEVICE = presence_key("2000"), device_key("SIP/2000")


def hear(conversation, warnings, stopwatch, broker=True):
    """Run a conversation with an ear and, unless there is none, with the broker that it listens to."""

    async def scenario():
        address = Address("127.0.0.1", free_port(0, socket.SOCK_STREAM))
        server = EmbeddedBroker(address)
        if broker:
            await server.start()
        ear = Ear(Account(*address), "b", (stopwatch,), warnings.append)
        await ear.start(5.0)
        await conversation(ear, server)
        await ear.stop()
        await server.stop()

    asyncio.run(scenario())


class Recording(Stopwatch):
    """Tells what it heard."""

    def __init__(self):
        super().__init__((PROVIDER,))
        self.keys = []
        self.told = asyncio.Event()

    def heard(self, key, at):
        super().heard(key, at)
        self.keys.append(key)
        if key == presence_key("last"):
            self.told.set()


def test_an_ear_hears_live_truths_and_nothing_else():
    async def conversation(ear, _broker):
        for topic, payload in (
            ("b/presence/2000", b"away"),
            ("b/presence/2000", b"nonsense"),
            ("b/presence/2000/event", b"{}"),
            ("b/device/SIP/2000", b"INUSE"),
            ("b/presence/last", b"dnd"),
        ):
            ear.publish(topic, payload)
        async with asyncio.timeout(5):
            await stopwatch.told.wait()

    warnings, stopwatch = [], Recording()
    hear(conversation, warnings, stopwatch)
    assert stopwatch.keys == [PROVIDER, DEVICE, presence_key("last")]
    assert stopwatch.latency(float("inf")) is not None
    assert warnings == []


def test_what_the_broker_had_kept_is_not_heard():
    async def conversation(ear, broker):
        ear.publish("b/presence/2000", b"away")
        ear.publish("b/presence/last", b"dnd")
        await stopwatch.told.wait()
        second = Ear(Account(*broker.address), "b", (late,), [].append)
        await second.start(5.0)
        second.publish("b/presence/last", b"away")
        async with asyncio.timeout(5):
            await late.told.wait()
        await second.stop()

    stopwatch, late = Recording(), Recording()
    hear(conversation, [], stopwatch)
    assert late.keys == [presence_key("last")]


def test_without_a_broker_it_says_so():
    async def conversation(_ear, _broker):
        pass

    warnings = []
    hear(conversation, warnings, Recording(), broker=False)
    assert len(warnings) == 1
    assert "connection refused" in warnings[0]


def test_a_loss_is_said_once_and_everything_heard_before_is_forgotten():
    warnings, stopwatch = [], Stopwatch((PROVIDER,))
    ear = Ear(Account("127.0.0.1", 1), "b", (stopwatch,), warnings.append)
    stopwatch.heard(PROVIDER, 9.0)
    ear._feed(BrokerDisconnected("gone"))
    ear._feed(BrokerDisconnected("still gone"))
    assert stopwatch.latency(10.0) is None
    assert warnings == ["gone"]
    ear._feed(BrokerConnected())
    ear._feed(BrokerDisconnected("gone again"))
    assert warnings == ["gone", "gone again"]
