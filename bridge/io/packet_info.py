"""Which of our addresses a datagram came to, and left from, where a socket is bound to all of them (ip(7), RFC 3542).

An answer must leave from the address that the request was sent to (RFC 3261 section 18.2.2). By itself
the kernel takes the one that suits the route, which on a machine with several is often another.
"""

import socket
import struct
from functools import lru_cache
from typing import Final

# Of <linux/in.h>; the socket module does not name it before Python 3.14.
_IP_PKTINFO: Final = 8

# struct in_pktinfo: interface, our address, address in the header; in6_pktinfo: address, interface.
_IPV4: Final = struct.Struct("=i4s4s")
_IPV6: Final = struct.Struct("=16si")

Ancillary = tuple[tuple[int, int, bytes], ...]


def ask_for_destination(sock: socket.socket) -> None:
    """Have the kernel tell for each datagram which of our addresses it was sent to."""
    if sock.family == socket.AF_INET6:
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVPKTINFO, 1)
    else:
        sock.setsockopt(socket.IPPROTO_IP, _IP_PKTINFO, 1)


def destination_of(ancillary: list[tuple[int, int, bytes]]) -> str | None:
    """The address of ours that a received datagram was sent to."""
    for level, kind, data in ancillary:
        if (level, kind) == (socket.IPPROTO_IP, _IP_PKTINFO):
            _, local, header = _IPV4.unpack(data)
            # An ICMP error names ours in its header only.
            return _text(local if any(local) else header)
        if (level, kind) == (socket.IPPROTO_IPV6, socket.IPV6_PKTINFO):
            return _text(_IPV6.unpack(data)[0])
    return None


@lru_cache(maxsize=256)
def source(host: str) -> Ancillary:
    """What to send with a datagram that is to leave from `host`, an IP literal."""
    address = host.partition("%")[0]
    if ":" in address:
        packed = _IPV6.pack(socket.inet_pton(socket.AF_INET6, address), 0)
        return ((socket.IPPROTO_IPV6, socket.IPV6_PKTINFO, packed),)
    packed = _IPV4.pack(0, socket.inet_pton(socket.AF_INET, address), bytes(4))
    return ((socket.IPPROTO_IP, _IP_PKTINFO, packed),)


@lru_cache(maxsize=256)
def _text(packed: bytes) -> str:
    return socket.inet_ntop(socket.AF_INET6 if len(packed) == 16 else socket.AF_INET, packed)
