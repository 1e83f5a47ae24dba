"""SIP over UDP: one raw socket, read until it is empty.

Not a `DatagramProtocol`: that costs eight times as much per datagram, and its `sendto` closes the
socket for good when it is given an address it cannot use.
"""

import asyncio
import contextlib
import errno
import socket
from collections.abc import Callable
from functools import lru_cache

from bridge.events import Address, BytesReceived, Event, Flow, TransportFailed

# Datagrams read before the loop has its turn again.
_BURST = 256
_LARGEST_DATAGRAM = 65_535

# Room for a burst of answers: 10,000 SUBSCRIBEs of 800 octets. The kernel doubles it.
_RECEIVE_BUFFER = 8 << 20
_SEND_BUFFER = 4 << 20
# Past the limit of rmem_max, where we are allowed to (not named in the socket module).
_SO_SNDBUFFORCE = 32
_SO_RCVBUFFORCE = 33


class UdpListener:
    """One bound socket. `feed` gets BytesReceived; what cannot be sent comes back as TransportFailed."""

    def __init__(self, address: Address, feed: Callable[[Event], None]) -> None:
        """Bind at once; raise OSError when the address is not ours or is in use."""
        self._feed = feed
        family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
        self._socket = socket.socket(family, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        try:
            self._prepare(family)
            self._socket.bind((address.host, address.port))
        except OSError:
            self._socket.close()
            raise
        bound = self._socket.getsockname()
        self.address = Address(bound[0], bound[1])
        self._wildcard = self.address.host in ("0.0.0.0", "::")  # noqa: S104 - compared, not bound
        self._loop: asyncio.AbstractEventLoop | None = None

    def start(self) -> None:
        """Begin to read, on the running loop."""
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._socket, self._readable)

    def close(self) -> None:
        """Stop reading and free the port."""
        if self._loop is not None:
            self._loop.remove_reader(self._socket)
        self._socket.close()

    def serves(self, local: Address) -> bool:
        """Whether a flow with this local address is ours; a wildcard serves its whole family."""
        same_family = (":" in local.host) == (":" in self.address.host)
        return local == self.address or (self._wildcard and same_family and local.port == self.address.port)

    def send(self, flow: Flow, data: bytes) -> None:
        """Send one datagram. A full buffer counts as a loss, which Timer E makes good."""
        try:
            self._socket.sendto(data, flow.remote)
        except BlockingIOError:
            return
        except (OSError, OverflowError) as error:
            # Told later: the engine is in the middle of the event that sent this.
            reason = getattr(error, "strerror", None) or str(error)
            if self._loop is not None:
                self._loop.call_soon(self._feed, TransportFailed(flow, reason))

    def _prepare(self, family: int) -> None:
        if family == socket.AF_INET6:
            # An IPv4 listener on the same port is another listener.
            self._socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        for force, plain, size in (
            (_SO_RCVBUFFORCE, socket.SO_RCVBUF, _RECEIVE_BUFFER),
            (_SO_SNDBUFFORCE, socket.SO_SNDBUF, _SEND_BUFFER),
        ):
            self._socket.setsockopt(socket.SOL_SOCKET, plain, size)
            with contextlib.suppress(PermissionError):
                self._socket.setsockopt(socket.SOL_SOCKET, force, size)

    def _readable(self) -> None:
        receive = self._socket.recvfrom
        for _ in range(_BURST):
            try:
                data, source = receive(_LARGEST_DATAGRAM)
            except BlockingIOError:
                return
            except OSError as error:
                # An ICMP error of an earlier send; the socket itself is whole.
                if error.errno in (errno.ECONNREFUSED, errno.EHOSTUNREACH, errno.ENETUNREACH):
                    continue
                raise
            remote = Address(source[0], source[1])
            self._feed(BytesReceived(Flow("udp", self._local(remote.host), remote), data))

    def _local(self, remote_host: str) -> Address:
        if not self._wildcard:
            return self.address
        return Address(_source_for(remote_host, self._socket.family), self.address.port)


@lru_cache(maxsize=4096)
def _source_for(remote_host: str, family: int) -> str:
    """The address that the kernel sends from to this host, which is the one it reaches us at."""
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        probe.connect((remote_host, 9))
        return str(probe.getsockname()[0])
