"""Via values: reading them, and what they say about the way back."""

import pytest

from bridge.events import Address
from bridge.sip.errors import BadRequest
from bridge.sip.headers import parse_via, response_address, salvage_via, stamp


@pytest.mark.requirement("M2")
@pytest.mark.parametrize(
    "text",
    [
        "SIP/2.0/UDP 192.0.2.1:5060;rport;branch=z9hG4bK1",
        "SIP  / 2.0\t/ udp   192.0.2.1 : 5060 ; rport ; branch = z9hG4bK1",
    ],
)
def test_via(text):
    via = parse_via(text)
    assert (via.transport, via.host, via.port) == ("UDP", "192.0.2.1", 5060)
    assert via.branch == "z9hG4bK1"
    assert (via.has_rport, via.rport) == (True, None)
    assert via.raw == text


@pytest.mark.requirement("M16")
@pytest.mark.parametrize("received", ["[2001:db8::9:255]", "2001:db8::9:255"])
def test_ipv6_in_via_with_and_without_brackets_in_received(received):
    via = parse_via(f"SIP/2.0/TCP [2001:DB8::9:1]:6050;received={received};branch=z9hG4bKas3")
    assert (via.host, via.port) == ("2001:db8::9:1", 6050)
    assert via.params["received"] == received
    assert via.branch == "z9hG4bKas3"


@pytest.mark.requirement("M17")
def test_via_without_branch():
    via = parse_via("SIP/2.0/UDP iftgw.example.com")
    assert (via.branch, via.has_rport) == (None, False)


def test_rport_with_its_value():
    assert parse_via("SIP/2.0/UDP h;rport=5060").rport == 5060
    assert parse_via("SIP/2.0/UDP h;rport=x").rport is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "SIP/2.0/UDP",
        "SIP/2.0 192.0.2.1",
        "SIP/2.0/UDP 192.0.2.15;;,;,,",
        "SIP/2.0/UDP h;branch=a;branch=b",
        "SIP/2.0/UDP h;branch=a b",
        "SIP/2.0/UDP a, SIP/2.0/UDP b",
        "SIP/2.0/UDP 2001:db8::1",
        "SIP/2.0/UDP [2001:db8::1",
        "SIP/2.0/UDP h:99999;branch=z9hG4bK",
        "SIP/2.0/UDP h:0",
        "SIP/2.0/UDP h:-1",
        "SIP/2.0/UDP %(protocol)60000000s",
        "SIP/2.0/UDP h\u00e9",
    ],
)
def test_what_is_no_via(text):
    with pytest.raises(BadRequest):
        parse_via(text)


def test_what_can_be_saved_of_a_via():
    via = salvage_via("SIP/2.0/UDP 192.0.2.15;branch=z9hG4bK1;;,;,,")
    assert via is not None
    assert via.raw == "SIP/2.0/UDP 192.0.2.15;branch=z9hG4bK1"
    assert via.branch == "z9hG4bK1"
    assert salvage_via("SIP/2.0/UDP h:99999;branch=z9hG4bK") is None
    assert salvage_via("garbage") is None


@pytest.mark.requirement("T2")
@pytest.mark.parametrize(
    ("via", "source", "stamped"),
    [
        # Nothing to tell: the sent-by is the source, and nobody asks for the port.
        ("SIP/2.0/UDP 192.0.2.1:5060;branch=z1", ("192.0.2.1", 5060), None),
        ("SIP/2.0/UDP 192.0.2.1:5060;branch=z1", ("192.0.2.1", 40000), None),
        # RFC 3261 section 18.2.1: another host, or a name.
        (
            "SIP/2.0/UDP 192.0.2.1:5060;branch=z1",
            ("198.51.100.7", 5060),
            "SIP/2.0/UDP 192.0.2.1:5060;branch=z1;received=198.51.100.7",
        ),
        (
            "SIP/2.0/TCP Host.example.com",
            ("192.0.2.1", 5060),
            "SIP/2.0/TCP Host.example.com;received=192.0.2.1",
        ),
        # RFC 3581 section 4: with rport both, even where the host is the same.
        (
            "SIP/2.0/UDP 192.0.2.1:5060;rport;branch=z1",
            ("192.0.2.1", 40000),
            "SIP/2.0/UDP 192.0.2.1:5060;rport=40000;branch=z1;received=192.0.2.1",
        ),
        (
            "SIP/2.0/UDP 10.1.1.1:4540 ; branch=z1 ;\trPort ;ttl=1",
            ("192.0.2.1", 9988),
            "SIP/2.0/UDP 10.1.1.1:4540 ; branch=z1 ;rport=9988;ttl=1;received=192.0.2.1",
        ),
        # What the client made up is replaced.
        (
            "SIP/2.0/UDP 192.0.2.1;received=203.0.113.9;rport=1;branch=z1",
            ("192.0.2.1", 5060),
            "SIP/2.0/UDP 192.0.2.1;rport=5060;branch=z1;received=192.0.2.1",
        ),
        ("SIP/2.0/UDP 192.0.2.1;received=203.0.113.9", ("192.0.2.1", 5060), None),
        # IPv6: compared as addresses, written without brackets, zone and all.
        ("SIP/2.0/UDP [2001:db8:0::1];branch=z1", ("2001:db8::1", 5060), None),
        (
            "SIP/2.0/UDP [2001:db8::1];branch=z1",
            ("fe80::1%eth0", 5060),
            "SIP/2.0/UDP [2001:db8::1];branch=z1;received=fe80::1",
        ),
    ],
)
def test_stamp(via, source, stamped):
    expected = via if stamped is None and "received" not in via else stamped
    if expected is None:
        expected = "SIP/2.0/UDP 192.0.2.1;received=192.0.2.1"
    assert stamp(via, *source) == expected
    assert stamp(parse_via(via), *source) == expected


@pytest.mark.requirement("T2")
def test_a_parameter_that_only_looks_like_rport_stays():
    via = 'SIP/2.0/UDP h;x=";rport";xrport;rport;branch=z1'
    assert (
        stamp(via, "192.0.2.1", 7) == 'SIP/2.0/UDP h;x=";rport";xrport;rport=7;branch=z1;received=192.0.2.1'
    )


@pytest.mark.requirement("T3")
@pytest.mark.parametrize(
    ("via", "address"),
    [
        ("SIP/2.0/UDP 10.0.0.1:5062;rport;branch=z1", ("192.0.2.1", 40000)),
        ("SIP/2.0/UDP 10.0.0.1:5062;branch=z1", ("192.0.2.1", 5062)),
        ("SIP/2.0/UDP 10.0.0.1;branch=z1", ("192.0.2.1", 5060)),
        ("SIP/2.0/TLS 10.0.0.1;branch=z1", ("192.0.2.1", 5060)),
        ("SIP/2.0/UDP 10.0.0.1;maddr=203.0.113.9;received=203.0.113.9", ("192.0.2.1", 5060)),
    ],
)
def test_answers_go_to_the_source_and_nowhere_else(via, address):
    answer_to = response_address(parse_via(via), Address("192.0.2.1", 40000))
    assert answer_to == address
    assert isinstance(answer_to, Address)
