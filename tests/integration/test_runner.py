"""The runner on a real loop, with a core that says when it wants to be called."""

import asyncio

import pytest

from bridge.effects import Publish, Send, Subscribe, Warned
from bridge.events import Address, Flow, Stopping, Wake
from bridge.io.runner import Runner


class Core:
    """Remembers what it is given; its deadlines are set by the test."""

    def __init__(self):
        self.handled = []
        self.deadlines = []

    def handle(self, event, now):
        self.handled.append((event, now))

    def deadline(self):
        return self.deadlines.pop(0) if self.deadlines else None


class Listener:
    def __init__(self, *addresses):
        self.addresses, self.sent = addresses, []

    def serves(self, local):
        return local in self.addresses

    def send(self, flow, data):
        self.sent.append((flow, data))


class Broker:
    def __init__(self):
        self.calls = []

    def publish(self, *call):
        self.calls.append(call)

    def subscribe(self, filters):
        self.calls.append(filters)


def test_the_core_is_woken_at_its_deadline_and_not_before():
    async def main():
        loop = asyncio.get_running_loop()
        core, runner = Core(), Runner(print, loop.time)
        runner.attach(core)
        start = loop.time()
        core.deadlines = [start + 0.05, None]
        runner.feed(Stopping())
        while len(core.handled) < 2:
            await asyncio.sleep(0.005)
        event, at = core.handled[1]
        assert event == Wake()
        assert at - start >= 0.049

    asyncio.run(main())


def test_an_earlier_deadline_moves_the_timer_forward():
    async def main():
        loop = asyncio.get_running_loop()
        core, runner = Core(), Runner(print, loop.time)
        runner.attach(core)
        core.deadlines = [loop.time() + 60, loop.time() + 0.01]
        runner.feed(Stopping())
        runner.feed(Stopping())
        async with asyncio.timeout(5):
            while not any(type(event) is Wake for event, _ in core.handled):
                await asyncio.sleep(0.005)

    asyncio.run(main())


def test_work_that_waits_lets_the_loop_have_its_turn():
    async def main():
        core, runner = Core(), Runner(print)
        runner.attach(core)
        core.deadlines = [float("-inf")] * 3
        runner.feed(Stopping())
        assert len(core.handled) == 1
        turns = 0
        while len(core.handled) < 4:
            await asyncio.sleep(0)
            turns += 1
        assert turns >= 3

    asyncio.run(main())


def test_commands_are_carried_out_and_observations_handed_on():
    seen = []
    runner = Runner(seen.append)
    local, other = Address("127.0.0.1", 5060), Address("127.0.0.2", 5060)
    first, second, broker = Listener(local), Listener(other), Broker()
    runner.listen("udp", first)
    runner.listen("udp", second)
    runner.emit(Publish("a", b"dropped: there is no broker yet", retain=True))
    runner.connect(broker)
    flow = Flow("udp", other, Address("127.0.0.9", 1))
    runner.emit(Send(flow, b"data"))
    runner.emit(Publish("a", b"b", retain=True, qos=1))
    runner.emit(Subscribe(("x/#",)))
    runner.emit(Warned("words"))
    assert (first.sent, second.sent) == ([], [(flow, b"data")])
    assert broker.calls == [("a", b"b", True, 1), ("x/#",)]
    assert seen == [Warned("words")]
    with pytest.raises(AssertionError):
        runner.emit(Send(Flow("tcp", local, local), b""))
