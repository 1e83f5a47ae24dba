"""A broker for one client of MQTT 5 that delivers what a test says, in that order: repeated, doubled, crossed."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

_CONNECT, _PUBLISH, _SUBSCRIBE, _PING = 1, 3, 8, 12
_DUP, _QOS_1, _RETAIN = 8, 2, 1


class CrossingBroker:
    """`before` is delivered between the subscription and the bridge's own mark that all retained has been read."""

    def __init__(self) -> None:
        self.port = 0
        self.before: list[tuple[str, bytes, bool]] = []
        self._numbers = 0
        self._writer: asyncio.StreamWriter | None = None

    def deliver(self, topic: str, payload: bytes, *, retained: bool = False, dup: bool = False) -> None:
        """PUBLISH with QoS 1; `dup` is the same packet once more."""
        self._numbers += not dup
        name = topic.encode()
        body = len(name).to_bytes(2) + name + self._numbers.to_bytes(2) + b"\x00" + payload
        self._send(_PUBLISH << 4 | _QOS_1 | _RETAIN * retained | _DUP * dup, body)

    async def close(self) -> None:
        """Hang up."""
        if self._writer is not None:
            self._writer.transport.abort()
            await asyncio.sleep(0)

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writer = writer
        try:
            while True:
                first, body = await _packet(reader)
                self._answer(first, body)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    def _answer(self, first: int, body: bytes) -> None:
        kind = first >> 4
        if kind == _CONNECT:
            self._send(0x20, b"\x00\x00\x00")
        elif kind == _PING:
            self._send(0xD0, b"")
        elif kind == _SUBSCRIBE:
            self._send(0x90, body[:2] + b"\x00" + bytes(_filters(body)))
            for topic, payload, retained in self.before:
                self.deliver(topic, payload, retained=retained)
        elif kind == _PUBLISH:
            length = int.from_bytes(body[:2])
            topic, rest = body[2 : 2 + length].decode(), body[2 + length :]
            self._send(0x40, rest[:2])
            if "/bridge/sync/" in topic:
                self.deliver(topic, rest[3 + rest[2] :])

    def _send(self, first: int, body: bytes) -> None:
        assert self._writer is not None
        assert len(body) < 128, "the tests use short packets"
        self._writer.write(bytes([first, len(body)]) + body)


@asynccontextmanager
async def crossing() -> AsyncIterator[CrossingBroker]:
    """A listening broker."""
    broker = CrossingBroker()
    server = await asyncio.start_server(broker, "127.0.0.1", 0)
    broker.port = server.sockets[0].getsockname()[1]
    try:
        yield broker
    finally:
        server.close()
        await broker.close()


async def _packet(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    first, length, shift = (await reader.readexactly(1))[0], 0, 0
    while True:
        (digit,) = await reader.readexactly(1)
        length |= (digit & 0x7F) << shift
        if digit < 0x80:
            return first, await reader.readexactly(length)
        shift += 7


def _filters(body: bytes) -> int:
    """How many a SUBSCRIBE names."""
    at, count = 3 + body[2], 0
    while at < len(body):
        at += 2 + int.from_bytes(body[at : at + 2]) + 1
        count += 1
    return count
