import re
from ipaddress import ip_network

import pytest

from bridge.config.addresses import Listener, is_loopback, parse_address, parse_listener, parse_network
from bridge.events import Address


@pytest.mark.parametrize(
    ("text", "listener"),
    [
        ("udp://127.0.0.1:5060", Listener("udp", "127.0.0.1", 5060)),
        ("udp://[::1]:5060", Listener("udp", "::1", 5060)),
        ("udp://[2001:DB8:0::1]:5060", Listener("udp", "2001:db8::1", 5060)),
        ("udp://*:5070", Listener("udp", "0.0.0.0", 5070)),
        ("udp://0.0.0.0:0", Listener("udp", "0.0.0.0", 0)),
    ],
)
def test_listeners(text, listener):
    assert parse_listener(text) == listener


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("tcp://127.0.0.1:5060", "only udp is served in this version"),
        ("tls://127.0.0.1:5061", "only udp is served in this version"),
        ("UDP://127.0.0.1:5060", "only udp is served in this version"),
        ("127.0.0.1:5060", "such as udp://127.0.0.1:5060"),
        ("udp://", "needs an address and a port, such as 127.0.0.1:5060"),
        ("udp://127.0.0.1", "needs an address and a port"),
        ("udp://5070", "such as 127.0.0.1:5070"),
        ("udp://:5060", "needs an address and a port"),
        ("udp://127.0.0.1:", "port from 0 to 65535"),
        ("udp://127.0.0.1:65536", "port from 0 to 65535"),
        ("udp://127.0.0.1:-1", "port from 0 to 65535"),
        ("udp://127.0.0.1:٣", "port from 0 to 65535"),
        ("udp://localhost:5060", "needs an IP address, not a name"),
        ("udp://[localhost]:5060", "needs an IP address, not a name"),
        ("udp://::1:5060", "needs brackets around an IPv6 address"),
        ("udp://[127.0.0.1]:5060", "needs brackets around an IPv6 address, and only there"),
    ],
)
def test_what_is_no_listener_says_what_to_write(text, words):
    with pytest.raises(ValueError, match=re.escape(words)):
        parse_listener(text)


def test_a_listener_has_an_address():
    assert parse_listener("udp://[::1]:5060").address == Address("::1", 5060)


def test_addresses_have_no_scheme():
    assert parse_address("[::1]:9464") == Address("::1", 9464)
    assert parse_address("*:80") == Address("0.0.0.0", 80)


@pytest.mark.parametrize("text", ["192.168.1.0/24", "10.0.0.7", "2001:db8::/32", "::1", "0.0.0.0/0"])
def test_networks(text):
    assert parse_network(text) == ip_network(text)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("192.168.1.5/24", "did you mean 192.168.1.0/24, or 192.168.1.5 alone?"),
        ("2001:db8::1/32", "did you mean 2001:db8::/32, or 2001:db8::1 alone?"),
        ("192.168.1.*", "needs a network such as 192.168.1.0/24"),
        ("lan", "needs a network such as 192.168.1.0/24"),
        ("", "needs a network such as 192.168.1.0/24"),
    ],
)
def test_what_is_no_network_says_what_to_write(text, words):
    with pytest.raises(ValueError, match=re.escape(words)):
        parse_network(text)


def test_loopback():
    assert is_loopback("127.0.0.2")
    assert is_loopback("::1")
    assert not is_loopback("0.0.0.0")
    assert not is_loopback("192.168.1.2")
