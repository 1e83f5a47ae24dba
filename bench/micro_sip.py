"""What one SIP message costs, against a bare sendto in the same run: machines differ, the ratio hardly does.

    .venv/bin/python bench/micro_sip.py [rounds]

parse  a phone's SUBSCRIBE from octets to every field that the notifier reads    goal: 12 times a sendto
match  a phone's 200 to a NOTIFY from octets to the end of its transaction       goal: 3 times a sendto

The messages of a round are all different, as those of many phones are. The least of the rounds counts: what is
above it is somebody else's work.
"""

import itertools
import socket
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from bridge.events import Address, Flow  # noqa: E402 - found by now
from bridge.sip.endpoint import Endpoint, EndpointOptions  # noqa: E402
from bridge.sip.message import Request  # noqa: E402
from bridge.sip.parser import parse  # noqa: E402
from bridge.timers import Timers  # noqa: E402

MESSAGES = 2000
ROUNDS = 15

# Microseconds on the machine that the goals were set on; what counts is what they are to each other.
GOALS = {"parse": 60 / 5, "match": 15 / 5}

# Octets of a NOTIFY with a presence document.
DATAGRAM = b"x" * 1100

SUBSCRIBE = """\
SUBSCRIBE sip:2000@192.0.2.10:5060 SIP/2.0
Via: SIP/2.0/UDP 192.0.2.{host}:5060;rport;branch=z9hG4bKPj{number:032x}
Max-Forwards: 70
From: "Front desk" <sip:200@192.0.2.10>;tag={number:032x}
To: <sip:2000@192.0.2.10>
Contact: "Front desk" <sip:200@192.0.2.{host}:5060;ob>
Call-ID: {number:032x}
CSeq: {number} SUBSCRIBE
Event: presence
Expires: 3600
Supported: replaces, 100rel, timer, norefersub
Accept: application/pidf+xml, application/xpidf+xml
Allow-Events: presence, message-summary, refer
User-Agent: Digium D40 1_4_0_0_57389
Content-Length: 0

"""

OK = """\
SIP/2.0 200 OK
Via: SIP/2.0/UDP 192.0.2.10:5060;rport=5060;received=192.0.2.10;branch={branch}
Call-ID: {number:032x}
From: <sip:2000@192.0.2.10>;tag={number:016x}
To: "Front desk" <sip:200@192.0.2.10>;tag={number:032x}
CSeq: 1 NOTIFY
Contact: "Front desk" <sip:200@192.0.2.77:5060;ob>
Supported: replaces, 100rel, timer, norefersub
Content-Length: 0

"""

Round = Callable[[int], float]
"""Does one round, and gives its microseconds a message."""


def main() -> None:
    """Measure, and print the figures."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    measured: dict[str, Round] = {"sendto": sendto(), "parse": read_subscribe, "match": match_answer}
    figures = {name: [measure(number) for number in range(rounds)] for name, measure in measured.items()}
    least = {name: min(values) for name, values in figures.items()}
    print(f"sendto  {least['sendto']:6.2f} us for {len(DATAGRAM)} octets")
    for name, goal in GOALS.items():
        ratio = least[name] / least["sendto"]
        verdict = "within" if ratio <= goal else "OVER"
        print(f"{name:7} {least[name]:6.2f} us, {ratio:5.2f} times a sendto: {verdict} the goal of {goal:g}")


def sendto() -> Round:
    """A datagram to a socket of the loopback that has room for it."""
    to = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    to.bind(("127.0.0.1", 0))
    to.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
    to.setblocking(False)
    address = to.getsockname()
    sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)

    def one(_number: int) -> float:
        began = time.perf_counter()
        for _ in range(MESSAGES):
            sender.sendto(DATAGRAM, address)
        took = time.perf_counter() - began
        drain(to)
        return per_message(took)

    return one


def drain(inbox: socket.socket) -> None:
    """Take all that has arrived."""
    try:
        while True:
            inbox.recv(2048)
    except BlockingIOError:
        return


def read_subscribe(number: int) -> float:
    """Octets to fields."""
    messages = [
        wire(SUBSCRIBE.format(number=n, host=n % 250 + 1))
        for n in range(number * MESSAGES + 1, (number + 1) * MESSAGES + 1)
    ]
    began = time.perf_counter()
    for data in messages:
        request = parse(data)
        read_fields(request)
    return per_message(time.perf_counter() - began)


def read_fields(request: Request) -> tuple[object, ...]:
    """All that the endpoint and the notifier look at, in their order."""
    return (
        request.top_via,
        request.to.tag,
        request.from_.tag,
        request.call_id,
        request.cseq,
        request.request_uri,
        request.require,
        request.event,
        request.content_type,
        request.expires,
        request.accept,
        request.user_agent,
        request.record_routes,
        request.contacts,
    )


def match_answer(number: int) -> float:
    """Octets to the end of the transaction."""
    tokens = itertools.count(number << 32)
    endpoint = Endpoint(
        EndpointOptions(), Timers(), lambda _effect: None, lambda: f"{next(tokens):016x}", lambda *_: None
    )
    flow = Flow("udp", Address("192.0.2.10", 5060), Address("192.0.2.77", 5060))
    ended: list[object] = []
    branches = [f"z9hG4bK{number:08x}{n:08x}" for n in range(MESSAGES)]
    for branch in branches:
        endpoint.request("NOTIFY", branch, flow, DATAGRAM, lambda *end: ended.append(end), 0.0, sends=11)
    answers = [wire(OK.format(branch=branch, number=n)) for n, branch in enumerate(branches)]
    took = timed(lambda: receive_all(endpoint, flow, answers))
    if len(ended) != MESSAGES:
        raise AssertionError(f"{len(ended)} of {MESSAGES} answers were matched")
    return per_message(took)


def receive_all(endpoint: Endpoint, flow: Flow, answers: Sequence[bytes]) -> None:
    """Let the endpoint have the answers."""
    for data in answers:
        endpoint.receive(flow, data, 0.1)


def timed(work: Callable[[], None]) -> float:
    """Seconds."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def wire(text: str) -> bytes:
    """A message as it is sent."""
    return text.replace("\n", "\r\n").encode()


def per_message(seconds: float) -> float:
    """Microseconds a message."""
    return seconds / MESSAGES * 1e6


if __name__ == "__main__":
    main()
