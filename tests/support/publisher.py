"""The source of truth in a test: publishes presence with QoS 1, retained, over MQTT 3.1.1, and records it.

Its own few lines of MQTT: it knows which messages the broker has taken, whatever becomes of the connection,
and publishes the newest value of each extension again until it has.
"""

import asyncio
import contextlib
import itertools
from collections.abc import Iterable
from typing import Self

from support.record import Confirmed, Published, Record, value

_CONNECT, _PUBLISH, _PUBACK = 0x10, 0x33, 4
_PAUSE = 0.1


class Publisher:
    """One client of one broker."""

    def __init__(
        self, record: Record, port: int, name: str = "publisher", base: str = "presence-bridge"
    ) -> None:
        self._record = record
        self._port = port
        self._name = name
        self._base = base
        # The broker has been killed, and what it has confirmed is lost: all is said again on the next connection.
        self.has_lost_all = False
        self._ids = itertools.cycle(range(1, 65_536))
        self._waiting: dict[int, tuple[str, int]] = {}
        self._writer: asyncio.StreamWriter | None = None
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._task = asyncio.get_running_loop().create_task(self._run(), name="publisher")
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._task is not None
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task
        # The connection closes in the loop's next turn.
        await asyncio.sleep(0)

    @property
    def is_settled(self) -> bool:
        """Whether the broker has taken the newest value of each extension."""
        record = self._record
        return all(record.taken[extension] == number for extension, number in [*record.sent.items()])

    async def settled(self, within: float = 20.0) -> None:
        """Wait for that."""
        until = self._record.clock() + within
        while not self.is_settled:
            assert self._record.clock() < until, "the broker does not take what is published"
            await asyncio.sleep(0.01)

    def publish(self, extension: str) -> int:
        """Say the next value; returns its number. Without a connection it waits for one."""
        number = self._record.sent[extension] + 1
        self._record.add(Published(self._record.clock(), extension, number))
        self._say(extension, number)
        return number

    def publish_all(self, extensions: Iterable[str]) -> None:
        """The next value of each."""
        for extension in extensions:
            self.publish(extension)

    def repeat(self, extension: str) -> None:
        """Publish again what stands."""
        self._say(extension, self._record.sent[extension])

    def _say(self, extension: str, number: int) -> None:
        payload = ",".join(value(number)).encode()
        self.send(f"{self._base}/presence/{extension}", payload, (extension, number))

    def send(self, topic: str, payload: bytes, told: tuple[str, int] | None = None) -> None:
        """Anything, retained, if there is a connection."""
        if self._writer is None:
            return
        packet_id = next(self._ids)
        if told is not None:
            self._waiting[packet_id] = told
        name = topic.encode()
        self._writer.write(_packet(_PUBLISH, len(name).to_bytes(2) + name + packet_id.to_bytes(2) + payload))

    async def _run(self) -> None:
        while True:
            with contextlib.suppress(OSError, asyncio.IncompleteReadError, TimeoutError):
                await self._session()
            self._writer = None
            await asyncio.sleep(_PAUSE)

    async def _session(self) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        try:
            name = self._name.encode()
            head = b"\x00\x04MQTT\x04\x02\x00\x00" + len(name).to_bytes(2) + name
            writer.write(_packet(_CONNECT, head))
            async with asyncio.timeout(5):
                await reader.readexactly(4)
            self._waiting.clear()
            self._writer = writer
            if self.has_lost_all:
                self.has_lost_all = False
                self._record.taken.clear()
            for extension, number in [*self._record.sent.items()]:
                if number > self._record.taken[extension]:
                    self._say(extension, number)
            while True:
                await self._read(reader)
        finally:
            writer.transport.abort()

    async def _read(self, reader: asyncio.StreamReader) -> None:
        head = await reader.readexactly(2)
        body = await reader.readexactly(head[1])
        if head[0] >> 4 == _PUBACK:
            told = self._waiting.pop(int.from_bytes(body[:2]), None)
            if told is not None:
                self._record.add(Confirmed(self._record.clock(), *told))


def _packet(first: int, body: bytes) -> bytes:
    """Fixed header and body (MQTT 3.1.1 section 2.2)."""
    length, digits = len(body), bytearray()
    while True:
        length, digit = divmod(length, 128)
        digits.append(digit | (0x80 if length else 0))
        if not length:
            return bytes([first]) + bytes(digits) + body
