"""What systemd hands over when the bridge starts: sockets that listen, and streams that an earlier run has kept."""

import os
import socket
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from typing import NamedTuple

from bridge.events import Address
from bridge.io.destination import is_same_family, is_wildcard
from bridge.io.systemd.descriptors import Descriptor
from bridge.io.systemd.keeping import is_rest, rest_name, stream_name
from bridge.sip.addressing import host_port


class KeptStream(NamedTuple):
    """A connection of an earlier run, by its name in the store.

    `rest`: the beginning of a message that the earlier run had read, but not to its end.
    """

    name: str
    sock: socket.socket
    rest: bytes


class _Listening(NamedTuple):
    sock: socket.socket
    address: Address

    def __str__(self) -> str:
        transport = "tcp" if self.sock.type == socket.SOCK_STREAM else "udp"
        return f"{transport}://{host_port(self.address)}"

    def is_for(self, transport: str) -> bool:
        """Whether a listener of this transport could use it."""
        return (self.sock.type == socket.SOCK_DGRAM) == (transport == "udp")

    def is_in_the_way(self, transport: str, address: Address) -> bool:
        """Whether nobody can bind this address while it is there."""
        if not self.is_for(transport) or self.address.port != address.port:
            return False
        if not is_same_family(self.address.host, address.host):
            return False
        return self.address == address or is_wildcard(self.address.host) or is_wildcard(address.host)


class Inheritance:
    """`warn` is told of what cannot be used. Nothing is inherited by a bridge that was started by hand."""

    def __init__(
        self, descriptors: Iterable[Descriptor] = (), warn: Callable[[str], None] = lambda _: None
    ) -> None:
        self._warn = warn
        self._listening: list[_Listening] = []
        self._streams: dict[str, socket.socket] = {}
        self._rests: dict[str, bytes] = {}
        for descriptor in descriptors:
            if is_rest(descriptor.name):
                self._rests[descriptor.name] = _content(descriptor.number)
            else:
                self._sort(descriptor)
        self._unclaimed = [*self._listening]

    @property
    def is_activated(self) -> bool:
        """Whether there are ports that outlive the process."""
        return bool(self._listening)

    def claim(self, transport: str, address: Address) -> socket.socket | None:
        """The socket for this address of [sip] listen: one on it, or else one on all addresses with its port.

        It is given once, and to be duplicated: one that is lost can be had again from the one that is here.
        """
        wide = Address("::" if ":" in address.host else "0.0.0.0", address.port)  # noqa: S104 - compared only
        for wanted in (address, wide):
            for one in self._unclaimed:
                if one.address == wanted and one.is_for(transport):
                    self._unclaimed.remove(one)
                    return one.sock
        return None

    def obstacle(self, transport: str, address: Address) -> str | None:
        """Which inherited socket keeps us from binding this address: `udp://192.0.2.1:5060`; None if none does."""
        return next((str(one) for one in self._listening if one.is_in_the_way(transport, address)), None)

    def unclaimed(self) -> Iterator[tuple[str, socket.socket]]:
        """The sockets that no address of [sip] listen fits, with what would."""
        for one in self._unclaimed:
            yield str(one), one.sock

    def streams(self) -> Iterator[KeptStream]:
        """The connections of an earlier run; each is the caller's from then on."""
        while self._streams:
            name, sock = self._streams.popitem()
            yield KeptStream(name, sock, self._rests.get(rest_name(name), b""))

    @property
    def rests(self) -> tuple[str, ...]:
        """The names of beginnings of messages in the store, which belong to this run alone."""
        return tuple(self._rests)

    def close(self) -> None:
        """Close the sockets that listen; systemd has its own."""
        for one in self._listening:
            one.sock.close()

    def _sort(self, descriptor: Descriptor) -> None:
        try:
            sock = socket.socket(fileno=descriptor.number)
        except OSError as error:
            self._warn(f"what systemd hands over as {descriptor.name!r} is no socket: {error.strerror}")
            os.close(descriptor.number)
            return
        fault = _fault(sock)
        if fault is not None:
            sock.close()
            self._warn(f"the socket {descriptor.name!r} of systemd cannot be used: {fault}")
            return
        sock.setblocking(False)
        if sock.type == socket.SOCK_STREAM and not sock.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
            self._streams[stream_name(sock.fileno())] = sock
        else:
            self._listening.append(_Listening(sock, Address(*sock.getsockname()[:2])))


def _fault(sock: socket.socket) -> str | None:
    if sock.family not in (socket.AF_INET, socket.AF_INET6):
        return "it is neither of IPv4 nor of IPv6"
    if sock.type not in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        return "it is neither of UDP nor of TCP"
    with suppress(OSError):
        if sock.getsockname()[0] == "::" and not sock.getsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY):
            return "it is of IPv6 and IPv4 at once; write BindIPv6Only=ipv6-only into its unit, and a line for each"
    return None


def _content(number: int) -> bytes:
    """All that a file in memory holds; it is closed."""
    with open(number, "rb") as file:
        file.seek(0)
        return file.read()
