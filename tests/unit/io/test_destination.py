import socket

import pytest

from bridge.events import Address
from bridge.io.destination import is_same_family, is_wildcard, leads_to, undeliverable


@pytest.mark.requirement("T16")
@pytest.mark.parametrize(
    ("host", "reason"),
    [
        ("224.0.1.75", "a multicast address"),
        ("239.255.255.255", "a multicast address"),
        ("ff02::1", "a multicast address"),
        ("::ffff:224.0.0.1", "a multicast address"),
        ("255.255.255.255", "a broadcast address"),
        ("::ffff:255.255.255.255", "a broadcast address"),
        ("0.0.0.0", "no address"),
        ("::", "no address"),
        ("phone.example", "not an IP address"),
        ("127.1", "not an IP address"),
        ("192.0.2.1 ", "not an IP address"),
        ("[::1]", "not an IP address"),
        ("", "not an IP address"),
    ],
)
def test_what_is_never_sent_to(host, reason):
    assert undeliverable(host) == reason


@pytest.mark.parametrize("host", ["127.0.0.1", "192.168.1.255", "::1", "fe80::1%eth0", "2001:db8::1"])
def test_what_may_be_sent_to(host):
    assert undeliverable(host) is None


def test_wildcards_and_families():
    assert is_wildcard("0.0.0.0")
    assert is_wildcard("::")
    assert not is_wildcard("127.0.0.1")
    assert is_same_family("::1", "fe80::1%eth0")
    assert not is_same_family("::1", "127.0.0.1")


@pytest.mark.parametrize(
    ("listener", "destination", "leads"),
    [
        ("127.0.0.1", "127.0.0.1", True),
        ("127.0.0.1", "127.0.0.2", False),
        ("0.0.0.0", "127.0.0.2", True),
        ("0.0.0.0", "192.0.2.1", False),
        ("0.0.0.0", "::1", False),
        ("::", "::1", True),
        ("::", "2001:db8::1", False),
    ],
)
def test_what_leads_back_to_a_listener(listener, destination, leads):
    assert leads_to(Address(listener, 5060), Address(destination, 5060)) == leads
    assert not leads_to(Address(listener, 5060), Address(destination, 5061))


def test_any_address_of_this_machine_leads_to_a_wildcard():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("127.0.0.1", 9))
        host = probe.getsockname()[0]
    assert leads_to(Address("0.0.0.0", 5060), Address(host, 5060))
