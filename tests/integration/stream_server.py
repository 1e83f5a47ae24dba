"""A stream listener under test, all that it fed and observed, and peers on real sockets."""

import asyncio
import socket
from contextlib import asynccontextmanager, contextmanager, suppress

from bridge.events import Address, BytesReceived, TransportFailed
from bridge.io.capacity import Capacity
from bridge.io.connection import StreamLimits
from bridge.io.streams import Streams
from bridge.io.tcp import TcpListener


class Server:
    """`answer` is sent back for each message, at once, as the engine does."""

    def __init__(self, host, most, security, is_ours, limits):
        self.events, self.observed, self.warnings = [], [], []
        self.answer = None
        self._peers = []
        limits = StreamLimits(**{"sweep": 0.02, **limits})
        self.capacity = Capacity(most)
        self.streams = Streams(
            self._feed, self.observed.append, self.capacity, limits, security=security, is_ours=is_ours
        )
        self.listener = TcpListener(Address(host, 0), self.streams, self.warnings.append)

    def _feed(self, event):
        self.events.append(event)
        if self.answer is not None and isinstance(event, BytesReceived):
            self.listener.send(event.flow, self.answer)

    @property
    def address(self):
        return self.listener.address

    @property
    def received(self):
        return [event.data for event in self.events if isinstance(event, BytesReceived)]

    @property
    def flows(self):
        return [event.flow for event in self.events if isinstance(event, BytesReceived)]

    @property
    def failures(self):
        return [(event.flow, event.reason) for event in self.events if isinstance(event, TransportFailed)]

    async def until(self, condition, within=5):
        async with asyncio.timeout(within):
            while not condition():
                await asyncio.sleep(0.005)

    async def connect(self, host=None, **options):
        """A peer that calls: reader and writer."""
        return self._kept(
            await asyncio.open_connection(host or self.address.host, self.address.port, **options)
        )

    async def accept(self, listening, **options):
        """The next call to a listening socket of a peer: reader and writer."""
        async with asyncio.timeout(5):
            sock, _ = await asyncio.get_running_loop().sock_accept(listening)
        return self._kept(await asyncio.open_connection(sock=sock, **options))

    async def accept_tls(self, sock, context):
        """Shake hands on an accepted socket: reader and writer."""
        loop = asyncio.get_running_loop()
        reader = asyncio.StreamReader()
        protocol = asyncio.StreamReaderProtocol(reader)
        transport, _ = await loop.connect_accepted_socket(lambda: protocol, sock, ssl=context)
        return self._kept((reader, asyncio.StreamWriter(transport, protocol, reader, loop)))

    async def stop(self):
        """End the listener, and then the peers that are left."""
        await self.listener.stop()
        for writer in self._peers:
            writer.transport.abort()
            with suppress(OSError):
                await writer.wait_closed()

    def _kept(self, peer):
        self._peers.append(peer[1])
        return peer


@asynccontextmanager
async def serving(host="127.0.0.1", *, most=2000, security=None, is_ours=lambda _: False, **limits):
    """A listener on a free port, stopped afterwards."""
    server = Server(host, most, security, is_ours, limits)
    server.listener.start()
    try:
        yield server
    finally:
        await server.stop()
        assert len(server.streams) == len(server.capacity) == 0


async def closed(reader):
    """What the peer still reads until its connection is closed; a reset is an error."""
    async with asyncio.timeout(5):
        return await reader.read()


@contextmanager
def phone(host="127.0.0.1", port=0):
    """A listening socket of a phone, non-blocking, and its address."""
    with socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET) as one:
        one.setblocking(False)
        yield one, Address(*one.getsockname()[:2])
