"""The torture messages of RFC 4475 and RFC 5118, each a datagram to a bridge on a real socket."""

import contextlib
import re
import socket

import pytest

from conformance.answers import TORTURE, check_copied, expected, head, status, turns
from conformance.live import LiveBridge, loopback_host, options, receive_until_alive, udp

pytestmark = pytest.mark.requirement("M21")

EXPECTED = expected()

# RFC 3261 section 18.2.2: without rport an answer goes to the port of the sent-by, or to 5060.
SENT_BY_PORT = re.compile(rb"^Via *: *\S+ +(?:\[.*?\]|[^][:;\r]+):(\d+)", re.MULTILINE)


class Site:
    """Bridges, and a host that talks to them."""

    def __init__(self, stack: contextlib.ExitStack) -> None:
        self._stack = stack
        self._host = loopback_host()
        self._phone = stack.enter_context(udp(self._host))
        self._ports: dict[int, socket.socket] = {}
        self._turn = turns()
        self._bridges = [stack.enter_context(LiveBridge()) for _ in range(max(self._turn.values()) + 1)]

    def exchange(self, one, times=1):
        """Send a message so many times; the answers at the address where the RFC says they go."""
        bridge = self._bridges[self._turn[one.message]]
        back = self._listen(port_of(one.data))
        for _ in range(times):
            self._phone.sendto(one.data, bridge.address)
        answers = receive_until_alive(bridge, self._phone)
        with contextlib.suppress(BlockingIOError):
            while True:
                answers.append(back.recv(65_535))
        return answers

    def allow(self):
        """What the bridge says that it serves."""
        bridge = self._bridges[0]
        self._phone.sendto(options(bridge.address, self._phone.getsockname())[0], bridge.address)
        return head(self._phone.recv(65_535))[1]["allow"][0]

    def _listen(self, port):
        if port not in self._ports:
            self._ports[port] = self._stack.enter_context(udp(self._host, port))
            self._ports[port].setblocking(False)
        return self._ports[port]


def port_of(data):
    found = SENT_BY_PORT.search(data)
    return int(found[1]) if found else 5060


@pytest.fixture(scope="module")
def site():
    with contextlib.ExitStack() as stack:
        yield Site(stack)


def test_every_message_is_expected_to_be_answered_in_some_way():
    files = {path.relative_to(TORTURE).with_suffix("").as_posix() for path in TORTURE.glob("*/*.dat")}
    assert files == {one.message for one in EXPECTED}
    assert len(EXPECTED) == len(files) == 49 + 12


@pytest.mark.parametrize("one", EXPECTED, ids=lambda one: one.message)
@pytest.mark.requirement("D6", "T3")
def test_the_answer_and_then_an_options_at_once(site, one):
    answers = site.exchange(one)
    wanted = one.statuses(site.allow())
    assert [status(answer) in wanted for answer in answers] == [True] * bool(wanted), (one, answers)
    for answer in answers:
        check_copied(one.data, answer)


@pytest.mark.parametrize("one", EXPECTED, ids=lambda one: one.message)
@pytest.mark.requirement("X1", "D6")
def test_a_repeat_gets_the_same_answer_to_the_byte(site, one):
    answers = site.exchange(one, times=3)
    assert len(answers) == 3 * bool(one.status)
    assert len(set(answers)) <= 1


@pytest.mark.parametrize(
    ("message", "name", "value"),
    [
        ("rfc4475/bext01", "unsupported", "nothingSupportsThis, nothingSupportsThisEither"),
        ("rfc4475/wsinv", "allow", None),
        ("rfc4475/intmeth", "allow", None),
        ("rfc4475/zeromf", "allow-events", None),
        (
            "rfc4475/regescrt",
            "contact",
            "<sip:user@example.com?Route=%3Csip:sip.example.com%3E>",
        ),
        ("rfc4475/cparam01", "contact", "<sip:+19725552222@gw1.example.net>;unknownparam"),
        ("rfc4475/cparam02", "contact", "<sip:+19725552222@gw1.example.net;unknownparam>"),
    ],
)
@pytest.mark.requirement("D1", "D3", "D4")
def test_what_the_answer_adds(site, message, name, value):
    (one,) = [one for one in EXPECTED if one.message == message]
    (answer,) = site.exchange(one)
    got = [text.partition(";expires=")[0] for text in head(answer)[1][name]]
    assert got == [value or (site.allow() if name == "allow" else got[0])]
    assert all(got)
