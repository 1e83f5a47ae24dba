"""What systemd is told of the bridge: when it is ready, how it is, and that it lives, as long as all of it does."""

import asyncio
import time

import pytest

from bridge.composition.supervision import Supervision, what_is_dead
from bridge.effects import BrokerSynchronised, Warned
from bridge.events import Asked
from bridge.topics.readiness import Part, Readiness
from support.notify_socket import NotifySocket

WELL = Readiness(Part(True, "synchronised"), Part(True, "served"), Part(True, "on disk"))


class Whole:
    """A bridge that supervision looks at."""

    def __init__(self):
        self.state, self.watchers, self.overdue, self.is_alive, self.fault = WELL, [], 0.0, True, None
        self.notifier = self.watchers

    def readiness(self):
        return self.state

    def feed(self, event):
        if self.fault is not None:
            raise self.fault
        assert isinstance(event, Asked)
        event.question(0.0)


@pytest.fixture
def systemd(tmp_path):
    ear = NotifySocket(tmp_path / "notify")
    yield ear
    ear.close()


@pytest.fixture(autouse=True)
def quickly(monkeypatch):
    monkeypatch.setattr("bridge.composition.supervision._PATIENCE", 0.1)
    monkeypatch.setattr("bridge.composition.supervision._STATUS", 0.01)


def supervise(systemd, scenario, whole=None, *, synchronised=True):
    """`scenario(supervision, until)` while it runs; `until(key, value)` waits for what is said next of this."""

    async def main():
        bridge = whole or Whole()
        supervision = Supervision({"NOTIFY_SOCKET": systemd.address, "WATCHDOG_USEC": "20000"}, 1)
        task = asyncio.get_running_loop().create_task(supervision.run(bridge, bridge, bridge))
        if synchronised:
            supervision.handler(BrokerSynchronised)(BrokerSynchronised(1, 0.1))

        read = 0

        async def until(key, value="1"):
            nonlocal read
            async with asyncio.timeout(10):
                while True:
                    systemd.all()
                    while read < len(systemd.said):
                        read += 1
                        if systemd.said[read - 1].lines.get(key) == value:
                            return systemd.said[read - 1].lines
                    await asyncio.sleep(0.002)

        try:
            await scenario(supervision, until)
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            await supervision.close()

    asyncio.run(main())


def test_it_is_ready_when_the_broker_has_told_what_it_retains(systemd, monkeypatch):
    monkeypatch.setattr("bridge.composition.supervision._PATIENCE", 60.0)

    async def scenario(supervision, until):
        assert supervision.handler(Warned) is None
        await asyncio.sleep(0.05)
        assert systemd.all() == []
        supervision.handler(BrokerSynchronised)(BrokerSynchronised(1, 0.1))
        await until("READY")
        await until("STATUS", "Ready; 0 subscriptions")

    supervise(systemd, scenario, synchronised=False)


def test_a_broker_that_is_away_does_not_keep_it_from_starting_and_is_named(systemd):
    whole = Whole()
    whole.state = WELL._replace(mqtt=Part(False, "connection refused"))

    async def scenario(supervision, until):
        await until("READY")
        await until("STATUS", "Not ready; 0 subscriptions; broker: connection refused")
        whole.state = WELL
        whole.watchers.append("one")
        await until("STATUS", "Ready; 1 subscription")
        whole.state = WELL._replace(store=Part(False, "in memory: No space left on device"))
        await until("STATUS", "Ready; 1 subscription; store: in memory: No space left on device")

    supervise(systemd, scenario, whole, synchronised=False)


def test_the_same_status_is_said_once(systemd):
    async def scenario(supervision, until):
        await until("READY")
        for _ in range(5):
            await until("WATCHDOG")

    supervise(systemd, scenario)
    assert [said.lines["STATUS"] for said in systemd.said if "STATUS" in said.lines] == [
        "Ready; 0 subscriptions"
    ]


def test_the_watchdog_is_fed_only_while_all_of_it_lives(systemd):
    whole = Whole()

    async def scenario(supervision, until):
        await until("WATCHDOG")
        whole.is_alive = False
        await until("STATUS", "Ready; 0 subscriptions; the thread of the store has ended")
        systemd.all()
        await asyncio.sleep(0.1)
        assert [said for said in systemd.all() if "WATCHDOG" in said.lines] == []
        whole.is_alive = True
        await until("WATCHDOG")

    supervise(systemd, scenario, whole)


def test_what_counts_as_dead():
    whole = Whole()
    assert what_is_dead(whole, whole) == ""
    assert what_is_dead(whole, None) == ""
    whole.overdue = 9.0
    assert what_is_dead(whole, whole) == ""
    whole.overdue = 42.4
    assert what_is_dead(whole, whole) == "nothing has been done for 42 seconds, though it was due"
    whole.overdue, whole.fault = 0.0, ValueError("a mistake of ours")
    assert what_is_dead(whole, whole) == "the engine fails: ValueError('a mistake of ours')"


def test_a_reload_is_told_from_its_beginning_to_its_end(systemd):
    answers = []

    async def scenario(supervision, until):
        await until("READY")
        before = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
        first = supervision.reloading(lambda *answer: answers.append(answer))
        second = supervision.reloading(lambda *answer: answers.append(answer))
        reloading = await until("RELOADING")
        assert (
            before <= int(reloading["MONOTONIC_USEC"]) <= time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
        )
        first("config.toml:4:1: mqtt.port needs a whole number\n  4 | port = x", {})
        systemd.all()
        assert len([said for said in systemd.said if "READY" in said.lines]) == 1
        second("config.toml:4:1: mqtt.port needs a whole number\n  4 | port = x", {"more": 1})
        await until("READY")
        words = "the configuration is wrong, the one before is in use: config.toml:4:1: mqtt.port needs a whole number"
        await until("STATUS", f"Ready; 0 subscriptions; {words}")
        supervision.reloading(lambda *answer: answers.append(answer))("", {})
        await until("STATUS", "Ready; 0 subscriptions")

    supervise(systemd, scenario)
    assert [bool(error) for error, _ in answers] == [True, True, False]
    assert answers[1][1] == {"more": 1}


def test_a_reload_before_it_is_ready_does_not_make_it_so(systemd, monkeypatch):
    monkeypatch.setattr("bridge.composition.supervision._PATIENCE", 60.0)

    async def scenario(supervision, until):
        supervision.reloading(lambda _error, _data: None)("", {})
        await asyncio.sleep(0.02)
        assert systemd.all() == []

    supervise(systemd, scenario, synchronised=False)


def test_that_it_ends_is_said(systemd):
    async def scenario(supervision, until):
        await until("READY")
        supervision.stopping()
        await until("STOPPING")

    supervise(systemd, scenario)


def test_without_systemd_nothing_is_said_and_nothing_kept():
    async def main():
        whole = Whole()
        supervision = Supervision({})
        assert supervision.keeping is None
        assert not supervision.inheritance.is_activated
        task = asyncio.get_running_loop().create_task(supervision.run(whole, whole, None))
        supervision.handler(BrokerSynchronised)(BrokerSynchronised(1, 0.1))
        await asyncio.sleep(0.03)
        assert not task.done()
        supervision.stopping()
        task.cancel()
        await supervision.close()

    asyncio.run(main())
