"""Subscriptions that came by streams, and large requests (RFC 3261 section 18.1.1, RFC 5923)."""

import pytest

from bridge.effects import LargeRequest, NotifyAnswered, Send, SubscriptionEnded
from bridge.events import TransportFailed
from support.playbook import Playbook

HINT = "2000 = SIP/2000,CustomPresence:2000"
LONG = "away,," + "x" * 900


@pytest.fixture
def play():
    return Playbook(HINT)


@pytest.fixture
def phone(play):
    return play.phone(transport="tcp", connection=7)


def lose(play, phone, reason="closed by the peer"):
    play.feed(TransportFailed(phone.flow, reason))


@pytest.mark.requirement("T11", "T4")
def test_everything_goes_back_by_the_connection_it_came_by(play, phone):
    phone.subscribe(Contact="<sip:200@10.0.0.9:5060;transport=tcp>")
    phone.notified()
    play.mqtt("presence/2000", "away")
    assert phone.notified().presence[0] == "away"
    assert {effect.flow for effect in play.of(Send)} == {phone.flow}


@pytest.mark.requirement("D7", "T5")
def test_via_and_contact_name_the_transport(play, phone):
    response = phone.subscribe()
    assert response.get("contact") == "<sip:127.0.0.1:5060;transport=tcp>"
    request = phone.notified().request
    assert request.top_via.transport == "TCP"
    assert request.get("contact") == "<sip:127.0.0.1:5060;transport=tcp>"


@pytest.mark.requirement("X3")
def test_nothing_is_repeated_over_a_stream(play, phone):
    phone.subscribe()
    play.advance(31)
    assert len(phone.notifies()) == 1


@pytest.mark.requirement("X1")
def test_no_server_transaction_is_kept_for_a_stream(play, phone):
    phone.send(phone.request("OPTIONS"))
    assert play.endpoint.transactions == (0, 0)


def test_a_lost_connection_ends_what_was_never_answered(play, phone):
    phone.subscribe()
    lose(play, phone)
    assert play.notifier.subscriptions == ()
    assert [effect.reason for effect in play.of(SubscriptionEnded)] == ["connection_lost"]


def test_a_lost_connection_is_opened_again_when_there_is_something_to_tell(play, phone):
    phone.subscribe()
    phone.notified()
    lose(play, phone)
    assert len(play.notifier.subscriptions) == 1
    sent = len(play.of(Send))
    play.mqtt("presence/2000", "away")
    (again,) = play.of(Send)[sent:]
    assert again.flow == phone.flow._replace(connection=0)


def test_a_contact_elsewhere_is_never_connected_to(play, phone):
    phone.subscribe(Contact="<sip:200@10.0.0.9:5060;transport=tcp>")
    phone.notified()
    lose(play, phone)
    assert play.notifier.subscriptions == ()


def test_a_notify_in_flight_fails_with_its_connection(play, phone):
    phone.subscribe()
    phone.notified()
    play.mqtt("presence/2000", "away")
    lose(play, phone)
    assert [effect.outcome for effect in play.of(NotifyAnswered)] == ["acknowledged", "transport_error"]
    assert play.notifier.behind(play.now)[0] == 1


def test_a_refresh_on_a_new_connection_takes_the_subscription_along(play, phone):
    phone.subscribe()
    phone.notified()
    lose(play, phone)
    phone.connection = 8
    phone.subscribe()
    assert play.of(Send)[-1].flow.connection == 8
    phone.notified()
    lose(play, phone)
    assert len(play.notifier.subscriptions) == 1


def test_only_those_who_came_by_it_lose_a_connection(play, phone):
    other = play.phone(transport="tcp", connection=9)
    for one in (phone, other):
        one.subscribe()
    lose(play, phone)
    assert [one.flow.connection for one in play.notifier.subscriptions] == [9]


@pytest.mark.requirement("T4")
def test_an_answer_whose_connection_is_gone_gets_one_try_at_the_sent_by_port(play, phone):
    kept = []
    play.endpoint.serve("MESSAGE", lambda incoming, _now: kept.append(incoming))
    via = "SIP/2.0/TCP 127.0.0.1:5091;branch=z9hG4bK1"
    phone.send(phone.request("MESSAGE", Via=via))
    lose(play, phone)
    kept[0].respond(200, "OK")
    (sent,) = play.of(Send)
    assert (sent.flow.remote.host, sent.flow.remote.port, sent.flow.connection) == ("127.0.0.1", 5091, 0)


def streams():
    return Playbook(HINT, stream_to=lambda flow: flow._replace(transport="tcp"))


@pytest.mark.requirement("T7")
def test_a_large_request_takes_a_stream():
    play = streams()
    phone = play.phone()
    phone.subscribe()
    phone.notified()
    play.mqtt("presence/2000", LONG)
    assert play.of(Send)[-1].flow == phone.flow._replace(transport="tcp")
    assert phone.notifies()[-1].request.top_via.transport == "TCP"
    assert play.of(LargeRequest) == [LargeRequest("stream")]
    phone.transport = "tcp"
    assert len(phone.notified().presence[2]) == 900
    play.mqtt("presence/2000", "away")
    assert play.of(Send)[-1].flow.transport == "udp"


@pytest.mark.requirement("T7", "T12")
def test_where_a_stream_is_refused_it_goes_as_a_datagram_now_and_later():
    play = streams()
    phone = play.phone()
    phone.subscribe()
    phone.notified()
    play.mqtt("presence/2000", LONG)
    play.feed(TransportFailed(play.of(Send)[-1].flow, "connection refused"))
    assert play.of(Send)[-1].flow.transport == "udp"
    notify = phone.notified()
    assert len(notify.presence[2]) == 900
    assert play.of(LargeRequest) == [LargeRequest("stream"), LargeRequest("refused")]
    assert [effect.outcome for effect in play.of(NotifyAnswered)] == ["acknowledged"] * 2
    play.mqtt("presence/2000", LONG + "y")
    assert play.of(Send)[-1].flow.transport == "udp"


@pytest.mark.requirement("T7")
def test_an_address_that_never_answered_is_not_connected_to():
    play = streams()
    play.mqtt("presence/2000", LONG)
    phone = play.phone()
    phone.subscribe()
    assert {effect.flow.transport for effect in play.of(Send)} == {"udp"}


@pytest.mark.requirement("T7")
def test_without_a_stream_listener_everything_goes_as_datagrams(play):
    phone = play.phone()
    phone.subscribe()
    phone.notified()
    play.mqtt("presence/2000", LONG)
    assert len(phone.notified().request.body) > 1300
    assert play.of(LargeRequest) == []
