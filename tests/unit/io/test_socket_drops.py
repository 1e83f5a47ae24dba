"""On real sockets: what the kernel drops is counted nowhere else."""

import socket
from collections.abc import Iterator

import pytest

from bridge.io.socket_drops import SocketDrops


def small() -> socket.socket:
    """A socket with room for a few datagrams."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
    sock.bind(("127.0.0.1", 0))
    return sock


def flood(sock: socket.socket, count: int) -> int:
    """Send so many; return how many of them arrived."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        for _ in range(count):
            sender.sendto(b"x" * 500, sock.getsockname())
    arrived = 0
    while True:
        try:
            sock.recv(1000)
        except BlockingIOError:
            return arrived
        arrived += 1


@pytest.fixture
def sock() -> Iterator[socket.socket]:
    with small() as one:
        yield one


def test_what_was_sent_either_arrives_or_is_counted(sock):
    drops = SocketDrops()
    assert drops.read(sock) == 0
    arrived = flood(sock, 200)
    assert 0 < drops.read(sock) == 200 - arrived
    again = flood(sock, 100)
    assert drops.read(sock) == 300 - arrived - again


def test_the_count_goes_on_with_the_next_socket(sock):
    drops = SocketDrops()
    first = 200 - flood(sock, 200)
    drops.replace(sock)
    sock.close()
    assert drops.read(None) == drops.read(sock) == first
    with small() as other:
        assert drops.read(other) == first
        second = 100 - flood(other, 100)
        assert second > 0
        assert drops.read(other) == first + second


def test_of_a_socket_that_is_lost_what_was_read_is_kept(sock):
    drops = SocketDrops()
    first = 200 - flood(sock, 200)
    assert drops.read(sock) == first
    drops.replace(None)
    drops.replace(None)
    assert drops.read(None) == first


def test_a_kernel_that_cannot_tell_counts_nothing(sock, monkeypatch):
    monkeypatch.setattr("bridge.io.socket_drops._SO_MEMINFO", 9999)
    flood(sock, 200)
    assert SocketDrops().read(sock) == 0
