"""What systemd hands over: which socket serves which address, which connection goes on, and what cannot be used."""

import os
import socket

import pytest

from bridge.events import Address
from bridge.io.systemd.descriptors import Descriptor
from bridge.io.systemd.inheritance import Inheritance
from bridge.io.systemd.keeping import rest_name, stream_name


class Estate:
    """Sockets as systemd would hand them over."""

    def __init__(self):
        self.descriptors, self.warnings, self._files = [], [], []

    def leave(self, name, number):
        self.descriptors.append(Descriptor(name, os.dup(number)))

    def bind(self, kind, host, port=0, *, both=False):
        """A bound socket; its address."""
        sock = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, kind)
        self._files.append(sock)
        if sock.family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, not both)
        sock.bind((host, port))
        if kind == socket.SOCK_STREAM:
            sock.listen()
        self.leave("sip", sock.fileno())
        return Address(*sock.getsockname()[:2])

    def connect(self):
        """A connection: the peer's end and ours."""
        with socket.create_server(("127.0.0.1", 0)) as server:
            peer = socket.create_connection(server.getsockname())
            ours, _ = server.accept()
        self._files += [peer, ours]
        return peer, ours

    def open(self):
        inheritance = Inheritance(self.descriptors, self.warnings.append)
        self._files.append(inheritance)
        return inheritance

    def close(self):
        for file in self._files:
            file.close()


@pytest.fixture
def estate():
    estate = Estate()
    yield estate
    estate.close()


UDP, TCP = socket.SOCK_DGRAM, socket.SOCK_STREAM


def test_who_was_started_by_hand_inherits_nothing():
    nothing = Inheritance()
    assert not nothing.is_activated
    assert nothing.claim("udp", Address("127.0.0.1", 5060)) is None
    assert [*nothing.streams(), *nothing.unclaimed(), *nothing.rests] == []


@pytest.mark.parametrize(("kind", "transport"), [(UDP, "udp"), (TCP, "tcp"), (TCP, "tls")])
@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_a_socket_is_for_the_transport_and_address_that_it_is_bound_to(estate, kind, transport, host):
    address = estate.bind(kind, host)
    heir = estate.open()
    assert heir.is_activated
    assert heir.claim("tcp" if transport == "udp" else "udp", address) is None
    assert heir.claim(transport, address._replace(port=address.port - 1)) is None
    found = heir.claim(transport, address)
    assert found.getsockname()[:2] == address
    assert not found.getblocking()
    assert heir.claim(transport, address) is None
    assert [*heir.unclaimed()] == []


@pytest.mark.parametrize(("wide", "narrow"), [("0.0.0.0", "127.0.0.1"), ("::", "::1")])
def test_one_on_all_addresses_serves_one_of_them_too(estate, wide, narrow):
    port = estate.bind(UDP, wide).port
    found = estate.open().claim("udp", Address(narrow, port))
    assert found.getsockname()[:2] == (wide, port)


def test_one_on_an_address_does_not_serve_all_and_is_in_their_way(estate):
    address = estate.bind(UDP, "127.0.0.1")
    heir = estate.open()
    everywhere = Address("0.0.0.0", address.port)
    assert heir.claim("udp", everywhere) is None
    assert heir.obstacle("udp", everywhere) == f"udp://127.0.0.1:{address.port}"
    assert heir.obstacle("udp", Address("127.0.0.2", address.port)) is None
    assert heir.obstacle("udp", Address("::", address.port)) is None
    assert heir.obstacle("udp", everywhere._replace(port=address.port - 1)) is None
    assert heir.obstacle("tcp", everywhere) is None


def test_two_addresses_cannot_share_a_socket(estate):
    port = estate.bind(TCP, "0.0.0.0").port
    heir = estate.open()
    assert heir.claim("tcp", Address("127.0.0.1", port)) is not None
    second = Address("127.0.0.2", port)
    assert heir.claim("tcp", second) is None
    assert heir.obstacle("tcp", second) == f"tcp://0.0.0.0:{port}"


def test_what_nobody_claims_is_named(estate):
    udp, tcp = estate.bind(UDP, "127.0.0.1"), estate.bind(TCP, "::1")
    assert {place for place, _ in estate.open().unclaimed()} == {
        f"udp://127.0.0.1:{udp.port}",
        f"tcp://[::1]:{tcp.port}",
    }


def test_connections_go_on_with_what_had_begun(estate):
    peer, ours = estate.connect()
    _, quiet = estate.connect()
    name = stream_name(ours.fileno())
    with os.fdopen(os.memfd_create("rest"), "wb") as rest:
        rest.write(b"NOTI")
        rest.flush()
        estate.leave(rest_name(name), rest.fileno())
    for sock in (ours, quiet):
        estate.leave("whatever systemd calls it", sock.fileno())
    ours.close()
    heir = estate.open()
    assert not heir.is_activated
    assert heir.rests == (rest_name(name),)
    kept = {stream.name: stream for stream in heir.streams()}
    assert {name: stream.rest for name, stream in kept.items()} == {
        name: b"NOTI",
        stream_name(quiet.fileno()): b"",
    }
    kept[name].sock.send(b"here")
    assert peer.recv(10) == b"here"
    assert [*heir.streams()] == []
    for stream in kept.values():
        stream.sock.close()
    assert estate.warnings == []


def test_what_cannot_be_used_is_said_and_closed(estate, tmp_path):
    with (tmp_path / "file").open("wb") as file, socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as local:
        estate.leave("a file", file.fileno())
        estate.leave("local", local.fileno())
        port = estate.bind(UDP, "::", both=True).port
        heir = estate.open()
    assert heir.claim("udp", Address("::", port)) is None
    file_words, local_words, both_words = estate.warnings
    assert file_words == "what systemd hands over as 'a file' is no socket: Socket operation on non-socket"
    assert local_words == "the socket 'local' of systemd cannot be used: it is neither of IPv4 nor of IPv6"
    assert both_words == (
        "the socket 'sip' of systemd cannot be used: it is of IPv6 and IPv4 at once;"
        " write BindIPv6Only=ipv6-only into its unit, and a line for each"
    )
