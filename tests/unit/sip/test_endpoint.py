"""Requests that come in, answers that match, and what is not answered (RFC 3261 sections 8 and 17)."""

import pytest

from bridge.effects import (
    MessageDropped,
    MessageUnreadable,
    Publish,
    RequestReceived,
    ResponseReceived,
    ResponseSent,
    Send,
    Warned,
)
from support.playbook import Playbook


@pytest.fixture
def play():
    return Playbook("2000 = SIP/2000,CustomPresence:2000")


@pytest.fixture
def phone(play):
    return play.phone()


def statuses(phone):
    return [response.status for response in phone.responses()]


@pytest.mark.requirement("D16")
def test_options_names_what_is_served(phone):
    phone.send(phone.request("OPTIONS"))
    response = phone.responses()[0]
    assert response.status == 200
    assert response.get("allow") == "ACK, CANCEL, OPTIONS, PUBLISH, REGISTER, SUBSCRIBE"
    assert response.get("accept") == "application/pidf+xml"
    assert response.get("allow-events") == "presence, dialog"
    assert response.get("accept-encoding") == "identity"
    assert response.get("accept-language") == "en"
    assert response.get("supported") == ""
    assert response.to.tag


@pytest.mark.requirement("D1", "X6")
@pytest.mark.parametrize("method", ["INVITE", "MESSAGE", "BYE", "NOTIFY", "REFER", "INFO", "UPDATE", "PRACK"])
def test_a_known_method_that_is_not_served_is_405(phone, method):
    phone.send(phone.request(method))
    assert statuses(phone) == [405]
    assert phone.responses()[0].get("allow") == "ACK, CANCEL, OPTIONS, PUBLISH, REGISTER, SUBSCRIBE"


@pytest.mark.requirement("D1")
@pytest.mark.parametrize("method", ["FOO", "subscribe", "!interesting-Method0123456789_*+`.%indeed'~"])
def test_an_unknown_method_is_501(phone, method):
    phone.send(phone.request(method))
    assert statuses(phone) == [501]


@pytest.mark.requirement("X6")
def test_cancel_is_481_and_ack_is_never_answered(phone):
    phone.send(phone.request("CANCEL"))
    phone.send(phone.request("ACK"))
    assert statuses(phone) == [481]


@pytest.mark.requirement("X6")
def test_the_ack_to_a_refused_invite_is_absorbed(phone):
    invite = phone.request("INVITE")
    phone.send(invite)
    phone.send(invite.replace("INVITE", "ACK"))
    assert statuses(phone) == [405]


@pytest.mark.requirement("X6")
def test_an_invite_that_nobody_serves_is_answered_once_for_each_copy(play, phone):
    invite = phone.request("INVITE")
    phone.send(invite)
    phone.send(invite)
    play.advance(100)
    assert statuses(phone) == [405, 405]
    assert phone.received[0] == phone.received[1]


@pytest.mark.requirement("X6")
@pytest.mark.parametrize("method", ["INVITE", "SUBSCRIBE", "MESSAGE"])
def test_cancel_is_200_for_whatever_was_answered_already(phone, method):
    text = phone.request(method, Event="presence")
    phone.send(text)
    phone.send(text.replace(method, "CANCEL"))
    first, second = phone.responses()[0], phone.responses()[-1]
    assert (second.status, second.cseq.method) == (200, "CANCEL")
    assert second.to.tag == first.to.tag


@pytest.mark.requirement("X1")
def test_a_repeat_gets_the_same_bytes_until_timer_j(play, phone):
    text = phone.request("OPTIONS")
    phone.send(text)
    play.advance(31)
    phone.send(text)
    assert phone.received[0] == phone.received[1]
    play.advance(2)
    assert play.endpoint.transactions == (0, 0)
    phone.send(text)
    assert phone.received[2] != phone.received[0]


@pytest.mark.requirement("X2", "M17")
def test_a_repeat_without_the_branch_cookie_is_known_by_its_fields(phone):
    text = phone.request("OPTIONS", Via="SIP/2.0/UDP 127.0.0.1:40000;branch=1")
    phone.send(text)
    phone.send(text)
    phone.send(text.replace("CSeq: 9775", "CSeq: 9776"))
    first, again, other = phone.received
    assert first == again != other


@pytest.mark.requirement("D2")
@pytest.mark.parametrize("uri", ["tel:+123", "mailto:a@b", "http://127.0.0.1/"])
def test_another_scheme_is_416(phone, uri):
    phone.send(phone.request("SUBSCRIBE", Event="presence").replace("sip:2000@127.0.0.1:5060", uri))
    assert statuses(phone) == [416]


@pytest.mark.requirement("D4", "M9")
@pytest.mark.parametrize("hops", ["0", None, "256", "-1", "9" * 300, "x"])
def test_max_forwards_is_for_proxies_whatever_it_says(phone, hops):
    phone.send(phone.request("OPTIONS", Max_Forwards=hops))
    assert statuses(phone) == [200]


@pytest.mark.requirement("M11")
def test_another_version_is_505(phone):
    phone.send(phone.request("OPTIONS").replace(" SIP/2.0\n", " SIP/7.0\n", 1))
    assert statuses(phone) == [505]


@pytest.mark.requirement("M8", "M10")
@pytest.mark.parametrize("change", [{"To": None}, {"CSeq": "1 REGISTER"}, {"CSeq": "x"}, {"From": "<<>"}])
def test_what_can_be_answered_is_400(play, phone, change):
    phone.send(phone.request("OPTIONS", **change))
    assert len(phone.received) == 1
    assert phone.received[0].startswith(b"SIP/2.0 400 Bad Request\r\n")
    assert play.of(MessageUnreadable) == [MessageUnreadable("udp")]


@pytest.mark.requirement("D6")
def test_a_malformed_request_gets_the_same_tag_each_time(phone):
    text = phone.request("OPTIONS", CSeq="99999999999 OPTIONS")
    phone.send(text)
    phone.send(text)
    assert phone.received[0] == phone.received[1]
    assert phone.received[0].startswith(b"SIP/2.0 400 Bad Request\r\n")


@pytest.mark.requirement("M4", "T2", "T3")
def test_the_way_back(play):
    phone = play.phone(host="127.0.0.7", port=45678)
    via = ["SIP/2.0/UDP 10.0.0.1:5062;rport;branch=z9hG4bKa", "SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKb"]
    phone.send(phone.request("OPTIONS", Via=", ".join(via)))
    response = phone.responses()[0]
    assert response.via_values[1] == via[1]
    assert response.top_via.params["received"] == "127.0.0.7"
    assert response.top_via.params["rport"] == "45678"


@pytest.mark.requirement("T3")
def test_without_rport_the_answer_goes_to_the_port_of_the_via(play, phone):
    elsewhere = play.phone(port=5062)
    phone.send(phone.request("OPTIONS", Via="SIP/2.0/UDP 127.0.0.1:5062;branch=z9hG4bKa"))
    assert statuses(phone) == []
    assert statuses(elsewhere) == [200]


@pytest.mark.requirement("T10", "M18")
@pytest.mark.parametrize("data", [b"", b"\r\n", b"\r\n\r\n", b"\0", b"\0\0\0\0"])
def test_keepalives_are_ignored(play, phone, data):
    before = len(play.effects)
    phone.send(data)
    assert play.effects[before:] == []


@pytest.mark.parametrize(
    "data", [b"hello", b"\xff\xfe", b"GET / HTTP/1.1\r\n\r\n", b"SIP/2.0 200", b"x" * 65_000]
)
def test_what_is_no_sip_is_dropped_and_observed(play, phone, data):
    phone.send(data)
    assert phone.received == []
    assert [effect.kind for effect in play.of(MessageDropped)] == ["malformed"]
    assert play.of(MessageUnreadable) == [MessageUnreadable("udp")]


@pytest.mark.requirement("X4")
@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace(b"z9hG4bK", b"z9hG4bKffff"),
        lambda text: text.replace(b"NOTIFY", b"SUBSCRIBE"),
        lambda text: text.replace(b"Via: ", b"Via: SIP/2.0/UDP 127.0.0.1;branch=z9hG4bK0\r\nVia: "),
        lambda text: text.replace(b"Call-ID", b"v: SIP/2.0/UDP 127.0.0.1;branch=z9hG4bK0\r\nCall-ID"),
    ],
)
@pytest.mark.parametrize("status", [200, 481])
def test_an_answer_that_does_not_match_changes_nothing(play, phone, change, status):
    phone.subscribe()
    sent = []
    send, phone.send = phone.send, sent.append
    phone.answer(phone.notifies()[0], status)
    phone.send = send
    phone.send(change(sent[0]))
    assert [effect.matched for effect in play.of(ResponseReceived)] == [False]
    assert play.notifier.subscriptions[0].in_flight is not None


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text,
        lambda text: text.replace(b"Via: ", b"v : "),
        lambda text: text.replace(b"SIP/2.0/UDP", b"SIP / 2.0 / UDP", 1),
        lambda text: text.replace(b";rport", b"\r\n ;rport"),
        lambda text: text.replace(b"SIP/2.0 200", b"sip/2.0 202"),
    ],
)
def test_an_answer_is_matched_however_it_is_written(play, phone, change):
    phone.subscribe()
    sent = []
    send, phone.send = phone.send, sent.append
    phone.answer(phone.notifies()[0], 200)
    phone.send = send
    phone.send(change(sent[0]))
    assert [effect.matched for effect in play.of(ResponseReceived)] == [True]
    assert play.notifier.subscriptions[0].in_flight is None


def test_a_fault_of_ours_is_500_and_does_not_stop_anything(play, phone):
    def broken(_incoming, _now):
        raise ZeroDivisionError

    play.endpoint.serve("MESSAGE", broken)
    phone.send(phone.request("MESSAGE"))
    phone.send(phone.request("OPTIONS"))
    assert statuses(phone) == [500, 200]
    assert "ZeroDivisionError" in play.of(Warned)[0].text


def test_a_handler_that_fails_after_its_answer_is_observed(play, phone):
    def broken(incoming, _now):
        incoming.respond(200, "OK")
        raise ZeroDivisionError

    play.endpoint.serve("MESSAGE", broken)
    phone.send(phone.request("MESSAGE"))
    assert statuses(phone) == [200]
    assert play.of(Warned)


def test_everything_is_observed(play, phone):
    text = phone.request("OPTIONS")
    phone.send(text)
    phone.send(text)
    assert play.of(RequestReceived) == [RequestReceived("OPTIONS", "udp")] * 2
    assert play.of(ResponseSent) == [ResponseSent("OPTIONS", 200)] * 2
    assert len(play.of(Send)) == 2
    assert not [effect for effect in play.of(Publish) if b"OPTIONS" in effect.payload]


def test_a_large_answer_that_was_waited_for_is_not_kept_either(play, phone):
    """A handler may answer later; what is repeated then is looked at anew."""
    waiting = []
    play.endpoint.serve("MESSAGE", lambda incoming, _now: waiting.append(incoming))
    text = phone.request("MESSAGE")
    phone.send(text)
    phone.send(text)
    assert (len(waiting), play.endpoint.transactions) == (1, (0, 1))
    waiting[0].respond(200, "OK", headers=[("Subject", "x" * 9000)])
    assert play.endpoint.transactions == (0, 0)
