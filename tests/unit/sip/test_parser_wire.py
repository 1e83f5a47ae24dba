"""Recorded messages of real phones, clients and PBXs have the right fields."""

from pathlib import Path

import pytest

from bridge.events import Address
from bridge.sip.headers import response_address, stamp
from bridge.sip.message import Request, Response
from bridge.sip.parser import frame, parse

WIRE = Path(__file__).parents[2] / "data" / "wire"


def load(name):
    return parse((WIRE / f"{name}.sip").read_bytes())


SUBSCRIBES = [
    # name, user, From tag, Contact, Event, Expires, Accept, Supported
    (
        "baresip-1.0.0-SUBSCRIBE-udp",
        *("2000", "0d183e9a842b7b62", "sip:alice-0x558d21320710@127.0.0.1:5095", "presence", 600, None, []),
    ),
    (
        "baresip-1.0.0-SUBSCRIBE-tcp-with-digest",
        *("2000", "87f07c6aa3764959", "sip:alice-0x556819bd5610@127.0.0.1:5095;transport=tcp"),
        *("presence", 600, None, []),
    ),
    (
        "linphonec-5.1.65-SUBSCRIBE-udp",
        *("2001", "SsDgontjm", "sip:carol@127.0.0.1:5096;transport=udp", "presence", 600, None),
        ["replaces", "outbound", "gruu"],
    ),
    (
        "linphonec-5.1.65-SUBSCRIBE-unsubscribe",
        *("2001", "SsDgontjm", "sip:carol@127.0.0.1:5096;transport=udp", "presence", 0, None),
        ["replaces", "outbound", "gruu"],
    ),
    (
        "pjsua-2.17dev-SUBSCRIBE-presence",
        *("2000", "514c58ea-adb0-4c00-8a54-2339b28f4985", "sip:200@127.0.0.1:5097;ob", "presence", 600),
        ["pidf+xml", "xpidf+xml"],
        ["replaces", "100rel", "timer", "norefersub", "trickle-ice"],
    ),
    (
        "twinkle-1.10.2-SUBSCRIBE",
        *("2000", "xotwc", "sip:dave@127.0.0.1:5098", "presence", 600, ["pidf+xml"], []),
    ),
    (
        "reconstructed-digium-D40-SUBSCRIBE",
        *("2000", "DTD-tYEwFMmbPyu0YWalLQdbEUGSLGN5", "sip:200@10.24.16.37:5060;ob", "presence", 600),
        ["pidf+xml", "xpidf+xml"],
        ["replaces", "100rel", "timer", "norefersub"],
    ),
    (
        "asterisk-20-compact-SUBSCRIBE",
        *("2000", "f5r2pmqf", "sip:x@127.0.0.1:49981", "presence", 60, ["pidf+xml"], []),
    ),
    (
        "asterisk-20-record-route-SUBSCRIBE",
        *("2000", "pg3vjxtk", "sip:phone@127.0.0.77:7777", "presence", 60, ["pidf+xml"], []),
    ),
]


@pytest.mark.requirement("M1", "M2", "M3")
@pytest.mark.parametrize(
    ("name", "user", "tag", "contact", "event", "expires", "accept", "supported"),
    SUBSCRIBES,
    ids=[case[0] for case in SUBSCRIBES],
)
def test_subscribe(name, user, tag, contact, event, expires, accept, supported):
    request = load(name)
    assert isinstance(request, Request)
    assert (request.method, request.cseq.method) == ("SUBSCRIBE", "SUBSCRIBE")
    assert request.request_uri.user == user
    assert request.to_uri.user == user
    assert request.from_.tag == tag
    assert [c.uri for c in request.contacts] == [contact]
    assert request.event is not None
    assert (request.event.package, request.event.id) == (event, None)
    assert request.expires == expires
    assert (request.accept and [media.subtype for media in request.accept]) == accept
    assert request.values("supported") == supported
    assert request.require == []
    assert request.get("max-forwards") == "70"
    via = request.top_via
    assert via.branch is not None
    assert via.branch.startswith("z9hG4bK")
    assert via.has_rport
    assert response_address(via, Address("127.0.0.1", 40000)) == ("127.0.0.1", 40000)
    assert ";rport=40000" in stamp(via, "127.0.0.1", 40000)


ANSWERS = [
    ("baresip-1.0.0-200-to-NOTIFY", 200, "z9hG4bKkpgtfl0xjz70", 64, "0d183e9a842b7b62"),
    ("baresip-1.0.0-415-to-NOTIFY-with-charset-param", 415, "z9hG4bKk9h72on44kko", 21, "0cd3991fad718599"),
    ("linphonec-5.1.65-200-to-NOTIFY", 200, "z9hG4bKfgrfknkdru4s", 17, "SsDgontjm"),
    ("linphonec-5.1.65-481-to-final-NOTIFY", 481, "z9hG4bKloc36hdzqtuv", 21, "SsDgontjm"),
    ("pjsua-2.17dev-200-to-NOTIFY", 200, "z9hG4bKyh9ezp199o84", 86, "514c58ea-adb0-4c00-8a54-2339b28f4985"),
    (
        "pjsua-2.17dev-488-to-bad-body-NOTIFY",
        *(488, "z9hG4bKw25du2zjeq29", 56, "0e554c7f-617a-4c43-b412-74d93b60f5e1"),
    ),
    ("digium-200-to-NOTIFY", 200, "z9hG4bK68008251", 104, "4DpRZfRIlaKU9iQcaME2APx85TgFOEN7"),
]


@pytest.mark.parametrize(
    ("name", "status", "branch", "number", "tag"), ANSWERS, ids=[case[0] for case in ANSWERS]
)
def test_answers_to_notify(name, status, branch, number, tag):
    response = load(name)
    assert isinstance(response, Response)
    assert response.status == status
    assert response.top_via.branch == branch
    assert len(response.via_values) == 1
    assert response.cseq == (number, "NOTIFY")
    assert response.to.tag == tag


def test_answer_to_subscribe():
    response = load("asterisk-20-pjsip-200-to-SUBSCRIBE")
    assert (response.status, response.expires) == (200, 60)
    assert (response.top_via.rport, response.top_via.params["received"]) == (49981, "127.0.0.1")


@pytest.mark.requirement("M5")
@pytest.mark.parametrize(
    ("name", "length", "route"),
    [
        ("asterisk-20-pjsip-NOTIFY", 393, []),
        ("asterisk-20-pjsip-NOTIFY-with-Route", 494, ["<sip:127.0.0.1:37799;lr>"]),
        ("asterisk-chansip-NOTIFY-to-digium", 602, []),
    ],
)
def test_notify(name, length, route):
    request = load(name)
    assert request.method == "NOTIFY"
    assert len(request.body) == length
    assert request.body.rstrip().endswith(b"</presence>")
    assert request.content_type[:2] == ("application", "pidf+xml")
    assert request.get("subscription-state").startswith("active")
    assert request.values("route") == route


@pytest.mark.requirement("M4")
def test_record_route():
    assert load("asterisk-20-record-route-SUBSCRIBE").record_routes == ["<sip:127.0.0.1:37799;lr>"]


@pytest.mark.parametrize(
    ("name", "expires", "etag", "length"),
    [
        ("baresip-1.0.0-PUBLISH-initial-udp", 120, None, 457),
        ("linphonec-5.1.65-PUBLISH-remove", 0, "e71drkdv", 0),
        ("pjsua-2.17dev-PUBLISH-no-Expires", None, None, 289),
        ("twinkle-1.10.2-PUBLISH", 600, None, 193),
    ],
)
def test_publish(name, expires, etag, length):
    request = load(name)
    assert request.method == "PUBLISH"
    assert (request.expires, request.get("sip-if-match"), len(request.body)) == (expires, etag, length)
    assert request.event is not None
    assert request.event.package == "presence"


def test_register():
    digium = load("digium-D40-REGISTER")
    assert digium.user_agent == "Digium D40 1_4_0_0_57389"
    assert digium.contacts[0] == ("200", "sip:200@10.24.16.37:5060;ob", {})
    linphone = load("linphonec-5.1.65-REGISTER")
    assert linphone.contacts[0].params == {"+sip.instance": "<urn:uuid:5a61e2f2-83bb-00ee-9622-738edac61922>"}
    assert [media.type for media in linphone.accept or []] == ["application", "text", "application"]


@pytest.mark.requirement("M3")
def test_credentials_stay_whole():
    request = load("digium-D40-INVITE-with-Authorization")
    (credentials,) = request.values("authorization")
    assert credentials.startswith('Digest username="200", realm="asterisk", nonce=')
    assert credentials.endswith("qop=auth, nc=00000001")
    assert len(request.body) == 430


def test_a_tel_request_uri():
    assert load("asterisk-20-tel-SUBSCRIBE").uri.startswith("tel:")


@pytest.mark.parametrize("path", sorted(WIRE.glob("*.sip")), ids=lambda path: path.stem)
def test_everything_recorded_is_read_and_framed(path):
    data = path.read_bytes()
    message = parse(data)
    assert message.call_id
    found = frame(data)
    assert found is not None
    # linphone leaves Content-Length out where there is no body, which only a datagram allows.
    assert found == (len(data), "content-length" not in message.names)
