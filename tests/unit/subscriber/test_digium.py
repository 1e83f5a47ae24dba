import pytest

from bridge.events import Address, Flow
from bridge.sip.parser import parse
from bridge.subscriber.digium import BRANCH, Handset

FLOW = Flow("udp", Address("192.0.2.10", 40000), Address("192.0.2.1", 5060))


def subscribe(extension="2000", flow=FLOW, user="200"):
    handset = Handset(user, flow)
    return handset.subscribe(
        handset.uri(extension),
        branch=f"{BRANCH}1",
        local=f"{handset.identity};tag=phone",
        remote=handset.address(extension),
        call_id="call",
        cseq=9775,
        expires=600,
    )


def test_the_subscribe_of_a_digium_phone():
    assert subscribe().decode() == (
        "SUBSCRIBE sip:2000@192.0.2.1:5060 SIP/2.0\r\n"
        "Via: SIP/2.0/UDP 192.0.2.10:40000;rport;branch=z9hG4bKPj1\r\n"
        "Max-Forwards: 70\r\n"
        'From: "200" <sip:200@192.0.2.1>;tag=phone\r\n'
        "To: sip:2000@192.0.2.1\r\n"
        'Contact: "200" <sip:200@192.0.2.10:40000;ob>\r\n'
        "Call-ID: call\r\n"
        "CSeq: 9775 SUBSCRIBE\r\n"
        "Event: presence\r\n"
        "Expires: 600\r\n"
        "Supported: replaces, 100rel, timer, norefersub\r\n"
        "Accept: application/pidf+xml, application/xpidf+xml\r\n"
        "Allow-Events: presence, message-summary, refer\r\n"
        "User-Agent: Digium D40 (presence-bridge watch)\r\n"
        "Content-Length: 0\r\n\r\n"
    )


@pytest.mark.parametrize("odd", ["front door", "a@b", "x\r\nEvil: y", '"<>"', "ä", "50%"])
def test_odd_names_make_uris_that_can_be_read(odd):
    request = parse(subscribe(odd, user=odd))
    assert request.request_uri.user == odd
    assert request.to_uri.user == odd
    assert request.get("evil") is None
    assert len(request.contacts) == 1


def test_ipv6_addresses_stand_in_brackets():
    request = parse(subscribe(flow=Flow("udp", Address("2001:db8::10", 40000), Address("2001:db8::1", 5060))))
    assert request.uri == "sip:2000@[2001:db8::1]:5060"
    assert request.to.uri == "sip:2000@[2001:db8::1]"
    assert request.contacts[0].uri == "sip:200@[2001:db8::10]:40000;ob"


def test_the_answer_to_a_notify_holds_what_the_phone_says_of_itself():
    assert Handset("200", FLOW).answer_headers == (
        ("Contact", '"200" <sip:200@192.0.2.10:40000;ob>'),
        ("Allow", "PRACK, INVITE, ACK, BYE, CANCEL, UPDATE, SUBSCRIBE, NOTIFY, REFER, MESSAGE, OPTIONS"),
        ("Supported", "replaces, 100rel, timer, norefersub"),
    )
