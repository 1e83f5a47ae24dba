"""A watching phone on the network: a subscriber with a listener of its own."""

import asyncio
import secrets
import socket
from contextlib import suppress

from bridge.config import Listener
from bridge.events import Address, Flow, Stopping, Wake
from bridge.io.capacity import Capacity
from bridge.io.connection import StreamLimits
from bridge.io.listeners import SipListener
from bridge.io.runner import Runner
from bridge.io.streams import Security, Streams
from bridge.io.tcp import TcpListener
from bridge.io.udp import UdpListener
from bridge.subscriber.reports import Report, Tell, Unsubscribed
from bridge.subscriber.subscriber import Subscriber

# Seconds for the goodbye: the answer and the last NOTIFY need milliseconds.
_PATIENCE = 1.0

# Streams: one to the bridge, and some that it may open.
_CONNECTIONS = 16


class Phone:
    """Watches `extension` at `server` for as long as it runs. All calls on one running loop.

    `security` is needed for a server by TLS.
    """

    def __init__(
        self,
        extension: str,
        user: str,
        server: Listener,
        tell: Tell,
        password: str | None = None,
        security: Security | None = None,
    ) -> None:
        """Open the socket; raise OSError when the server's network cannot be reached from here."""
        self._tell = tell
        self._gone = asyncio.Event()
        self._runner = Runner(observe=_ignore)
        self._listener = self._opened(server, security)
        self._runner.listen(server.transport, self._listener)
        flow = Flow(server.transport, self._listener.address, server.address)
        emit, token = self._runner.emit, lambda: secrets.token_hex(8)
        self._runner.attach(Subscriber(extension, user, flow, emit, token, self._told, password=password))

    def start(self) -> None:
        """Subscribe."""
        self._listener.start()
        self._runner.feed(Wake())

    async def stop(self) -> None:
        """Unsubscribe, wait a second at most for the last NOTIFY, and close the socket."""
        self._runner.feed(Stopping())
        with suppress(TimeoutError):
            async with asyncio.timeout(_PATIENCE):
                await self._gone.wait()
        await self._listener.stop()

    def _opened(self, server: Listener, security: Security | None) -> SipListener:
        own, feed = Address(_own_host(server.address), 0), self._runner.feed
        if server.transport == "udp":
            return UdpListener(own, feed)
        streams = Streams(feed, _ignore, Capacity(_CONNECTIONS), StreamLimits(), security=security)
        return TcpListener(own, streams, _ignore)

    def _told(self, report: Report) -> None:
        if isinstance(report, Unsubscribed):
            self._gone.set()
        self._tell(report)


def _own_host(server: Address) -> str:
    """The address that the kernel sends from to this server."""
    family = socket.AF_INET6 if ":" in server.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        probe.connect(server)
        return str(probe.getsockname()[0])


def _ignore(_: object) -> None:
    """Whoever watches is told by the subscriber."""
