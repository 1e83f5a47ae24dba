"""Conversations: phones dial, what they dialled becomes the truth, and no call is ever taken."""

import json

import pytest

from bridge.effects import FeatureCallAnswered, Publish, Send
from bridge.features.feature_code import parse_feature_code
from bridge.sip.credentials import User
from bridge.sip.message import Response
from bridge.sip.parser import parse
from bridge.topics.decoders.presence import decode_presence
from support.playbook import BASE, Playbook

HOST = "127.0.0.1"

HINTS = ("2000 = SIP/2000,CustomPresence:Bob", "200 = ,CustomPresence:200")
CODES = (
    parse_feature_code("*78", "{user}", ["dnd"]),
    parse_feature_code("*79", "{user}", ["available"], 486),
    parse_feature_code("*21{time}", "{user}", ["away,lunch,back at {time}"]),
    parse_feature_code("*5{who}", "{who}", ["dnd,asked by {user}"]),
    parse_feature_code("2000", "Bob", ["available", "unavailable"]),
)
SDP = "v=0\no=- 1 1 IN IP4 127.0.0.1\ns=-\nc=IN IP4 127.0.0.1\nt=0 0\nm=audio 4000 RTP/AVP 0\n"


def play_with(**options):
    return Playbook(*HINTS, feature_codes=CODES, **options)


@pytest.fixture
def play():
    return play_with()


@pytest.fixture
def phone(play):
    return play.phone()


def invite(phone, dialled, **headers):
    """Dial, and give the answer; the phone's next request is the next in its sequence."""
    before = len(phone.received)
    text = phone.request("INVITE", dialled, body=SDP, Content_Type="application/sdp", **headers)
    phone.send(text)
    response = parse(phone.received[before])
    assert isinstance(response, Response)
    return text, response


def ack_to(text, response):
    """The ACK of RFC 3261 section 17.1.1.3: the branch of the INVITE, the To of the answer."""
    head = text.partition("Content-Type")[0].replace("INVITE", "ACK")
    to = next(line for line in head.splitlines() if line.startswith("To: "))
    return head.replace(to, f"To: {response.get('to')}") + "Content-Length: 0\n\n"


def dial(phone, dialled, **headers):
    text, response = invite(phone, dialled, **headers)
    phone.send(ack_to(text, response))
    return response.status


def written(play):
    """What was written to truth topics, in order."""
    said = [
        (effect.topic.partition("/presence/")[2], decode_presence(effect.payload))
        for effect in play.of(Publish)
        if "/presence/" in effect.topic and effect.retain
    ]
    return [(name, presence.state.value, presence.subtype, presence.message) for name, presence in said]


# --- what is dialled becomes the truth -------------------------------------------------------------


@pytest.mark.parametrize("dialled", ["*78", "%2A78", "%2a%37%38", "*78;phone-context=x"])
def test_a_phone_sets_its_own_presence(play, phone, dialled):
    status = dial(phone, dialled)
    if ";" in dialled:
        assert status == 404
        return
    assert status == 603
    assert written(play) == [("200", "dnd", "", "")]
    truths = [json.loads(e.payload) for e in play.of(Publish) if e.topic == f"{BASE}/presence/200"]
    assert [(truth["by"], truth["rule"]) for truth in truths] == [("command", "")]


def test_it_is_a_fact_when_the_broker_has_given_it_back(play, phone):
    watcher = play.phone()
    watcher.subscribe("200")
    watcher.notified()
    dial(phone, "*78")
    assert watcher.notifies()[-1].presence == ("not_set", "", "")
    play.give_back()
    assert watcher.notified().presence == ("dnd", "", "")


def test_the_answer_is_the_one_of_the_code_and_says_the_new_state(phone):
    _, response = invite(phone, "*78")
    assert (response.status, response.reason) == (603, "Presence is dnd")
    assert response.to.tag
    assert response.get("contact") is None
    assert response.body == b""
    _, response = invite(phone, "*79")
    assert (response.status, response.reason) == (486, "Presence is available")


def test_a_text_can_be_dialled(play, phone):
    assert dial(phone, "*2113%3A00,%20perhaps") == 603
    assert written(play) == [("200", "away", "lunch", "back at 13:00, perhaps")]
    assert dial(phone, "*21") == 404


def test_a_provider_can_be_dialled_and_is_spelled_as_in_its_hint(play, phone):
    assert dial(phone, "*5bOB") == 603
    assert dial(phone, "*5kitchen") == 603
    assert written(play) == [("Bob", "dnd", "asked by 200", ""), ("kitchen", "dnd", "asked by 200", "")]


@pytest.mark.parametrize("provider", ["%23", "a/%2B", "a/set"])
def test_a_provider_that_can_have_no_topic_is_refused(play, phone, provider):
    assert dial(phone, f"*5{provider}") == 403
    assert written(play) == []


# --- the example of Asterisk's documentation -------------------------------------------------------


def test_extension_2000_toggles_bob(play, phone):
    """exten => 2000: CustomPresence:Bob becomes unavailable if it is available, and available otherwise."""
    watcher = play.phone()
    watcher.subscribe("2000")
    watcher.notified()
    for expected in ("available", "unavailable", "available"):
        assert dial(phone, "2000") == 603
        play.give_back()
        assert watcher.notified().presence == (expected, "", "")
    play.mqtt("presence/Bob", "away,lunch")
    watcher.notified()
    assert dial(phone, "2000") == 603
    play.give_back()
    assert watcher.notified().presence == ("available", "", "")


def test_it_goes_on_from_what_was_dialled_last_and_not_from_what_has_come_back(play, phone):
    for _ in range(3):
        dial(phone, "2000")
    assert written(play) == [("Bob", state, "", "") for state in ("available", "unavailable", "available")]


def test_what_was_dialled_is_a_later_word_than_what_a_softphone_said(play, phone):
    play.truth.claims.claim("200", play.truth.intended("200", play.now)._replace(subtype="soft"), play.now)
    play.give_back()
    dial(phone, "*78")
    play.give_back()
    play.truth.claims.give_way("200", None, play.now)
    play.give_back()
    assert written(play)[-1] == ("200", "dnd", "", "")


# --- who calls -------------------------------------------------------------------------------------


def test_who_has_given_a_password_is_known_by_that(play):
    play = play_with(trusted=(), users=(User("carol", "secret"),))
    phone = play.phone(user="carol", password="secret")
    text, refusal = invite(phone, "*78")
    assert refusal.status == 401
    phone.send(ack_to(text, refusal))
    credentials = phone.authorization(refusal, "INVITE", "*78")
    assert dial(phone, "*78", Authorization=credentials) == 603
    assert written(play) == [("carol", "dnd", "", "")]


@pytest.mark.requirement("A10")
def test_a_stranger_is_challenged_and_his_ack_is_not(play):
    play = play_with(trusted=(), users=(User("carol", "secret"),))
    phone = play.phone()
    text, refusal = invite(phone, "*78")
    phone.send(ack_to(text, refusal))
    phone.send(ack_to(text, refusal).replace("z9hG4bK", "z9hG4bKother"))
    play.advance(100)
    assert [response.status for response in phone.responses()] == [401]
    assert written(play) == []


def test_without_users_a_stranger_is_refused(play):
    phone = play_with(trusted=()).phone()
    assert dial(phone, "*78") == 403


@pytest.mark.parametrize(
    "sender",
    [
        "<sip:127.0.0.1>;tag=1",
        '"Anonymous" <sip:anonymous@anonymous.invalid>;tag=1',
        "<tel:+123>;tag=1",
        "<sip:2%000@127.0.0.1>;tag=1",
        "<sip:a%2F%23@127.0.0.1>;tag=1",
    ],
)
def test_who_does_not_say_who_he_is_has_no_presence_to_set(play, phone, sender):
    assert dial(phone, "*78", From=sender) == 403
    assert dial(phone, "2000", From=sender) == 603
    assert written(play) == [("Bob", "available", "", "")]


# --- what is no code -------------------------------------------------------------------------------


@pytest.mark.requirement("D1")
def test_an_extension_can_be_watched_but_not_called(phone):
    _, response = invite(phone, "200")
    assert response.status == 405
    assert response.get("allow") == "ACK, CANCEL, OPTIONS, PUBLISH, REGISTER, SUBSCRIBE"


@pytest.mark.parametrize("dialled", ["2001", "*7", "*788", "%00"])
def test_what_nobody_knows_is_not_found(play, phone, dialled):
    assert dial(phone, dialled) == 404
    assert written(play) == []


def test_a_uri_without_user_is_not_found(phone):
    text = phone.request("INVITE").replace("sip:2000@127.0.0.1:5060 SIP", "sip:127.0.0.1:5060 SIP")
    phone.send(text)
    assert phone.responses()[0].status == 404


@pytest.mark.requirement("D13")
def test_inside_a_call_there_is_none(play, phone):
    phone.to_tag = "unknown"
    assert dial(phone, "*78") == 481
    assert written(play) == []


def test_an_extension_that_must_be_understood_is_not(phone):
    _, response = invite(phone, "*78", Require="100rel")
    assert (response.status, response.get("unsupported")) == (420, "100rel")


def test_without_codes_no_call_is_answered_but_by_405():
    phone = Playbook(*HINTS).phone()
    assert dial(phone, "*78") == 405


def test_options_names_invite(phone):
    phone.send(phone.request("OPTIONS"))
    assert phone.responses()[0].get("allow") == "ACK, CANCEL, INVITE, OPTIONS, PUBLISH, REGISTER, SUBSCRIBE"


# --- without a broker ------------------------------------------------------------------------------


def test_without_a_broker_who_dials_is_told_so(play, phone):
    play.disconnect()
    assert dial(phone, "*78") == 480
    assert dial(phone, "nobody") == 404
    play.connect()
    assert written(play) == []
    assert dial(phone, "*78") == 603


# --- the transaction (RFC 3261 section 17.2.1) -----------------------------------------------------


@pytest.mark.requirement("X1", "X6")
def test_a_repeated_invite_gets_the_same_bytes_and_is_obeyed_once(play, phone):
    text, _ = invite(phone, "2000")
    phone.send(text)
    phone.send(text)
    assert len(phone.received) == 3
    assert len(set(phone.received)) == 1
    assert len(written(play)) == 1


@pytest.mark.requirement("X6")
def test_the_answer_is_repeated_until_the_ack(play, phone):
    text, response = invite(phone, "2000")
    play.advance(5)
    assert len(phone.received) == 4
    phone.send(ack_to(text, response))
    play.advance(100)
    assert len(phone.received) == 4
    assert len(set(phone.received)) == 1


@pytest.mark.requirement("X6")
def test_without_an_ack_it_ends_with_timer_h(play, phone):
    invite(phone, "2000")
    play.advance(31.9)
    assert play.endpoint.transactions == (0, 1)
    play.advance(100)
    assert len(phone.received) == 11
    assert play.endpoint.transactions == (0, 0)


@pytest.mark.requirement("X6")
def test_a_copy_of_the_invite_that_comes_late_is_not_obeyed_again(play, phone):
    text, response = invite(phone, "2000")
    phone.send(ack_to(text, response))
    play.advance(20)
    phone.send(text)
    assert len(phone.received) == 1
    assert len(written(play)) == 1


@pytest.mark.requirement("X2", "X6")
@pytest.mark.parametrize("to_tag", ["", ";tag=other"])
def test_a_phone_of_rfc_2543_is_known_by_its_fields(play, phone, to_tag):
    if to_tag:
        phone.to_tag = "other"
    text, response = invite(phone, "2000", Via="SIP/2.0/UDP 127.0.0.1:40000;rport;branch=1")
    phone.send(text)
    assert phone.received[0] == phone.received[1]
    phone.send(ack_to(text, response))
    play.advance(100)
    assert len(phone.received) == 2


@pytest.mark.requirement("X6")
@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace("z9hG4bK", "z9hG4bKother"),
        lambda text: text.replace(" 127.0.0.1:40000;", " 127.0.0.1:40009;"),
    ],
)
def test_an_ack_to_something_else_ends_nothing(play, phone, change):
    text, response = invite(phone, "2000")
    phone.send(change(ack_to(text, response)))
    play.advance(1)
    assert len(phone.received) == 2


@pytest.mark.requirement("X8")
def test_an_invite_that_was_forked_is_obeyed_once(play, phone):
    text, _ = invite(phone, "2000")
    phone.send(text.replace("branch=z9hG4bK", "branch=z9hG4bKother"))
    assert [response.status for response in phone.responses()] == [603, 482]
    assert len(written(play)) == 1


@pytest.mark.requirement("X6")
def test_cancel_comes_too_late_but_is_answered(play, phone):
    """RFC 3261 section 9.2: 200 with the tag of the INVITE's answer, which stays as it is."""
    text, response = invite(phone, "2000")
    cancel = text.partition("Content-Type")[0].replace("INVITE", "CANCEL") + "Content-Length: 0\n\n"
    phone.send(cancel)
    phone.send(cancel)
    phone.send(cancel.replace("z9hG4bK", "z9hG4bKother"))
    _, answer, again, stray = phone.responses()
    assert (answer.status, answer.to.tag) == (200, response.to.tag)
    assert answer.cseq.method == "CANCEL"
    assert again.to.tag == answer.to.tag
    assert stray.status == 481
    assert len(written(play)) == 1
    play.advance(1)
    assert phone.responses()[-1].status == 603


@pytest.mark.requirement("X6")
def test_over_a_stream_nothing_is_repeated(play):
    phone = play.phone(transport="tcp", connection=3)
    text, response = invite(phone, "2000")
    play.advance(5)
    phone.send(text.partition("Content-Type")[0].replace("INVITE", "CANCEL") + "Content-Length: 0\n\n")
    assert [response.status for response in phone.responses()] == [603, 200]
    phone.send(ack_to(text, response))
    play.advance(100)
    assert len(phone.received) == 2
    assert play.endpoint.transactions == (0, 0)


@pytest.mark.requirement("X6", "X3")
@pytest.mark.parametrize("dialled", ["2000", "nobody", "200"])
def test_what_one_datagram_can_make_the_bridge_send_is_bounded(play, phone, dialled):
    """Thirty times its size, to somebody who was let in; to a stranger there is one answer (26.3.2.4)."""
    smallest = (
        f"INVITE sip:{dialled}@h SIP/2.0\nv:SIP/2.0/UDP h;rport;branch=z9hG4bK1\nf:<sip:a@h>;tag=1\n"
        f"t:<sip:{dialled}@h>\ni:1\nCSeq:1 INVITE\nl:0\n\n"
    )
    phone.send(smallest)
    play.advance(100)
    sent = sum(len(effect.data) for effect in play.of(Send))
    assert sent < 30 * len(smallest.replace("\n", "\r\n"))


# --- what is observed ------------------------------------------------------------------------------


def test_everything_is_observed(play, phone):
    dial(phone, "*78")
    dial(phone, "2000")
    dial(phone, "no%01body", From='"x" <sip:200@127.0.0.1>;tag=1')
    assert play.of(FeatureCallAnswered) == [
        FeatureCallAnswered("set", 603, "sip:*78@127.0.0.1:5060", "sip:200@127.0.0.1", "200", "dnd", HOST),
        FeatureCallAnswered(
            "toggled", 603, "sip:2000@127.0.0.1:5060", "sip:200@127.0.0.1", "Bob", "available", HOST
        ),
        FeatureCallAnswered(
            "rejected", 404, "sip:no%01body@127.0.0.1:5060", "sip:200@127.0.0.1", "", "", HOST
        ),
    ]
