from ipaddress import ip_address

import pytest

from bridge.events import Address, Flow
from bridge.sip.addressing import contact_uri, host_port, source_address, via_head

V4 = Flow("udp", Address("192.0.2.1", 5060), Address("192.0.2.9", 40000))
V6 = Flow("tcp", Address("2001:db8::1", 5062), Address("2001:db8::9", 40000))


def test_addresses_as_uris_write_them():
    assert host_port(V4.local) == "192.0.2.1:5060"
    assert host_port(V6.local) == "[2001:db8::1]:5062"


@pytest.mark.requirement("T5")
def test_via_names_the_listener_and_asks_for_rport():
    assert via_head(V4) == "SIP/2.0/UDP 192.0.2.1:5060;rport;branch="
    assert via_head(V6) == "SIP/2.0/TCP [2001:db8::1]:5062;rport;branch="


@pytest.mark.requirement("D7")
def test_contact_names_the_transport_unless_it_is_udp():
    assert contact_uri(V4) == "sip:192.0.2.1:5060"
    assert contact_uri(V6) == "sip:[2001:db8::1]:5062;transport=tcp"


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("192.0.2.9", "192.0.2.9"),
        ("::ffff:192.0.2.9", "192.0.2.9"),
        ("2001:db8::9", "2001:db8::9"),
        ("fe80::1%eth0", "fe80::1"),
    ],
)
def test_the_address_of_a_source(host, address):
    assert source_address(host) == ip_address(address)
