"""The torture messages over TCP: whole, in single octets, and one after the other on one connection."""

import contextlib

import pytest

from conformance.answers import check_copied, expected, head, status, turns
from conformance.live import LiveBridge, options
from conformance.stream import Stream

pytestmark = pytest.mark.requirement("M21")

EXPECTED = expected()
TURNS = turns()

# Its Content-Length is larger than what follows: whatever comes next is taken for the body.
UNFINISHED = "rfc4475/clerr"


@pytest.fixture(scope="module")
def bridges():
    with contextlib.ExitStack() as stack:
        yield [stack.enter_context(LiveBridge("udp", "tcp")) for _ in range(max(TURNS.values()) + 1)]


@pytest.fixture(scope="module")
def bridge(bridges):
    return bridges[0]


@pytest.fixture(scope="module")
def allow(bridge):
    with Stream(bridge) as stream:
        return head(stream.ask())[1]["allow"][0]


def wanted(one, allow):
    """The answers in their order: of each, what it may be."""
    statuses = one.statuses(allow, stream=True)
    return [statuses, *([then] for then in one.then)] if statuses else []


@pytest.mark.parametrize("one", EXPECTED, ids=lambda one: one.message)
@pytest.mark.requirement("M7", "T4", "T9", "D6")
def test_the_answer_on_the_same_connection(bridges, allow, one):
    bridge = bridges[TURNS[one.message]]
    with Stream(bridge) as stream:
        answers, ended = stream.answers_to(one.data, wait=one.message != UNFINISHED)
    assert [status(answer) in may for answer, may in zip(answers, wanted(one, allow), strict=True)] == [
        True
    ] * len(answers)
    for answer in answers[:1]:
        check_copied(one.data, answer)
    assert ended == (one.message in ("rfc4475/ncl", "rfc4475/mcl01", "rfc4475/inv2543"))
    with Stream(bridge) as another:
        assert status(another.ask()) == 200


@pytest.mark.parametrize("size", [1, 7, 100])
@pytest.mark.requirement("T9")
def test_the_segments_do_not_matter(allow, size):
    with LiveBridge("udp", "tcp") as fresh:
        for one in EXPECTED:
            if TURNS[one.message] or one.message == UNFINISHED or len(one.data) > 2000:
                continue
            with Stream(fresh) as stream:
                answers, _ = stream.answers_to(one.data, size=size)
            assert len(answers) == len(wanted(one, allow)), one.message


@pytest.mark.requirement("T9", "M18")
def test_all_that_can_be_cut_come_by_one_connection(allow):
    """In one go, as far as they have a length that is right, and an answer to each that gets one."""
    several = [one for one in EXPECTED if head(one.data)[1].get("content-length", ["x"])[0].isdigit()]
    several = [one for one in several if one.message not in (UNFINISHED, "rfc4475/mcl01", "rfc4475/dblreq")]
    assert len(several) > 50
    # A second REGISTER with the same Call-ID and CSeq is refused.
    several = [one for one in several if not TURNS[one.message]]
    with LiveBridge("udp", "tcp") as fresh, Stream(fresh) as stream:
        answers, ended = stream.answers_to(b"".join(one.data for one in several))
    assert not ended
    ours = [may for one in several for may in wanted(one, allow)]
    assert [status(answer) in may for answer, may in zip(answers, ours, strict=True)] == [True] * len(ours)


@pytest.mark.requirement("T2", "T4")
def test_what_via_says_does_not_lead_elsewhere(bridge):
    with Stream(bridge) as stream:
        request = options(bridge.address, ("192.0.2.9", 5060), "TCP")[0]
        (answer,), _ = stream.answers_to(request)
        assert f"received={stream.own[0]}" in head(answer)[1]["via"][0]
        assert f"rport={stream.own[1]}" in head(answer)[1]["via"][0]
