import os
import resource
import socket

import pytest

from bridge.io.descriptors import Descriptor, allow_descriptors, duplicate


def test_a_socket_that_is_closed_by_us_or_by_others_is_lost():
    for close in (socket.socket.close, lambda sock: os.close(sock.fileno())):
        sock = socket.socket()
        descriptor = Descriptor(sock)
        assert not descriptor.is_lost
        close(sock)
        assert descriptor.is_lost
        sock.detach()


@pytest.mark.requirement("T15")
def test_a_number_that_is_somebody_else_s_by_now_is_not_closed():
    sock, other = socket.socket(), socket.socket()
    descriptor = Descriptor(sock)
    number = sock.fileno()
    os.dup2(other.fileno(), number)
    assert descriptor.is_lost
    descriptor.close()
    assert sock.fileno() == -1
    os.fstat(number)
    os.close(number)
    other.close()


def test_a_socket_is_closed():
    sock = socket.socket()
    descriptor = Descriptor(sock)
    descriptor.close()
    assert sock.fileno() == -1
    descriptor.close()


@pytest.mark.parametrize(
    ("limits", "wanted", "allowed", "new"),
    [
        ((1024, 4096), 1000, 1000, None),
        ((1024, 4096), 2256, 2256, (2256, 4096)),
        ((1024, 2000), 2256, 2000, (2000, 2000)),
        ((1024, resource.RLIM_INFINITY), 2256, 2256, (2256, resource.RLIM_INFINITY)),
        ((resource.RLIM_INFINITY, resource.RLIM_INFINITY), 2256, 2256, None),
    ],
)
def test_the_limit_is_raised_as_far_as_needed_and_allowed(monkeypatch, limits, wanted, allowed, new):
    set_to = []
    monkeypatch.setattr(resource, "getrlimit", lambda _: limits)
    monkeypatch.setattr(resource, "setrlimit", lambda _, values: set_to.append(values))
    assert allow_descriptors(wanted) == allowed
    assert set_to == ([new] if new else [])


def test_a_duplicate_has_a_number_of_its_own():
    one, other = socket.socketpair()
    again = duplicate(one, above=200)
    assert again.fileno() > 200
    assert not again.getblocking()
    one.close()
    again.send(b"same")
    assert other.recv(10) == b"same"
    again.close()
    other.close()
