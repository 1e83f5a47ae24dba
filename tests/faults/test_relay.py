"""The relay: what its seed says, and nothing else, becomes of each datagram."""

import asyncio
import socket

import pytest

from support.relay import FAIR, Fate, TcpRelay, UdpRelay, Weather

STORM = Weather(loss=0.2, duplication=0.05, delay=0.01, jitter=0.02)


def test_the_same_seed_has_the_same_weather_and_another_has_another():
    first, second, other = (Fate(seed, STORM) for seed in (7, 7, 8))
    fates = [first.next() for _ in range(1000)]
    assert fates == [second.next() for _ in range(1000)]
    assert fates != [other.next() for _ in range(1000)]
    assert first.count == second.count


def test_as_much_is_lost_and_doubled_as_was_asked_for():
    fate = Fate(1, STORM)
    fates = [fate.next() for _ in range(20_000)]
    assert fates.count([]) == fate.count["lost"] == pytest.approx(4000, rel=0.05)
    assert sum(len(delays) == 2 for delays in fates) == fate.count["doubled"] == pytest.approx(800, rel=0.15)
    delays = [delay for delays in fates for delay in delays]
    assert 0.01 <= min(delays) < 0.0101
    assert 0.0299 < max(delays) <= 0.03


def test_loss_does_not_move_the_fate_of_those_that_follow():
    calm, storm = Fate(3, Weather(delay=0.01, jitter=0.02)), Fate(3, STORM)
    pairs = [(calm.next(), storm.next()) for _ in range(500)]
    assert all(one[0] == two[0] for one, two in pairs if two)


class Echo:
    """Answers each datagram with itself, and remembers them."""

    def __init__(self):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        self.socket.bind(("127.0.0.1", 0))
        self.heard = []
        asyncio.get_running_loop().add_reader(self.socket, self.hear)

    @property
    def address(self):
        return self.socket.getsockname()

    def hear(self):
        data, source = self.socket.recvfrom(2000)
        self.heard.append((data, source))
        self.socket.sendto(data, source)

    def close(self):
        asyncio.get_running_loop().remove_reader(self.socket)
        self.socket.close()


async def until(condition, within=5.0):
    async with asyncio.timeout(within):
        while not condition():
            await asyncio.sleep(0.005)


def run(seed, weather, count=200):
    """So many datagrams there and back: what came to the echo, what came back, the relay."""

    async def scenario():
        echo, back = Echo(), []
        relay = UdpRelay(echo.address, seed, weather)
        relay.start()
        phone = socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        phone.bind(("127.0.0.1", 0))
        loop = asyncio.get_running_loop()
        loop.add_reader(phone, lambda: back.append(int(phone.recv(100))))
        for number in range(count):
            phone.sendto(b"%d" % number, relay.address)
            await asyncio.sleep(0)
        copies = lambda fate: fate.count["datagrams"] - fate.count["lost"] + fate.count["doubled"]  # noqa: E731
        await until(
            lambda: relay.there.count["datagrams"] == count and len(echo.heard) == copies(relay.there)
        )
        await until(lambda: len(back) == copies(relay.back))
        loop.remove_reader(phone)
        phone.close()
        relay.close()
        echo.close()
        return [int(data) for data, _ in echo.heard], back, len({source for _, source in echo.heard})

    return asyncio.run(scenario())


def test_in_fair_weather_everything_comes_in_order():
    there, back, sources = run(1, FAIR)
    assert there == back == [*range(200)]
    assert sources == 1, "a phone keeps its address"


def test_loss_and_copies_are_the_same_each_time():
    weather = Weather(loss=0.3, duplication=0.1)
    first, second = run(5, weather), run(5, weather)
    assert first == second
    there, back, _ = first
    assert 100 < len(set(there)) < 180
    assert len(there) > len(set(there))
    assert len(set(back)) < len(set(there))


def test_jitter_reorders():
    there, _, _ = run(2, Weather(jitter=0.02))
    assert sorted(there) == [*range(200)]
    assert there != sorted(there)


def test_a_hole_swallows_everything_until_it_is_closed():
    async def scenario():
        echo = Echo()
        relay = UdpRelay(echo.address, 1)
        relay.start()
        relay.is_hole = True
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as phone:
            phone.sendto(b"1", relay.address)
            await until(lambda: relay.there.count["swallowed"] == 1)
            relay.is_hole = False
            phone.sendto(b"2", relay.address)
            await until(lambda: echo.heard)
            assert [data for data, _ in echo.heard] == [b"2"]
        relay.close()
        echo.close()

    asyncio.run(scenario())


def test_a_stream_can_be_stalled_and_cut():
    async def scenario():
        async def echo(reader, writer):
            while data := await reader.read(100):
                writer.write(data)
            writer.close()

        server = await asyncio.start_server(echo, "127.0.0.1", 0)
        relay = TcpRelay(server.sockets[0].getsockname(), 1)
        await relay.start()
        reader, writer = await asyncio.open_connection(*relay.address)
        writer.write(b"one")
        assert await reader.readexactly(3) == b"one"
        relay.stall()
        writer.write(b"two")
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(reader.readexactly(3), 0.1)
        relay.flow()
        assert await asyncio.wait_for(reader.readexactly(3), 5) == b"two"
        relay.cut()
        with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
            await asyncio.wait_for(reader.readexactly(1), 5)
        writer.close()
        await relay.close()
        server.close()

    asyncio.run(scenario())
