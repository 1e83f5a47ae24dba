"""A watching phone on the network: a subscriber on a UDP socket of its own."""

import asyncio
import secrets
import socket
from contextlib import suppress

from bridge.events import Address, Flow, Stopping, Wake
from bridge.io.runner import Runner
from bridge.io.udp import UdpListener
from bridge.subscriber.reports import Report, Tell, Unsubscribed
from bridge.subscriber.subscriber import Subscriber

# Seconds for the goodbye: the answer and the last NOTIFY need milliseconds.
_PATIENCE = 1.0


class Phone:
    """Watches `extension` at `server` for as long as it runs. All calls on one running loop."""

    def __init__(self, extension: str, user: str, server: Address, tell: Tell) -> None:
        """Open the socket; raise OSError when the server's network cannot be reached from here."""
        self._tell = tell
        self._gone = asyncio.Event()
        self._runner = Runner(observe=lambda _observation: None)
        self._listener = UdpListener(Address(_own_host(server), 0), self._runner.feed)
        self._runner.listen("udp", self._listener)
        flow = Flow("udp", self._listener.address, server)
        emit, token = self._runner.emit, lambda: secrets.token_hex(8)
        self._runner.attach(Subscriber(extension, user, flow, emit, token, self._told))

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
        self._listener.close()

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
