"""SIP over TCP and TLS: one listening socket, and the streams that come by it (RFC 3261 section 18)."""

import asyncio
import errno
import socket
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from bridge.events import Address, Flow
from bridge.io.descriptors import Descriptor, duplicate
from bridge.io.destination import is_same_family, is_wildcard
from bridge.io.streams import Streams
from bridge.io.systemd.inheritance import KeptStream

# Connections that the kernel keeps until we take them: all phones come back at once after a restart.
_BACKLOG: Final = 1024

# Connections taken before the loop has its turn again.
_BURST: Final = 32

# Seconds until the next try when the system is short of something.
_PAUSE: Final = 1.0
_SHORTAGE: Final = frozenset([errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM])

# What happened to a connection before it was taken (accept(2)).
_STILLBORN: Final = frozenset(
    [
        *(errno.ECONNABORTED, errno.EINTR, errno.EPERM, errno.EPROTO, errno.ENOPROTOOPT, errno.EOPNOTSUPP),
        *(errno.ENETDOWN, errno.ENETUNREACH, errno.EHOSTDOWN, errno.EHOSTUNREACH, errno.ENONET),
    ]
)


class TcpListener:
    """Takes connections at one address for `streams`. `warn` is told when the system is short of something."""

    def __init__(
        self,
        address: Address,
        streams: Streams,
        warn: Callable[[str], None],
        inherited: socket.socket | None = None,
    ) -> None:
        """Bind at once; raise OSError when the address is not ours or is in use.

        `inherited` is used in place of that: bound to the address, or to all of its family, of which then
        only `address` is served.
        """
        self.transport = streams.transport
        self._streams = streams
        self._warn = warn
        self._wildcard = is_wildcard(address.host)
        self._loop = asyncio.get_running_loop()
        self._failure: str | None = None
        self._inherited = inherited
        self._socket = self._opened(address)
        self._descriptor = Descriptor(self._socket)
        # With the port that was bound, so that flows stay valid when the socket is opened again.
        self.address = Address(*self._socket.getsockname()[:2])
        if is_wildcard(self.address.host) and not self._wildcard:
            self.address = address

    def start(self) -> None:
        """Begin to take connections."""
        self._loop.add_reader(self._socket, self._acceptable)
        self._streams.start()

    def hold(self) -> None:
        """Leave what comes in from now on to the next run: calls where the socket is inherited, and messages."""
        if self._inherited is not None and self._socket.fileno() >= 0:
            self._loop.remove_reader(self._socket)
        self._streams.hold()

    def resume(self, kept: KeptStream) -> Flow | None:
        """Go on with a connection of an earlier run: its flow. None if that cannot be; then it is closed."""
        return self._streams.resume(kept)

    async def stop(self) -> None:
        """Free the port, and close all connections."""
        self._close()
        await self._streams.stop()

    @property
    def connections(self) -> int:
        """How many are open, or being opened. May be asked in any thread."""
        return len(self._streams)

    @property
    def trouble(self) -> str | None:
        """Why no connection can be taken any more, or None. May be asked in any thread."""
        if self._failure is None and self._descriptor.is_lost:
            return "its socket was closed"
        return self._failure

    def reopen(self) -> None:
        """Listen anew, at the same port; connections live on. Raise OSError as long as that is not possible."""
        self._close()
        self._socket = self._opened(self.address, self._descriptor.number)
        self._descriptor = Descriptor(self._socket)
        self._failure = None
        self._loop.add_reader(self._socket, self._acceptable)

    def serves(self, local: Address) -> bool:
        """Whether a flow with this local address is ours; a wildcard serves its whole family."""
        if not self._wildcard:
            return local == self.address
        return local.port == self.address.port and is_same_family(local.host, self.address.host)

    def send(self, flow: Flow, data: bytes) -> None:
        """Send one message, see `Streams.send`."""
        self._streams.send(flow, data)

    def _close(self) -> None:
        if self._socket.fileno() >= 0:
            self._loop.remove_reader(self._socket)
            self._descriptor.close()

    def _acceptable(self) -> None:
        for _ in range(_BURST):
            try:
                accepted, _source = self._socket.accept()
            except BlockingIOError:
                return
            except OSError as error:
                if error.errno in _STILLBORN:
                    continue
                self._loop.remove_reader(self._socket)
                if error.errno in _SHORTAGE:
                    self._warn(f"no connection can be taken for a second: {error.strerror}")
                    self._loop.call_later(_PAUSE, self._go_on, self._socket)
                else:
                    self._failure = error.strerror
                return
            accepted.setblocking(False)
            if self._inherited is not None and not self._is_for_us(accepted):
                accepted.close()
            else:
                self._streams.welcome(accepted)

    def _opened(self, address: Address, above: int = 0) -> socket.socket:
        return _bound(address) if self._inherited is None else duplicate(self._inherited, above)

    def _is_for_us(self, accepted: socket.socket) -> bool:
        """Whether it was made to an address that is served, of those that the socket is bound to."""
        with suppress(OSError):
            return self.serves(Address(*accepted.getsockname()[:2]))
        return False

    def _go_on(self, sock: socket.socket) -> None:
        """After a shortage; the socket may have been replaced meanwhile."""
        if sock is self._socket and sock.fileno() >= 0:
            self._loop.add_reader(sock, self._acceptable)


def _bound(address: Address) -> socket.socket:
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
    try:
        # What is left of old connections is no obstacle.
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            # An IPv4 listener on the same port is another listener.
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        sock.bind((address.host, address.port))
        sock.listen(_BACKLOG)
    except OSError:
        sock.close()
        raise
    return sock
