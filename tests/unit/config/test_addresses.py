import re
from ipaddress import ip_network

import pytest

from bridge.config.addresses import (
    Listener,
    is_loopback,
    parse_address,
    parse_host,
    parse_listener,
    parse_network,
    parse_server,
)
from bridge.events import Address


@pytest.mark.parametrize(
    ("text", "listener"),
    [
        ("udp://127.0.0.1:5060", Listener("udp", "127.0.0.1", 5060)),
        ("udp://[::1]:5060", Listener("udp", "::1", 5060)),
        ("tcp://[::1]:5060", Listener("tcp", "::1", 5060)),
        ("tls://*:5061", Listener("tls", "0.0.0.0", 5061)),
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
        ("sctp://127.0.0.1:5060", "only udp, tcp and tls are served"),
        ("UDP://127.0.0.1:5060", "only udp, tcp and tls are served"),
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


@pytest.mark.parametrize("host", ["broker", "my_broker.example", "192.0.2.1", "2001:db8::1"])
def test_a_host_is_a_name_or_an_address(host):
    assert parse_host(host) == host


@pytest.mark.parametrize("text", ["", "a b", "a:1", "[::1]", "http://a"])
def test_what_is_no_host_is_refused(text):
    with pytest.raises(ValueError, match="needs a host name or an IP address alone"):
        parse_host(text)


@pytest.mark.parametrize(
    ("text", "server"),
    [
        ("192.168.1.20:5070", ("192.168.1.20", 5070)),
        ("192.168.1.20", ("192.168.1.20", 5060)),
        ("pbx.example:5062", ("pbx.example", 5062)),
        ("[2001:db8::1]", ("2001:db8::1", 5060)),
        ("[2001:db8::1]:5070", ("2001:db8::1", 5070)),
    ],
)
def test_a_server_has_a_port(text, server):
    assert parse_server(text) == server


@pytest.mark.parametrize(
    "text",
    ["", ":5060", "a:", "a:0", "a:65536", "2001:db8::1", "[a]", "[]:1", "sip:a", "a b:5060", "a:5060/"],
)
def test_what_is_no_server_is_refused_with_an_example(text):
    with pytest.raises(ValueError, match=re.escape("with a port or without: 192.168.1.20:5060")):
        parse_server(text)
