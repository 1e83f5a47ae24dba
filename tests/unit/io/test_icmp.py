import errno
import socket
import struct

import pytest

from bridge.events import Address
from bridge.io.icmp import Unreachable, read_errors

LOCAL, ICMP, ICMP6 = 1, 2, 3


def told(origin, type_, code=0, number=errno.EHOSTUNREACH):
    """One entry of the error queue, as the kernel writes it for IPv4 or IPv6."""
    error = struct.pack("=IBBBBII", number, origin, type_, code, 0, 0, 0)
    kind = (socket.IPPROTO_IPV6, 25) if origin == ICMP6 else (socket.IPPROTO_IP, 11)
    return b"x", [(*kind, error)], 0, ("192.0.2.1", 5060)


class Queue:
    """In the place of a socket."""

    def __init__(self, *entries):
        self.entries = list(entries)

    def recvmsg(self, *_):
        if not self.entries:
            raise BlockingIOError
        return self.entries.pop(0)


@pytest.mark.requirement("T12")
@pytest.mark.parametrize(
    "entry",
    [
        told(ICMP, 3, 1),
        told(ICMP, 3, 3),
        told(ICMP, 3, 13),
        told(ICMP, 12),
        told(ICMP6, 1, 4),
        told(ICMP6, 4),
    ],
    ids=["host", "port", "prohibited", "parameter problem", "port by IPv6", "parameter problem by IPv6"],
)
def test_what_means_that_nothing_will_arrive(entry):
    assert list(read_errors(Queue(entry))) == [
        Unreachable(Address("192.0.2.1", 5060), None, "No route to host")
    ]


@pytest.mark.requirement("T12")
@pytest.mark.parametrize(
    "entry",
    [
        told(ICMP, 11),
        told(ICMP, 4),
        told(ICMP, 3, 4, errno.EMSGSIZE),
        told(ICMP6, 3),
        told(ICMP6, 2, 0, errno.EMSGSIZE),
        told(LOCAL, 0, 0, errno.EMSGSIZE),
        (b"x", [], 0, ("192.0.2.1", 5060)),
    ],
    ids=[
        "time exceeded",
        "source quench",
        "too big",
        "time exceeded by IPv6",
        "too big by IPv6",
        "ours",
        "none",
    ],
)
def test_what_does_not(entry):
    assert list(read_errors(Queue(entry))) == []


def test_the_queue_is_read_to_its_end_but_not_for_ever():
    queue = Queue(*[told(ICMP, 3, 3, errno.ECONNREFUSED)] * 1000)
    assert len(list(read_errors(queue))) < 1000
    while queue.entries:
        assert {error.reason for error in read_errors(queue)} == {"Connection refused"}
