"""9,000 malformed SUBSCRIBEs in a row: an OPTIONS is answered at once, nothing piles up, nothing is left."""

import statistics
import time
from collections import Counter
from pathlib import Path

import pytest

from bridge.effects import ResponseSent, Warned
from conformance.live import LiveBridge, ask, options, receive_until_alive, udp
from integration.programs import Mosquitto
from support.bridge_process import BridgeProcess
from support.malformed import ELEMENTS, anomalies, malformed, subscribe
from support.playbook import Playbook

COUNT = 9000

# What a SUBSCRIBE can be answered with.
FINAL = {200, 204, *range(400, 407), 413, 414, 415, 416, 420, 423, 481, 482, 489, 501, 503, 505, 513}


def test_the_unspoiled_one_is_accepted():
    phone = Playbook("2000 = SIP/2000,CustomPresence:2000").phone(port=5060)
    phone.send(subscribe(1))
    assert phone.received[0].startswith(b"SIP/2.0 200 OK\r\n")
    assert len(phone.notifies()) == 1


def test_they_are_many_kinds_and_the_same_for_the_same_seed():
    messages = [*malformed(COUNT)]
    assert messages == [*malformed(COUNT)] != [*malformed(COUNT, seed=1)]
    assert len(set(messages)) > COUNT * 0.95
    assert len(ELEMENTS) * len(anomalies()) > COUNT


@pytest.mark.requirement("M9", "M20", "S31")
def test_nothing_is_left_of_them_when_their_time_is_over():
    play = Playbook("2000 = SIP/2000,CustomPresence:2000")
    phone = play.phone(port=5060)
    statuses = Counter()
    for number, message in enumerate(malformed(COUNT)):
        phone.send(message)
        if number % 500 == 0:
            phone.send(phone.request("OPTIONS"))
            assert phone.received[-1].startswith(b"SIP/2.0 200 OK\r\n")
        statuses.update(effect.status for effect in play.of(ResponseSent))
        assert not play.of(Warned), message
        play.effects.clear()
        phone.received.clear()
    assert statuses.keys() <= FINAL
    assert statuses[400] > COUNT / 4
    # The longest that stays: a subscription of ten seconds, three misses and their pauses, the last NOTIFY.
    play.advance(300)
    assert play.endpoint.transactions == (0, 0)
    assert play.notifier.subscriptions == ()
    assert play.notifier.queued == 0
    assert play.timers_left() == 0


def resident(pid: int) -> int:
    """Resident memory of a process, in bytes."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    raise AssertionError("no VmRSS")


@pytest.mark.requirement("K1", "D17")
def test_a_process_answers_at_once_and_its_memory_stays(tmp_path):
    broker = Mosquitto(tmp_path)
    broker.start()
    bridge = BridgeProcess(tmp_path, broker.port, ["2000 = SIP/2000,CustomPresence:2000"])
    try:
        bridge.start()
        with udp() as phone:
            flood(phone, ("127.0.0.1", bridge.port), [*malformed(COUNT // 3, seed=1)])
            before = resident(bridge.pid)
            times = flood(phone, ("127.0.0.1", bridge.port), [*malformed(COUNT)])
            grown = resident(bridge.pid) - before
        assert statistics.median(times) < 0.1
        assert max(times) < 2
        # What 9,000 transactions of 32 seconds and some hundred subscriptions need.
        assert grown < 24 << 20, grown
        assert len(bridge.log()) < 4 << 20
    finally:
        bridge.stop()
        broker.close()


def flood(phone, target, messages):
    """Send them all; the seconds that each OPTIONS took that was sent between them."""
    times = []
    for number, message in enumerate(messages):
        phone.sendto(message, target)
        if number % 100 == 99:
            started = time.monotonic()
            ask(target, phone)
            times.append(time.monotonic() - started)
    return times


def test_the_same_over_a_socket_in_this_process_leaves_no_task_behind():
    with LiveBridge() as bridge, udp() as phone:
        for message in malformed(1000, seed=2):
            phone.sendto(message, bridge.address)
        receive_until_alive(bridge, phone)
        assert bridge.tasks() <= {"collector", "heartbeat", "log", "mqtt", "the watch over udp"}


@pytest.mark.parametrize(
    ("old", "new"), [("SIP/2.0/UDP", "SIP/2.0/%(protocol)60000000s"), (":5060;", ":99999;")]
)
def test_the_datagrams_that_ended_another_stack(old, new):
    """aiosip formats what it reads, and asyncio closes a socket that is told to send to port 99999."""
    with LiveBridge() as bridge, udp() as phone:
        request, _ = options(bridge.address, phone.getsockname())
        good = request.replace(f":{phone.getsockname()[1]};".encode(), b":5060;")
        for _ in range(3):
            phone.sendto(good.replace(old.encode(), new.encode(), 1), bridge.address)
        receive_until_alive(bridge, phone)
