"""SIP over UDP: one raw socket, read until it is empty.

Not a `DatagramProtocol`: that costs eight times as much per datagram, and its `sendto` closes the
socket for good when it is given an address it cannot use.
"""

import asyncio
import contextlib
import errno
import socket
import time
from collections.abc import Callable
from functools import partial

from bridge.events import Address, BytesReceived, Event, Flow, TransportFailed
from bridge.io.descriptors import Descriptor, duplicate
from bridge.io.destination import is_same_family, is_wildcard, undeliverable
from bridge.io.icmp import ask_for_errors, read_errors
from bridge.io.packet_info import ask_for_destination, destination_of, source
from bridge.io.socket_drops import SocketDrops

# Datagrams read before the loop has its turn again, and the seconds for that: answers take 10 µs each, and
# SUBSCRIBEs ten times as long. The clock is looked at behind a few of them.
_BURST = 256
_READ_FOR = 0.002
_FEW = 16
_LARGEST_DATAGRAM = 65_535

# Flows kept by source: a phone sends again and again, and what is kept of its messages shares the flow.
_FLOWS_KEPT = 32_768

# Room for a burst of answers: 10,000 SUBSCRIBEs of 800 octets. The kernel doubles it.
_RECEIVE_BUFFER = 8 << 20
_SEND_BUFFER = 4 << 20
# Past the limit of rmem_max, where we are allowed to (not named in the socket module).
_SO_SNDBUFFORCE = 32
_SO_RCVBUFFORCE = 33

# An ICMP error of an earlier datagram, which the next call is told (ip(7)); the socket itself is whole.
_OF_ANOTHER_DATAGRAM = frozenset(
    [
        *(errno.ECONNREFUSED, errno.EHOSTUNREACH, errno.ENETUNREACH, errno.EMSGSIZE, errno.EACCES),
        *(errno.ENOPROTOOPT, errno.EOPNOTSUPP, errno.EHOSTDOWN, errno.ENONET, errno.EPROTO),
    ]
)


class UdpListener:
    """One bound socket. `feed` gets BytesReceived; what cannot be sent comes back as TransportFailed."""

    transport = "udp"

    def __init__(
        self, address: Address, feed: Callable[[Event], None], inherited: socket.socket | None = None
    ) -> None:
        """Bind at once; raise OSError when the address is not ours or is in use.

        `inherited` is used in place of that: bound to the address, or to all of its family, of which then
        only `address` is served.
        """
        self._feed = feed
        self._inherited = inherited
        self._wildcard = is_wildcard(address.host)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._failure: str | None = None
        self._flows: dict[tuple[object, ...], Flow] = {}
        self._drops = SocketDrops()
        self._socket = self._bound(address)
        self._descriptor = Descriptor(self._socket)
        # With the port that was bound, so that flows stay valid when the socket is opened again.
        self.address = Address(*self._socket.getsockname()[:2])
        # Whether it gets what is sent to any address.
        self._is_wide = is_wildcard(self.address.host)
        if self._is_wide and not self._wildcard:
            self.address = address
            self._feed = partial(_feed_for, address, feed)

    def start(self) -> None:
        """Begin to read, on the running loop."""
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._socket, self._readable)

    def hold(self) -> None:
        """Leave what comes in from now on to the next run, where an inherited socket waits for it."""
        if self._inherited is not None and self._loop is not None:
            self._loop.remove_reader(self._socket)

    def close(self) -> None:
        """Stop reading and free the port."""
        if self._socket.fileno() < 0:
            return
        if self._loop is not None:
            self._loop.remove_reader(self._socket)
        self._descriptor.close()

    async def stop(self) -> None:
        """As `close`: a datagram that was sent has left."""
        self.close()

    @property
    def trouble(self) -> str | None:
        """Why nothing can be received any more, or None. May be asked in any thread."""
        return self._failure or ("its socket was closed" if self._descriptor.is_lost else None)

    @property
    def drops(self) -> int:
        """How many datagrams the kernel has dropped so far, reopened or not. May be asked in any thread."""
        return self._drops.read(self._own_socket)

    def reopen(self) -> None:
        """Bind anew, at the same port, and begin to read. Raise OSError as long as that is not possible."""
        self._drops.replace(self._own_socket)
        self.close()
        self._socket = self._bound(self.address, self._descriptor.number)
        self._descriptor = Descriptor(self._socket)
        self._failure = None
        self.start()

    def serves(self, local: Address) -> bool:
        """Whether a flow with this local address is ours; a wildcard serves its whole family."""
        if not self._wildcard:
            return local == self.address
        return local.port == self.address.port and is_same_family(local.host, self.address.host)

    def send(self, flow: Flow, data: bytes) -> None:
        """Send one datagram. A full buffer counts as a loss, which Timer E makes good."""
        fault = undeliverable(flow.remote.host) or self._put(flow, data)
        if fault is not None and self._loop is not None:
            # Told later: the engine is in the middle of the event that sent this.
            self._loop.call_soon(self._feed, TransportFailed(flow, fault))

    @property
    def _own_socket(self) -> socket.socket | None:
        """None while its number may be that of another."""
        return None if self._descriptor.is_lost else self._socket

    def _put(self, flow: Flow, data: bytes) -> str | None:
        fault = None
        # The first error may be that of another datagram, the second is our own.
        for _ in range(2):
            try:
                if self._is_wide:
                    self._socket.sendmsg((data,), source(flow.local.host), 0, flow.remote)
                else:
                    self._socket.sendto(data, flow.remote)
            except BlockingIOError:
                return None
            except (OSError, OverflowError) as error:
                fault = getattr(error, "strerror", None) or str(error)
            else:
                return None
        return fault

    def _bound(self, address: Address, above: int = 0) -> socket.socket:
        if self._inherited is not None:
            sock = duplicate(self._inherited, above)
            self._prepare(sock, is_wide=is_wildcard(sock.getsockname()[0]))
            return sock
        family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
        sock = socket.socket(family, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        try:
            if family == socket.AF_INET6:
                # An IPv4 listener on the same port is another listener.
                sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            self._prepare(sock, is_wide=self._wildcard)
            sock.bind((address.host, address.port))
        except OSError:
            sock.close()
            raise
        return sock

    def _prepare(self, sock: socket.socket, *, is_wide: bool) -> None:
        ask_for_errors(sock)
        if is_wide:
            ask_for_destination(sock)
        for force, plain, size in (
            (_SO_RCVBUFFORCE, socket.SO_RCVBUF, _RECEIVE_BUFFER),
            (_SO_SNDBUFFORCE, socket.SO_SNDBUF, _SEND_BUFFER),
        ):
            if sock.getsockopt(socket.SOL_SOCKET, plain) >= 2 * size:
                # Of systemd, which may pass the limit: setting it anew would make it smaller.
                continue
            sock.setsockopt(socket.SOL_SOCKET, plain, size)
            with contextlib.suppress(PermissionError):
                sock.setsockopt(socket.SOL_SOCKET, force, size)

    def _readable(self) -> None:
        receive = self._receive_anywhere if self._is_wide else self._receive
        until = time.monotonic() + _READ_FOR
        for count in range(_BURST):
            if not count % _FEW and time.monotonic() > until:
                return
            try:
                event = receive()
            except BlockingIOError:
                if not count:
                    # Woken with nothing to receive: there are errors to be read.
                    self._read_errors()
                return
            except OSError as error:
                if error.errno not in _OF_ANOTHER_DATAGRAM:
                    self._lose(error)
                    return
                self._read_errors()
            else:
                self._feed(event)

    def _receive(self) -> BytesReceived:
        data, source = self._socket.recvfrom(_LARGEST_DATAGRAM)
        flow = self._flows.get(source)
        if flow is None:
            if len(self._flows) >= _FLOWS_KEPT:
                self._flows.clear()
            flow = self._flows[source] = Flow("udp", self.address, Address(source[0], source[1]))
        return BytesReceived(flow, data)

    def _receive_anywhere(self) -> BytesReceived:
        data, ancillary, _, source = self._socket.recvmsg(_LARGEST_DATAGRAM, 64)
        host = destination_of(ancillary) or self.address.host
        local = Address(host, self.address.port)
        return BytesReceived(Flow("udp", local, Address(source[0], source[1])), data)

    def _read_errors(self) -> None:
        for error in set(read_errors(self._socket)):
            local = Address(error.local_host or self.address.host, self.address.port)
            self._feed(TransportFailed(Flow("udp", local, error.remote), error.reason))

    def _lose(self, error: OSError) -> None:
        """Nothing can be received any more; whoever watches over us opens the socket again."""
        self._failure = error.strerror or str(error)
        if self._loop is not None:
            # It would be readable for ever.
            self._loop.remove_reader(self._socket)


def _feed_for(address: Address, feed: Callable[[Event], None], event: Event) -> None:
    """Feed what concerns one of the addresses that a socket is bound to."""
    if not isinstance(event, BytesReceived | TransportFailed) or event.flow.local == address:
        feed(event)
