"""A broker that misbehaves as the test says: what no real one does on demand."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

Script = Callable[["Peer"], Awaitable[None]]

CONNECT, CONNACK, PUBLISH, SUBSCRIBE, SUBACK, DISCONNECT = 1, 2, 3, 8, 9, 14


class Peer:
    """One client that connected; `connect` is the variable header and payload of its CONNECT."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self.connect = b""

    @property
    def version(self) -> int:
        """The protocol level: 4 is MQTT 3.1.1, 5 is MQTT 5."""
        return self.connect[6]

    async def packet(self) -> tuple[int, bytes]:
        """Type and body of the next packet (short ones only)."""
        head = await self._reader.readexactly(2)
        assert head[1] < 128, "the tests use short packets"
        return head[0] >> 4, await self._reader.readexactly(head[1])

    async def next(self, kind: int) -> bytes:
        """Body of the next packet of this type; others are passed over."""
        while True:
            found, body = await self.packet()
            if found == kind:
                return body

    def send(self, first: int, body: bytes = b"") -> None:
        """Send one packet, its first octet given."""
        self.send_raw(bytes([first, len(body)]) + body)

    def send_raw(self, data: bytes) -> None:
        """Send anything."""
        self._writer.write(data)

    def accept(self) -> None:
        """CONNACK, success."""
        self.send(CONNACK << 4, b"\x00\x00\x00" if self.version == 5 else b"\x00\x00")

    def deliver(self, topic: bytes, payload: bytes) -> None:
        """PUBLISH with QoS 0 by MQTT 5."""
        self.send(PUBLISH << 4, len(topic).to_bytes(2) + topic + b"\x00" + payload)

    def close(self) -> None:
        """Close the connection."""
        self._writer.close()


class ScriptedBroker:
    """Runs `script` for each client, after its CONNECT, and counts them."""

    def __init__(self, script: Script) -> None:
        self._script = script
        self.peers: list[Peer] = []
        self.gone = 0
        self.port = 0

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        peer = Peer(reader, writer)
        try:
            peer.connect = await peer.next(CONNECT)
            self.peers.append(peer)
            await self._script(peer)
        except (asyncio.IncompleteReadError, ConnectionError):
            self.gone += 1  # the client went away
        finally:
            peer.close()


@asynccontextmanager
async def scripted(script: Script) -> AsyncIterator[ScriptedBroker]:
    """A listening broker with this script."""
    broker = ScriptedBroker(script)
    server = await asyncio.start_server(broker, "127.0.0.1", 0)
    broker.port = server.sockets[0].getsockname()[1]
    try:
        yield broker
    finally:
        server.close()
