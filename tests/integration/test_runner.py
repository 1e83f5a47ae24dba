"""The runner on a real loop, with a core that says when it wants to be called."""

import asyncio

import pytest

from bridge.effects import Publish, Remember, Rewrite, Send, Subscribe, Unsubscribe, Warned
from bridge.events import Address, BytesReceived, Flow, Stopping, Wake
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


class Store:
    def __init__(self):
        self.commands = []

    def put(self, command):
        self.commands.append(command)


class Broker:
    def __init__(self):
        self.calls = []

    def publish(self, *call):
        self.calls.append(call)

    def subscribe(self, filters):
        self.calls.append(filters)

    def unsubscribe(self, filters):
        self.calls.append(("no more", *filters))


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


def test_a_core_that_does_nothing_though_it_is_due_is_overdue():
    async def main():
        now = 100.0
        core, runner = Core(), Runner(print, lambda: now)
        assert runner.overdue == 0
        runner.attach(core)
        assert runner.overdue == 0
        core.deadlines = [110.0] * 9
        now = 109.0
        assert runner.overdue == 0
        now = 125.0
        assert runner.overdue == 15
        # What it does with any event counts.
        runner.feed(Stopping())
        assert runner.overdue == 0
        now = 128.0
        assert runner.overdue == 3

    asyncio.run(main())


def test_commands_are_carried_out_and_observations_handed_on():
    seen = []
    runner = Runner(seen.append)
    local, other = Address("127.0.0.1", 5060), Address("127.0.0.2", 5060)
    first, second, broker = Listener(local), Listener(other), Broker()
    runner.listen("udp", first)
    runner.listen("udp", second)
    runner.emit(Publish("a", b"dropped: there is no broker yet", retain=True))
    runner.emit(Unsubscribe(("a/#",)))
    runner.connect(broker)
    flow = Flow("udp", other, Address("127.0.0.9", 1))
    runner.emit(Send(flow, b"data"))
    runner.emit(Publish("a", b"b", retain=True, qos=1, correlation=b"c"))
    runner.emit(Subscribe(("x/#",)))
    runner.emit(Unsubscribe(("x/#",)))
    runner.emit(Remember(1, "t", "k", "dropped: there is no store yet"))
    store = Store()
    runner.keep(store)
    rows = [Rewrite(2, begins=True), Remember(3, "t", "k", "d"), Rewrite(4, begins=False)]
    for row in rows:
        runner.emit(row)
    assert store.commands == rows
    runner.emit(Warned("words"))
    assert (first.sent, second.sent) == ([], [(flow, b"data")])
    assert broker.calls == [("a", b"b", True, 1, b"c", False), ("x/#",), ("no more", "x/#")]
    assert seen == [Warned("words")]
    with pytest.raises(AssertionError):
        runner.emit(Send(Flow("tcp", local, local), b""))


def test_what_is_published_leaves_in_its_order_behind_what_phones_are_sent():
    calls = []
    local = Address("127.0.0.1", 5060)
    flow = Flow("udp", local, Address("127.0.0.9", 1))
    listener, broker, runner = Listener(local), Broker(), Runner(print)
    listener.send = lambda _flow, data: calls.append(data)
    broker.publish = lambda topic, *_: calls.append(topic)

    class Telling(Core):
        def handle(self, event, now):
            runner.emit(Publish("a", b"", retain=True))
            runner.emit(Send(flow, b"notify"))
            runner.emit(Publish("b", b"", retain=True))

    async def main():
        runner.attach(Telling())
        runner.listen("udp", listener)
        runner.connect(broker)
        runner.feed(Wake())

    asyncio.run(main())
    assert calls == [b"notify", "a", "b"]


def test_who_looks_sees_what_comes_before_it_is_handled_and_what_goes_before_it_is_sent():
    seen, order = [], []
    local = Address("127.0.0.1", 5060)
    flow = Flow("udp", local, Address("127.0.0.9", 1))
    listener, runner = Listener(local), Runner(print, lambda: 7.0)

    class Answering(Core):
        def handle(self, event, now):
            order.append(len(seen))
            runner.emit(Send(flow, b"answer"))

    async def main():
        runner.attach(Answering())
        runner.listen("udp", listener)
        runner.tap(lambda *what: seen.append(what))
        runner.feed(BytesReceived(flow, b"question"))
        runner.feed(Wake())
        runner.tap(None)
        runner.feed(BytesReceived(flow, b"unseen"))

    asyncio.run(main())
    assert seen == [
        ("in", flow, b"question", 7.0),
        ("out", flow, b"answer", 7.0),
        ("out", flow, b"answer", 7.0),
    ]
    assert order == [1, 2, 3]
    assert len(listener.sent) == 3
