"""What holds for every answer, whatever the request."""

import itertools

import pytest

from bridge.effects import ResponseSent, Warned
from bridge.events import BytesReceived, Flow
from conformance.answers import expected, head, status
from support.malformed import malformed
from support.phone import BRIDGE
from support.playbook import Playbook

HINT = "2000 = SIP/2000,CustomPresence:2000"

METHODS = (
    "SUBSCRIBE",
    "OPTIONS",
    "REGISTER",
    "PUBLISH",
    "INVITE",
    "MESSAGE",
    "BYE",
    "CANCEL",
    "NOTIFY",
    "FOO",
)
EVERYTHING = [*malformed(2000, seed=5), *(one.data for one in expected())]


@pytest.fixture
def play():
    return Playbook(HINT)


@pytest.mark.requirement("X5")
@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_there_is_no_provisional_answer_and_never_408(play, transport):
    """RFC 4320 4.1 and 4.2: a 1xx to such requests helps nobody, and a 408 always comes too late."""
    phone = play.phone(port=5060)
    for number, data in enumerate(EVERYTHING):
        play.feed(BytesReceived(Flow(transport, BRIDGE, phone.address, number * (transport == "tcp")), data))
    for method in METHODS:
        phone.send(phone.request(method, Event="presence"))
    play.advance(4000)
    statuses = {effect.status for effect in play.of(ResponseSent)}
    assert len(statuses) > 8
    assert min(statuses) >= 200
    assert 408 not in statuses


@pytest.mark.requirement("X5", "X1")
@pytest.mark.parametrize("method", METHODS)
def test_the_answer_comes_at_once_and_once(play, method):
    phone = play.phone(port=5060)
    phone.send(phone.request(method, Event="presence", Expires="600"))
    answers = [data for data in phone.received if data.startswith(b"SIP/2.0")]
    assert len(answers) == 1
    play.advance(40)
    assert [data for data in phone.received if data.startswith(b"SIP/2.0")] == answers


@pytest.mark.requirement("D6")
@pytest.mark.parametrize("method", METHODS)
def test_it_has_a_tag_and_no_timestamp(play, method):
    """Timestamp is for 100 alone (RFC 3261 section 8.2.6.1)."""
    phone = play.phone(port=5060)
    phone.send(phone.request(method, Event="presence", Timestamp="54.2"))
    headers = head(phone.received[0])[1]
    assert len(headers["to"][0].partition(";tag=")[2]) >= 8
    assert "timestamp" not in headers


@pytest.mark.requirement("D6", "M4")
def test_all_that_must_be_copied_is_copied(play):
    """RFC 3261 section 8.2.6.2, for every status that can be had."""
    phone = play.phone(port=5060)
    seen = set()
    spoilers = (
        *({}, {"Event": "x"}, {"Expires": "5"}, {"Accept": "a/b"}, {"Require": "x"}, {"Contact": None}),
        *({"Content-Type": "a/b"}, {"To": "<sip:2000@h>;tag=x"}, {"CSeq": "1 X"}),
    )
    for number, (method, spoiler) in enumerate(itertools.product(METHODS, spoilers)):
        via = f"SIP/2.0/UDP 127.0.0.1:5060;rport;branch=z9hG4bK{number};x=y , SIP/2.0/TCP b;branch=2"
        headers = {"Via": via, "Event": "presence", "Expires": "60"} | spoiler
        phone.received.clear()
        phone.call_id = f"{number}"
        text = phone.request(method, body="x" if "Content-Type" in spoiler else "", **headers)
        phone.send(text)
        _, got = head(phone.received[0])
        asked = head(text.replace("\n", "\r\n").encode())[1]
        assert [got[name] for name in ("from", "call-id", "cseq")] == [
            asked[name] for name in ("from", "call-id", "cseq")
        ]
        assert got["to"][0].startswith(asked["to"][0])
        assert got["via"][-1] == "SIP/2.0/TCP b;branch=2"
        assert got["content-length"] == ["0"]
        seen.add(status(phone.received[0]))
    assert seen >= {200, 400, 405, 406, 415, 420, 423, 481, 489, 501}


@pytest.mark.requirement("S17", "S6")
@pytest.mark.parametrize("connected", [False, True])
def test_a_notify_follows_at_once_also_without_a_broker(connected):
    """The watcher waits 32 seconds for it (Timer N); one whose state nobody knows is told that."""
    play = Playbook(HINT, connected=connected)
    if connected:
        play.mqtt("presence/2000", "away")
        play.disconnect()
    phone = play.phone()
    assert phone.subscribe().status == 200
    notify = phone.notified()
    assert notify.state == "active;expires=600"
    assert notify.lamp[0] == "open"
    assert notify.presence[0] == ("away" if connected else "not_set")
    assert phone.subscribe(expires=0).status == 200
    assert phone.notified().state == "terminated;reason=timeout"


INSTEAD = (None, "", " ", ",", ";", "x", "*", "<>", '"', "\\")


@pytest.mark.requirement("M8", "D8")
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    "header",
    ["Via", "From", "To", "Call-ID", "CSeq", "Contact", "Max-Forwards", "Event", "Expires", "User-Agent"],
)
def test_each_header_may_be_missing_or_empty(play, method, header):
    """AST-2017-014: a SUBSCRIBE without Contact ended the program. Without Via or CSeq nobody could know our answer."""
    for number, instead in enumerate(INSTEAD):
        phone = play.phone(f"127.0.0.{number + 1}", 5060)
        phone.send(phone.request(method, **{"Event": "presence", "Expires": "600", header: instead}))
        assert not play.of(Warned), instead
        answers = [status(data) for data in phone.received if data.startswith(b"SIP/2.0")]
        assert len(answers) == 1 or header == "Via" or (header == "CSeq" and not (instead or "").strip())
        phone.send(phone.request("OPTIONS"))
        assert status(phone.received[-1]) == 200
    play.advance(4000)
    assert play.timers_left() == 0


@pytest.mark.requirement("M15", "S25")
@pytest.mark.parametrize(
    ("user", "found"),
    [
        ("2000", True),
        ("%32%30%30%30", True),
        ("2000:secret", True),
        ("\uff12\uff10\uff10\uff10", False),
        ("\u0662\u0660\u0660\u0660", False),
        ("2000%00", False),
        ("2000%20", False),
        ("%2532000", False),
        ("2000\u200b", False),
        ("2000/../2000", False),
        ("2000%0d%0a", False),
        ("", False),
    ],
)
def test_a_user_is_who_is_written_and_nobody_like_him(play, user, found):
    phone = play.phone(port=5060)
    text = phone.request("SUBSCRIBE", Event="presence", To="<sip:x@127.0.0.1>")
    phone.send(text.replace("sip:2000@127.0.0.1:5060", f"sip:{user}@127.0.0.1", 1))
    assert status(phone.received[0]) in ((200,) if found else (400, 404))
