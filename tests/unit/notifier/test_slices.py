"""What is told to many leaves room for others: counted in NOTIFYs, since here no time passes."""

import pytest

from bridge.effects import Send
from bridge.events import BytesReceived, Flow, MessageReceived, Wake
from bridge.notifier.capacity import Limits
from support.phone import BRIDGE
from support.playbook import BASE, Playbook

CROWD = 1200
SLICE, LARGE_SLICE, FEW = 64, 256, 1024


@pytest.fixture
def play():
    """Many phones watch 2000, and one watches 2001."""
    play = Playbook(
        "2000 = SIP/2000,CustomPresence:2000",
        "2001 = SIP/2001,CustomPresence:2001",
        limits=Limits(per_watcher=2 * CROWD),
    )
    for _ in range(CROWD):
        crowded = play.phone()
        crowded.subscribe("2000")
        crowded.notified()
    play.quiet = play.phone()
    play.quiet.subscribe("2001")
    play.quiet.notified()
    play.effects.clear()
    return play


def change(play, extension):
    """The message alone, without the work that it leaves."""
    received = MessageReceived(f"{BASE}/presence/{extension}", b"away", False, play.now)
    play.engine.handle(received, play.now)


def sent(play):
    """To whom NOTIFYs and answers were sent since the last time."""
    to = [effect.flow.remote for effect in play.of(Send)]
    play.effects.clear()
    return to


def test_a_change_is_told_to_one_slice_at_a_time(play):
    change(play, "2000")
    told = [len(sent(play))]
    while play.engine.deadline() <= play.now:
        play.engine.handle(Wake(), play.now)
        told.append(len(sent(play)))
    assert told[:4] == [SLICE, SLICE, SLICE, LARGE_SLICE]
    assert CROWD - 3 * SLICE <= FEW < CROWD - 2 * SLICE
    assert told[4:] == [LARGE_SLICE, LARGE_SLICE, CROWD - sum(told[:6])]


def test_the_watcher_of_another_extension_waits_for_two_slices_at_most(play):
    change(play, "2000")
    sent(play)
    change(play, "2001")
    before = sent(play)
    if play.quiet.address not in before:
        play.engine.handle(Wake(), play.now)
        before += sent(play)
    assert play.quiet.address in before
    assert before.index(play.quiet.address) <= 2 * SLICE
    assert play.engine.deadline() <= play.now


def test_answers_bring_no_slices_of_their_own(play):
    change(play, "2000")
    told = [effect for effect in play.of(Send) if effect.data.startswith(b"NOTIFY ")]
    sent(play)
    for one in told:
        lines = one.data.split(b"\r\n\r\n")[0].split(b"\r\n")
        copied = [x for x in lines if x.startswith((b"Via:", b"From:", b"To:", b"Call-ID:", b"CSeq:"))]
        answer = b"SIP/2.0 200 OK\r\n" + b"\r\n".join(copied) + b"\r\nContent-Length: 0\r\n\r\n"
        play.engine.handle(BytesReceived(one.flow, answer), play.now)
    assert sent(play) == []
    play.engine.handle(Wake(), play.now)
    assert len(sent(play)) == SLICE


def test_a_request_is_answered_between_two_slices(play):
    change(play, "2000")
    sent(play)
    late = play.phone()
    options = late.request("OPTIONS").replace("\n", "\r\n").replace("\r\r\n", "\r\n").encode()
    play.engine.handle(BytesReceived(Flow("udp", BRIDGE, late.address), options), play.now)
    assert sent(play) == [late.address]
    assert play.engine.deadline() <= play.now
