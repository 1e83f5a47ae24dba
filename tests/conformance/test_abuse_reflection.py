"""Nothing that a request says makes the bridge send to anybody but its source, and to a stranger it sends little."""

import itertools

import pytest

from bridge.effects import Send
from bridge.events import Address, BytesReceived, Flow
from bridge.sip.parser import MAX_URI
from support.phone import BRIDGE
from support.playbook import Playbook

PHONE = "192.0.2.10"
VICTIM = "198.51.100.66"

# Whom a request can name, and in which header.
NAMED = {
    "contact": {"Contact": f"<sip:200@{VICTIM}:5060>"},
    "contact of another name": {"Contact": "<sip:200@victim.invalid>"},
    "contact with maddr": {"Contact": f"<sip:200@{PHONE};maddr={VICTIM}>"},
    "contact over tcp": {"Contact": f"<sip:200@{VICTIM};transport=tcp>"},
    "several contacts": {"Contact": f"<sip:200@{VICTIM}>, <sip:200@{PHONE}>"},
    "broadcast contact": {"Contact": "<sip:200@255.255.255.255>"},
    "directed broadcast contact": {"Contact": "<sip:200@192.0.2.255>"},
    "multicast contact": {"Contact": "<sip:200@224.0.1.75>"},
    "unspecified contact": {"Contact": "<sip:200@0.0.0.0:0>".replace(":0>", ">")},
    "mapped contact": {"Contact": f"<sip:200@[::ffff:{VICTIM}]>"},
    "record-route": {"Record-Route": f"<sip:{VICTIM};lr>"},
    "strict record-route": {"Record-Route": f"<sip:{VICTIM}>"},
    "two record-routes": {"Record-Route": f"<sip:{PHONE};lr>, <sip:{VICTIM};lr>"},
    "route": {"Route": f"<sip:{VICTIM};lr>"},
    "via": {"Via": f"SIP/2.0/UDP {VICTIM}:5060;branch=z9hG4bKv1"},
    "via with rport": {"Via": f"SIP/2.0/UDP {VICTIM}:5060;rport=5060;branch=z9hG4bKv2"},
    "via with received": {"Via": f"SIP/2.0/UDP {PHONE};received={VICTIM};branch=z9hG4bKv3"},
    "via with maddr": {"Via": f"SIP/2.0/UDP {PHONE};maddr={VICTIM};branch=z9hG4bKv4"},
    "via with multicast": {"Via": f"SIP/2.0/UDP {PHONE};maddr=224.0.1.75;ttl=255;branch=z9hG4bKv5"},
    "second via": {"Via": f"SIP/2.0/UDP {PHONE};branch=z9hG4bKv6, SIP/2.0/UDP {VICTIM};branch=z9hG4bKv7"},
}


@pytest.fixture
def play():
    return Playbook("2000 = SIP/2000,CustomPresence:2000", trusted=("192.0.2.0/24",))


def hosts(play):
    return {effect.flow.remote.host for effect in play.of(Send)}


@pytest.mark.requirement("T3", "T6", "T16", "D8", "D9")
@pytest.mark.parametrize("headers", NAMED.values(), ids=NAMED)
def test_everything_goes_to_the_host_that_the_request_came_from(play, headers):
    phone = play.phone(PHONE, 5060)
    phone.send(phone.request("SUBSCRIBE", **{"Event": "presence", "Expires": "600"} | headers))
    play.mqtt("presence/2000", "away")
    play.advance(600 + 100)
    assert [*hosts(play)] == [PHONE]


@pytest.mark.requirement("T6", "D10")
@pytest.mark.parametrize("headers", NAMED.values(), ids=NAMED)
def test_nor_does_a_refresh_lead_elsewhere(play, headers):
    phone = play.phone(PHONE, 5060)
    phone.subscribe()
    phone.notified()
    phone.send(phone.request("SUBSCRIBE", **{"Event": "presence", "Expires": "600"} | headers))
    play.mqtt("presence/2000", "away")
    play.advance(600 + 100)
    assert [*hosts(play)] == [PHONE]


@pytest.mark.requirement("T3", "D16")
@pytest.mark.parametrize("method", ["OPTIONS", "INVITE", "CANCEL", "FOO"])
@pytest.mark.parametrize("headers", NAMED.values(), ids=NAMED)
def test_nor_does_any_other_answer(play, method, headers):
    phone = play.phone(PHONE, 5060)
    phone.send(phone.request(method, **headers))
    assert hosts(play) <= {PHONE}


def test_a_stranger_gets_one_packet_and_leaves_no_subscription(play):
    stranger = play.phone("203.0.113.9", 5060)
    stranger.send(stranger.request("SUBSCRIBE", Event="presence", Expires="600"))
    play.advance(600)
    assert [response.status for response in stranger.responses()] == [403]
    assert len(stranger.received) == len(play.of(Send)) == 1
    assert play.notifier.subscriptions == ()


@pytest.mark.requirement("T16")
def test_a_loop_through_the_bridge_itself_ends(play):
    """Contact, Via and source are the bridge's own address, and what it sends there comes back to it."""
    own = BRIDGE._replace(host="192.0.2.1")
    flow = Flow("udp", own, own)
    loop = play.phone(own.host, own.port)
    play.feed(BytesReceived(flow, wire(loop.request("SUBSCRIBE", Event="presence", Expires="600"))))
    for rounds in itertools.count():
        sent, loop.received[:] = [*loop.received], []
        for data in sent:
            play.feed(BytesReceived(flow, data))
        play.advance(1)
        if not loop.received:
            break
        assert rounds < 10
    assert play.notifier.subscriptions == ()


def test_the_ports_of_a_host_are_its_own_affair(play):
    """A Contact or Via may name another port of the source: behind it is the same host."""
    phone = play.phone(PHONE, 40_000)
    phone.send(phone.request("SUBSCRIBE", Event="presence", Contact=f"<sip:200@{PHONE}:5070>"))
    answer, notify = play.of(Send)
    assert answer.flow.remote == Address(PHONE, 40_000)
    assert notify.flow.remote == Address(PHONE, 5070)


# --- how much --------------------------------------------------------------------------------------

SMALLEST = (
    "SUBSCRIBE sip:2000@h SIP/2.0\nv:SIP/2.0/UDP h;branch=z9hG4bK1\nf:<sip:a@h>;tag=1\nt:<sip:2000@h>\n"
    "i:1\nCSeq:1 SUBSCRIBE\nm:<sip:a@h>\no:presence\nl:0\n\n"
)
ESCAPED = SMALLEST.replace("sip:2000@h ", f"sip:2000@h;x={'&' * (MAX_URI - 13)} ")
ROUTED = SMALLEST.replace("o:", f"Record-Route:<sip:{'r' * 200}.invalid;lr>\n" * 20 + "o:")


def wire(text):
    return text.replace("\n", "\r\n").encode()


@pytest.mark.requirement("S14", "X3")
@pytest.mark.parametrize("text", [SMALLEST, ESCAPED, ROUTED], ids=["smallest", "escaped", "routed"])
def test_what_one_datagram_can_make_the_bridge_send_is_bounded(play, text):
    """Thirty times its size at the very most, and less than twenty for the smallest (decision 21)."""
    phone = play.phone(PHONE, 5060)
    phone.send(text)
    assert phone.received[0].startswith((b"SIP/2.0 200 ", b"SIP/2.0 513 "))
    play.advance(30)
    factor = sum(map(len, phone.received)) / len(wire(text))
    assert factor < (30 if "&" in text else 20)


@pytest.mark.requirement("S14", "X3")
@pytest.mark.parametrize("expires", ["10", "600", "3600"])
def test_an_address_that_never_answers_gets_few_notifies_and_then_none(play, expires):
    """Three transmissions of one NOTIFY (decision 21)."""
    phone = play.phone(PHONE, 5060)
    phone.send(phone.request("SUBSCRIBE", Event="presence", Expires=expires))
    for state in ("away", "dnd", "available", "xa"):
        play.mqtt("presence/2000", state)
        play.advance(600)
    assert len(phone.responses()) == 1
    assert len(phone.notifies()) == 3
    assert play.notifier.subscriptions == ()


@pytest.mark.requirement("T12")
def test_an_address_that_refuses_gets_no_more_than_one(play):
    """ICMP says that nobody listens there: the next ones wait, and are few."""
    phone = play.phone(PHONE, 5060)
    phone.send(phone.request("SUBSCRIBE", Event="presence", Expires="3600"))
    phone.refused()
    play.advance(9)
    assert len(phone.notifies()) == 1
