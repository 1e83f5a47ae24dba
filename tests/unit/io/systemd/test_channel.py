"""What is said to systemd: in order, with descriptors, never waiting, and told once when nobody hears it."""

import asyncio
import os
import socket

import pytest

from bridge.io.systemd.channel import Channel
from support.notify_socket import NotifySocket


def speak(address, *scenarios, warn=print):
    async def main():
        channel = Channel.of({"NOTIFY_SOCKET": str(address)}, warn)
        for scenario in scenarios:
            await scenario(channel)
        await channel.close()

    asyncio.run(main())


def says(*assignments):
    async def scenario(channel):
        channel.say(*assignments)

    return scenario


def test_assignments_of_one_call_come_together_and_in_order(systemd):
    speak(systemd.address, says("READY=1", "STATUS=a=b"), says("STOPPING=1"))
    assert [said.lines for said in systemd.all()] == [{"READY": "1", "STATUS": "a=b"}, {"STOPPING": "1"}]


def test_an_abstract_address():
    ear = NotifySocket(f"@presence-bridge-test-{os.getpid()}")
    speak(ear.address, says("READY=1"))
    assert [said.lines for said in ear.all()] == [{"READY": "1"}]
    ear.close()


def test_a_descriptor_goes_with_it_and_stays_ours(systemd):
    ours, theirs = socket.socketpair()

    async def scenario(channel):
        channel.say("FDSTORE=1", descriptor=ours.fileno())

    speak(systemd.address, scenario)
    (said,) = systemd.all()
    (passed,) = said.descriptors
    assert os.path.sameopenfile(passed, ours.fileno())
    ours.close()
    os.write(passed, b"lives")
    assert theirs.recv(10) == b"lives"
    theirs.close()


def test_nothing_is_said_where_nobody_listens():
    warnings = []

    async def scenario(channel):
        assert not channel.is_open
        channel.say("READY=1")

    speak("", scenario, warn=warnings.append)
    assert warnings == []


def test_that_nobody_hears_it_is_told_once(tmp_path):
    warnings = []
    speak(tmp_path / "nobody", says("READY=1"), says("WATCHDOG=1"), warn=warnings.append)
    assert warnings == [
        "systemd cannot be told how the bridge is ($NOTIFY_SOCKET): No such file or directory"
    ]


def test_a_descriptor_that_cannot_be_duplicated_is_told(systemd):
    warnings = []

    async def scenario(channel):
        channel.say("FDSTORE=1", descriptor=1_000_000)

    speak(systemd.address, scenario, warn=warnings.append)
    assert systemd.all() == []
    assert warnings == ["systemd cannot be told how the bridge is ($NOTIFY_SOCKET): Bad file descriptor"]


def test_a_systemd_that_is_busy_is_told_later_and_in_order(systemd):
    ours, theirs = socket.socketpair()

    async def scenario(channel):
        for number in range(1000):
            channel.say(f"STATUS={number}", descriptor=theirs.fileno() if number == 900 else None)
        # The queue of the kernel is full by now.
        heard = []
        async with asyncio.timeout(20):
            while len(heard) < 1000:
                heard += systemd.all()
                await asyncio.sleep(0)
        assert [int(said.lines["STATUS"]) for said in heard] == list(range(1000))
        assert [bool(said.descriptors) for said in heard].index(True) == 900

    speak(systemd.address, scenario)
    ours.close()
    theirs.close()


def test_one_that_is_busy_for_ever_costs_no_more_than_so_much(systemd, monkeypatch):
    monkeypatch.setattr("bridge.io.systemd.channel._MOST_WAITING", 5)
    monkeypatch.setattr("bridge.io.systemd.channel._LAST_WORDS", 0.01)

    async def scenario(channel):
        for number in range(5000):
            channel.say(f"STATUS={number}")

    speak(systemd.address, scenario)
    queued = [int(said.lines["STATUS"]) for said in systemd.all()]
    assert queued == list(range(len(queued)))
    assert 0 < len(queued) < 5000


def test_what_waits_is_said_before_it_is_closed(systemd):
    async def scenario(channel):
        for number in range(600):
            channel.say(f"STATUS={number}")
        closing = asyncio.get_running_loop().create_task(channel.close())
        while not closing.done():
            systemd.all()
            await asyncio.sleep(0)
        channel.say("STATUS=too late")

    speak(systemd.address, scenario)
    systemd.all()
    assert [int(said.lines["STATUS"]) for said in systemd.said] == list(range(600))


def test_a_new_socket_of_systemd_is_found(tmp_path):
    first = NotifySocket(tmp_path / "notify")

    async def scenario(channel):
        channel.say("STATUS=1")
        first.close()
        (tmp_path / "notify").unlink()
        second = NotifySocket(tmp_path / "notify")
        channel.say("STATUS=2")
        assert [said.lines for said in second.all()] == [{"STATUS": "2"}]
        second.close()

    speak(first.address, scenario, warn=pytest.fail)
