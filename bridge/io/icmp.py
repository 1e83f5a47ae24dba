"""What the network answered to datagrams of ours: the error queue of a UDP socket (ip(7), RFC 3261 section 18.4)."""

import os
import socket
import struct
from collections.abc import Iterator
from typing import Final, NamedTuple

from bridge.events import Address
from bridge.io.packet_info import destination_of

# Of <linux/in.h> and <linux/in6.h>; the socket module does not name them.
_IP_RECVERR: Final = 11
_IPV6_RECVERR: Final = 25

# struct sock_extended_err of <linux/errqueue.h>: errno, origin, type, code, and what we do not need.
_ERROR: Final = struct.Struct("=IBBBxII")

# Which answers mean that a datagram will not arrive, by origin (SO_EE_ORIGIN_ICMP and _ICMP6) and type:
# unreachable, and parameter problem. Time exceeded is to be ignored (18.4); so is what only asks for
# smaller packets, which the kernel sees to.
_FINAL: Final = frozenset([(2, 3), (2, 12), (3, 1), (3, 4)])
_FRAGMENTATION_NEEDED: Final = (2, 3, 4)

# Answers read in one go.
_BURST: Final = 64


def ask_for_errors(sock: socket.socket) -> None:
    """Have the kernel keep ICMP errors for `sock`, a UDP socket that is not connected."""
    if sock.family == socket.AF_INET6:
        sock.setsockopt(socket.IPPROTO_IPV6, _IPV6_RECVERR, 1)
    else:
        sock.setsockopt(socket.IPPROTO_IP, _IP_RECVERR, 1)


class Unreachable(NamedTuple):
    """A destination that datagrams do not reach, and why. `local_host` as `destination_of` has it."""

    remote: Address
    local_host: str | None
    reason: str


def read_errors(sock: socket.socket) -> Iterator[Unreachable]:
    """Empty the queue."""
    for _ in range(_BURST):
        try:
            _, ancillary, _, destination = sock.recvmsg(1, 512, socket.MSG_ERRQUEUE)
        except OSError:
            return
        reason = _reason(ancillary)
        if reason is not None and destination:
            yield Unreachable(Address(*destination[:2]), destination_of(ancillary), reason)


def _reason(ancillary: list[tuple[int, int, bytes]]) -> str | None:
    for level, kind, data in ancillary:
        if (level, kind) in ((socket.IPPROTO_IP, _IP_RECVERR), (socket.IPPROTO_IPV6, _IPV6_RECVERR)):
            number, origin, type_, code, _, _ = _ERROR.unpack_from(data)
            if (origin, type_) in _FINAL and (origin, type_, code) != _FRAGMENTATION_NEEDED:
                return os.strerror(number)
    return None
