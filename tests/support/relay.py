"""A network between phones and a bridge that loses, doubles, delays and reorders as its seed says."""

import asyncio
import contextlib
import random
import socket
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

Address = tuple[str, int]

_ROOM = 4 << 20


@dataclass(frozen=True, slots=True)
class Weather:
    """Parts of 1 for `loss` and `duplication`; seconds for `delay` and `jitter`, which reorders."""

    loss: float = 0.0
    duplication: float = 0.0
    delay: float = 0.0
    jitter: float = 0.0


FAIR = Weather()


class Fate:
    """What becomes of each datagram: the delays of its copies. The same seed gives the same sequence."""

    def __init__(self, seed: int, weather: Weather = FAIR) -> None:
        self._random = random.Random(seed)
        self.weather = weather
        self.count: Counter[str] = Counter()

    def next(self) -> list[float]:
        """Seconds after which each copy arrives; empty when it is lost."""
        draw, weather = self._random.random, self.weather
        # Always as many draws, so that one datagram's fate does not move that of the next.
        lost, doubled, first, second = draw(), draw(), draw(), draw()
        self.count["datagrams"] += 1
        if lost < weather.loss:
            self.count["lost"] += 1
            return []
        delays = [weather.delay + first * weather.jitter]
        if doubled < weather.duplication:
            self.count["doubled"] += 1
            delays.append(weather.delay + second * weather.jitter)
        return delays


class UdpRelay:
    """Phones send to `address`; each gets a socket of its own towards `target`, by which answers come back."""

    def __init__(self, target: Address, seed: int, weather: Weather = FAIR) -> None:
        self._target = target
        self.there = Fate(seed * 2, weather)
        self.back = Fate(seed * 2 + 1, weather)
        self.is_hole = False
        self.address: Address = ("127.0.0.1", 0)
        self._front = _socket()
        self._ways: dict[Address, socket.socket] = {}
        self._loop: asyncio.AbstractEventLoop | None = None

    def start(self) -> None:
        """Listen, on the running loop."""
        self._loop = asyncio.get_running_loop()
        self._front.bind(self.address)
        self.address = self._front.getsockname()
        self._loop.add_reader(self._front, self._from_phones)

    def close(self) -> None:
        """Free all ports."""
        for sock in (self._front, *self._ways.values()):
            if self._loop is not None:
                self._loop.remove_reader(sock)
            sock.close()
        self._ways.clear()

    def change(self, weather: Weather) -> None:
        """From now on, both ways."""
        self.there.weather = self.back.weather = weather

    def _from_phones(self) -> None:
        for data, phone in _received(self._front):
            way = self._ways.get(phone) or self._way(phone)
            self._pass(self.there, partial(way.sendto, data, self._target))

    def _from_target(self, way: socket.socket, phone: Address) -> None:
        for data, _ in _received(way):
            self._pass(self.back, partial(self._front.sendto, data, phone))

    def _way(self, phone: Address) -> socket.socket:
        assert self._loop is not None
        way = self._ways[phone] = _socket()
        way.bind(("127.0.0.1", 0))
        self._loop.add_reader(way, self._from_target, way, phone)
        return way

    def _pass(self, fate: Fate, send: Callable[[], object]) -> None:
        assert self._loop is not None
        if self.is_hole:
            fate.count["swallowed"] += 1
            return
        for delay in fate.next():
            if delay:
                self._loop.call_later(delay, _try, send)
            else:
                _try(send)


class TcpRelay:
    """One listener before `target`; delays, stalls and cuts. A stream loses nothing, so nor does this."""

    def __init__(self, target: Address, seed: int, weather: Weather = FAIR) -> None:
        self._target = target
        self.fate = Fate(seed, weather)
        self.address: Address = ("127.0.0.1", 0)
        self._flows = asyncio.Event()
        self._flows.set()
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()

    async def start(self) -> None:
        """Listen."""
        self._server = await asyncio.start_server(self._connected, *self.address)
        self.address = self._server.sockets[0].getsockname()

    def stall(self) -> None:
        """Pass nothing on, and close nothing: a half-open connection."""
        self._flows.clear()

    def flow(self) -> None:
        """Pass on what has waited."""
        self._flows.set()

    def cut(self) -> None:
        """Reset all connections."""
        for writer in self._writers:
            writer.transport.abort()

    async def close(self) -> None:
        """Stop listening, and cut."""
        if self._server is not None:
            self._server.close()
        self._flows.set()
        self.cut()
        await asyncio.sleep(0)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            ahead, behind = await asyncio.open_connection(*self._target)
        except OSError:
            writer.transport.abort()
            return
        self._writers |= {writer, behind}
        with contextlib.suppress(OSError):
            await asyncio.gather(self._pump(reader, behind), self._pump(ahead, writer))
        for end in (writer, behind):
            self._writers.discard(end)
            end.transport.abort()

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65_536):
            weather = self.fate.weather
            if weather.delay or weather.jitter:
                await asyncio.sleep(max(self.fate.next(), default=weather.delay))
            await self._flows.wait()
            writer.write(data)
            await writer.drain()
        writer.write_eof()


def _socket() -> socket.socket:
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _ROOM)
    return sock


def _received(sock: socket.socket) -> list[tuple[bytes, Address]]:
    """What waits, up to a bound: others have their turn too."""
    found = []
    for _ in range(256):
        try:
            found.append(sock.recvfrom(65_535))
        except BlockingIOError:
            break
        except ConnectionError:
            continue
    return found


def _try(send: Callable[[], object]) -> None:
    """Nobody there, or no room: lost, as on a real network. A socket may be closed by now."""
    with contextlib.suppress(OSError):
        send()
