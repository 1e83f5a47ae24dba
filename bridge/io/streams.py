"""The streams of one listener: whoever called us, whomever we called, and the way to each of them."""

import asyncio
import socket
from collections.abc import Callable
from contextlib import suppress
from itertools import count
from ssl import SSLContext
from typing import Final, Protocol

from bridge.effects import MessageDropped, Observation, Warned
from bridge.events import Address, Feed, Flow, TransportFailed
from bridge.io.capacity import Capacity
from bridge.io.connection import SEGMENT, Connection, StreamLimits, in_words
from bridge.io.destination import is_wildcard, undeliverable
from bridge.io.systemd.inheritance import KeptStream
from bridge.io.systemd.keeping import Keeping
from bridge.io.tasks import Tasks

# Connections that are being opened at the same time; the others wait for their turn.
_CALLS: Final = 64

# Seconds between two warnings that no more connections are taken.
_WARN_AGAIN: Final = 60.0

# Seconds for what is unsent, and for TLS to say goodbye, when the bridge stops.
_FAREWELL: Final = 1.0

# A peer that has vanished is asked after a minute whether it lives, and given up after another; with
# something unsent, after 64*T1 (tcp(7)).
_KEEP_ALIVE: Final = (
    (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
    (socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 60),
    (socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 15),
    (socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 4),
    (socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, 32_000),
)

# The port is chosen when the remote end is known (ip(7); the socket module does not name it).
_IP_BIND_ADDRESS_NO_PORT: Final = 24

IsOurs = Callable[[Address], bool]


class Security(Protocol):
    """TLS as it is configured at the moment. Without `client` nobody can be called."""

    @property
    def server(self) -> SSLContext:
        """For those who call us."""
        ...

    @property
    def client(self) -> SSLContext | None:
        """For those whom we call; it verifies them (RFC 5922)."""
        ...


class Streams:
    """`feed` gets BytesReceived, and TransportFailed for whatever a stream takes with it when it is gone.

    `is_ours` tells which addresses lead back to this process; those are never called. Without
    `security` it is TCP. With `keeping`, which is for TCP, connections outlive the process.
    """

    def __init__(
        self,
        feed: Feed,
        observe: Callable[[Observation], None],
        capacity: Capacity,
        limits: StreamLimits,
        *,
        security: Security | None = None,
        is_ours: IsOurs = lambda _: False,
        keeping: Keeping | None = None,
    ) -> None:
        self.transport = "tcp" if security is None else "tls"
        self.feed = feed
        self.buffer = memoryview(bytearray(SEGMENT))
        self._observe = observe
        self._capacity = capacity
        self._limits = limits
        self._security = security
        self._is_ours = is_ours
        self._keeping = keeping
        # What connections are called that the next run goes on with.
        self._kept: dict[Connection, str] = {}
        self._numbers = count(1)
        self._connections: dict[int, Connection] = {}
        # Those that may be used for anything that goes to their remote address.
        self._by_remote: dict[Address, Connection] = {}
        self._calls = asyncio.Semaphore(_CALLS)
        self._tasks = Tasks(lambda name, error: observe(Warned(f"{name} failed: {error!r}")))
        self._sweeper: asyncio.TimerHandle | None = None
        self._warned_at = float("-inf")
        # Set when the last connection of a stop is gone.
        self._emptied: asyncio.Event | None = None
        self._loop = asyncio.get_running_loop()

    def __len__(self) -> int:
        return len(self._connections)

    def allow(self, limits: StreamLimits) -> None:
        """Keep to other limits, in streams that are open too."""
        self._limits = limits
        for connection in self._connections.values():
            connection.limits = limits

    def start(self) -> None:
        """Begin to look after the limits of time."""
        self._sweeper = self._loop.call_later(self._limits.sweep, self._sweep)

    def hold(self) -> None:
        """Read nothing more of connections that the next run goes on with: those that were accepted."""
        if self._keeping is None:
            return
        for connection in self._connections.values():
            if connection.called:
                # Phones that were called are called again.
                continue
            if connection not in self._kept:
                self.proven(connection)
            connection.hold()

    async def stop(self) -> None:
        """Close everything; what is unsent has a second to leave. Nothing is fed any more."""
        self._emptied = asyncio.Event()
        if self._sweeper is not None:
            self._sweeper.cancel()
        await self._tasks.stop()
        for leave in (self._leave, Connection.abort):
            for connection in tuple(self._connections.values()):
                leave(connection)
            if self._connections:
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._emptied.wait(), _FAREWELL)

    # --- in --------------------------------------------------------------------------------------

    def welcome(self, sock: socket.socket) -> None:
        """Take a connection that was accepted, or close it if there are too many."""
        try:
            local, remote = Address(*sock.getsockname()[:2]), Address(*sock.getpeername()[:2])
        except OSError:
            # It was reset before its turn came.
            sock.close()
            return
        flow = Flow(self.transport, local, remote, next(self._numbers))
        full = self._capacity.take(remote.host)
        if full is not None:
            sock.close()
            self._turned_away(flow, full)
            return
        connection = self._add(flow, called=False)
        self._tasks.start(f"the call of {remote.host}", self._answer(connection, sock))

    def resume(self, kept: KeptStream) -> Flow | None:
        """Go on with a connection of an earlier run: its flow. None if that cannot be; then it is closed."""
        if self._keeping is None:
            raise AssertionError("a run that keeps nothing has no connections of an earlier one")
        sock = kept.sock
        try:
            local, remote = Address(*sock.getsockname()[:2]), Address(*sock.getpeername()[:2])
        except OSError:
            # It has ended meanwhile.
            full: str | None = "gone"
        else:
            full = self._capacity.take(remote.host)
        if full is not None:
            sock.close()
            self._keeping.forget([kept.name])
            return None
        connection = self._add(Flow(self.transport, local, remote, next(self._numbers)), called=False)
        connection.resume(kept.rest)
        self._kept[connection] = kept.name
        self._tasks.start(f"the connection with {remote.host}", self._answer(connection, sock))
        return connection.flow

    def proven(self, connection: Connection) -> None:
        """It is worth keeping."""
        if self._keeping is not None and connection.descriptor is not None:
            self._kept[connection] = self._keeping.keep(connection.descriptor)

    def lost(self, connection: Connection, reason: str) -> None:
        """A stream is gone, or could not be established."""
        flow = connection.flow
        del self._connections[flow.connection]
        self._capacity.release(flow.remote.host)
        if self._by_remote.get(flow.remote) is connection:
            del self._by_remote[flow.remote]
        self._let_go(connection)
        if self._emptied is not None:
            if not self._connections:
                self._emptied.set()
            return
        if connection.is_over_limit:
            self._observe(MessageDropped(flow, "limit", reason))
        # Of one that has brought nothing, nobody knows.
        for known in (flow, *connection.aliases) if connection.is_proven else ():
            self.feed(TransportFailed(known, reason))

    # --- out -------------------------------------------------------------------------------------

    def send(self, flow: Flow, data: bytes) -> None:
        """Send over the flow's connection; over any to its remote address, opened if need be, if it names none."""
        try:
            self._way(flow).send(data)
        except ConnectionError as error:
            # Told later: the engine is in the middle of the event that sent this.
            self._loop.call_soon(self.feed, TransportFailed(flow, str(error)))

    def _way(self, flow: Flow) -> Connection:
        if flow.connection:
            connection = self._connections.get(flow.connection)
            if connection is None:
                raise ConnectionError("the connection is gone")
            return connection
        connection = self._by_remote.get(flow.remote)
        if connection is None or not connection.is_open:
            connection = self._call(flow)
        connection.aliases.add(flow)
        return connection

    def _call(self, flow: Flow) -> Connection:
        remote = flow.remote
        fault = "the bridge stops" if self._emptied is not None else undeliverable(remote.host)
        if fault is None and not 0 < remote.port < 65536:
            fault = f"no port: {remote.port}"
        if fault is None and self._is_ours(remote):
            fault = "that is this bridge itself"
        if fault is None and self._security is not None and self._security.client is None:
            fault = "[sip.tls] names no client_ca to verify it by"
        if fault is None:
            fault = self._capacity.take(remote.host)
        if fault is not None:
            raise ConnectionError(fault)
        connection = self._add(flow._replace(connection=next(self._numbers)), called=True)
        context = None if self._security is None else self._security.client
        self._tasks.start(f"a call to {remote.host}", self._ring(connection, context))
        return connection

    # --- establishing ----------------------------------------------------------------------------

    async def _answer(self, connection: Connection, sock: socket.socket) -> None:
        """Establish a connection that was accepted."""
        _tune(sock)
        try:
            if self._security is None:
                await self._loop.connect_accepted_socket(lambda: connection, sock)
            else:
                await self._loop.connect_accepted_socket(
                    lambda: connection,
                    sock,
                    ssl=self._security.server,
                    ssl_handshake_timeout=self._limits.handshake,
                    ssl_shutdown_timeout=self._limits.linger,
                )
        except OSError as error:
            reason = in_words(error)
            self._observe(MessageDropped(connection.flow, "malformed", reason))
            connection.fail(reason)
        finally:
            connection.fail_unless_established()

    async def _ring(self, connection: Connection, context: SSLContext | None) -> None:
        """Open a connection; without a context, of TCP."""
        try:
            async with self._calls:
                sock = await self._connected(connection.flow)
                if context is None:
                    await self._loop.create_connection(lambda: connection, sock=sock)
                else:
                    await self._loop.create_connection(
                        lambda: connection,
                        sock=sock,
                        ssl=context,
                        server_hostname=connection.flow.remote.host.partition("%")[0],
                        ssl_handshake_timeout=self._limits.handshake,
                        ssl_shutdown_timeout=self._limits.linger,
                    )
        except OSError as error:
            connection.fail(in_words(error))
        finally:
            connection.fail_unless_established()

    async def _connected(self, flow: Flow) -> socket.socket:
        """A socket that leads from the host that the flow leaves from to its remote address."""
        local, remote = flow.local, flow.remote
        family = socket.AF_INET6 if ":" in remote.host else socket.AF_INET
        sock = socket.socket(family, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
        try:
            _tune(sock)
            if not is_wildcard(local.host):
                sock.setsockopt(socket.IPPROTO_IP, _IP_BIND_ADDRESS_NO_PORT, 1)
                sock.bind((local.host, 0))
            async with asyncio.timeout(self._limits.connect):
                await self._loop.sock_connect(sock, remote)
        except BaseException:
            sock.close()
            raise
        return sock

    def _add(self, flow: Flow, *, called: bool) -> Connection:
        connection = Connection(flow, self, self._limits, called=called)
        self._connections[flow.connection] = connection
        if called or self._security is None:
            # By TLS only those are sent to unasked whom we have verified.
            self._by_remote[flow.remote] = connection
        return connection

    def _leave(self, connection: Connection) -> None:
        if connection in self._kept and connection.is_open:
            connection.leave()
        else:
            connection.close()

    def _let_go(self, connection: Connection) -> None:
        """Tell whoever keeps it that it is over, or over for this process only."""
        name = self._kept.pop(connection, None)
        if name is None or self._keeping is None:
            return
        if connection.is_left:
            self._keeping.leave(name, connection.rest)
        else:
            self._keeping.forget([name])

    def _sweep(self) -> None:
        now = self._loop.time()
        for connection in tuple(self._connections.values()):
            reason = connection.overdue(now)
            if reason is not None:
                connection.drop(reason)
        self._sweeper = self._loop.call_later(self._limits.sweep, self._sweep)

    def _turned_away(self, flow: Flow, reason: str) -> None:
        self._observe(MessageDropped(flow, "limit", reason))
        now = self._loop.time()
        if self._capacity.is_full and now - self._warned_at > _WARN_AGAIN:
            self._warned_at = now
            self._observe(
                Warned(f"{reason}, as many as [sip] max_connections allows; others are turned away")
            )


def _tune(sock: socket.socket) -> None:
    for level, option, value in _KEEP_ALIVE:
        sock.setsockopt(level, option, value)
