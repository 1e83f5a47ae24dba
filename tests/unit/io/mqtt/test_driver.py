import asyncio
import socket
from contextlib import contextmanager

import pytest

from bridge.io.mqtt.driver import Driver, described


class Client:
    """In paho's place: each loop_read finds a message, which takes 0.4 ms of a pretended clock."""

    def __init__(self, sock: socket.socket) -> None:
        self.now = 0.0
        self.messages = 0
        self.left = 1_000_000
        self._socket = sock

    def socket(self) -> socket.socket:
        return self._socket

    def loop_read(self) -> None:
        if self.left:
            self.left -= 1
            self.messages += 1
            self.now += 0.0004


class Broken(Client):
    def loop_read(self) -> None:
        raise LookupError("half a packet")

    loop_write = loop_misc = loop_read


@contextmanager
def tcp_pair():
    with socket.create_server(("127.0.0.1", 0)) as server:
        client = socket.create_connection(server.getsockname())
        with client, server.accept()[0] as peer:
            yield client, peer


def driving(client: Client, failed=lambda _: None) -> Driver:
    return Driver(client, lambda: client.messages, failed, lambda: client.now)


def test_a_flood_gives_way_to_the_loop_after_a_millisecond():
    async def scenario():
        with tcp_pair() as (sock, peer):
            client = Client(sock)
            driver = driving(client)
            assert driver.attach()
            peer.send(b"x")
            turns = []
            for _ in range(50):
                before = client.now
                await asyncio.sleep(0)
                turns.append(client.now - before)
            driver.close()
        assert client.messages > 100
        assert max(turns) < 0.001 + 0.0004

    asyncio.run(scenario())


def test_reading_ends_when_nothing_more_arrives():
    async def scenario():
        with tcp_pair() as (sock, peer):
            client = Client(sock)
            client.left = 1
            driver = driving(client)
            driver.attach()
            peer.send(b"x")
            await asyncio.sleep(0.01)
            driver.close()
        assert client.messages == 1

    asyncio.run(scenario())


def test_what_paho_raises_is_told():
    async def scenario():
        told = []
        with tcp_pair() as (sock, peer):
            driver = driving(Broken(sock), told.append)
            driver.attach()
            peer.send(b"x")
            await asyncio.sleep(0.01)
            driver.tick()
            driver.close()
        assert told
        assert "LookupError('half a packet') at " in told[-1]

    asyncio.run(scenario())


def test_the_socket_does_not_wait_for_acknowledgements():
    async def scenario():
        with tcp_pair() as (sock, _):
            driver = driving(Client(sock))
            driver.attach()
            assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
            driver.close()
            assert sock.fileno() == -1

    asyncio.run(scenario())


def test_a_client_without_a_socket_is_not_attached():
    async def scenario():
        driver = driving(Client(None))
        assert not driver.attach()
        driver.close()

    asyncio.run(scenario())


def test_an_error_is_described_with_its_line():
    with pytest.raises(KeyError) as caught:
        {}["absent"]
    assert described(caught.value).startswith("KeyError('absent') at ")
    assert "test_driver.py:" in described(caught.value)
