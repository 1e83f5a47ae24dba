"""Conversations: a phone subscribes, MQTT speaks, the phone is told (RFC 6665 section 4.2)."""

import json

import pytest

from bridge.effects import Send, SubscribeAnswered, SubscriptionEnded
from bridge.notifier.capacity import Limits
from bridge.notifier.packages import PACKAGES
from bridge.sip.credentials import User
from support.playbook import BASE, Playbook

HINTS = ("2000 = SIP/2000,CustomPresence:2000", "2001 = ,CustomPresence:anna", "*78 = Custom:night")


@pytest.fixture
def play():
    return Playbook(*HINTS)


@pytest.fixture
def phone(play):
    return play.phone()


# --- the main job ---


def test_an_mqtt_message_lights_a_phone(play, phone):
    assert phone.subscribe("2000").status == 200
    assert phone.notified().presence == ("not_set", "", "")
    play.mqtt("presence/2000", "away,lunch,back at 13:00")
    assert phone.notified().presence == ("away", "lunch", "back at 13:00")
    play.mqtt("device/SIP/2000", "RINGING")
    assert phone.notified().lamp == ("open", "Ringing")


@pytest.mark.requirement("S6")
def test_the_answer_goes_out_before_the_notify(play, phone):
    phone.subscribe()
    assert phone.received[0].startswith(b"SIP/2.0 200 OK\r\n")
    assert phone.received[1].startswith(b"NOTIFY sip:200@127.0.0.1:40000;ob SIP/2.0\r\n")


@pytest.mark.requirement("S7", "D7", "S20", "T5")
def test_headers_of_the_answer_and_of_the_notify(play, phone):
    response = phone.subscribe(expires=600)
    assert response.get("expires") == "600"
    assert response.get("contact") == "<sip:127.0.0.1:5060>"
    assert response.get("allow-events") == "presence, dialog"
    request = phone.notified().request
    assert request.get("event") == "presence"
    assert request.get("subscription-state") == "active;expires=600"
    assert request.get("contact") == "<sip:127.0.0.1:5060>"
    assert request.get("allow-events") == "presence, dialog"
    assert request.get("content-type") == "application/pidf+xml"
    assert request.call_id == phone.call_id
    assert request.get("from") == f"<sip:2000@127.0.0.1>;tag={phone.to_tag}"
    assert request.get("to") == '"200" <sip:200@127.0.0.1>;tag=phone40000'
    assert request.top_via.has_rport
    assert (request.top_via.host, request.top_via.port) == ("127.0.0.1", 5060)
    assert len(phone.to_tag) >= 8


@pytest.mark.requirement("S7")
def test_the_time_left_is_said_in_every_notify(play, phone):
    phone.subscribe(expires=600)
    phone.notified()
    play.advance(100)
    play.mqtt("presence/2000", "away")
    assert phone.notified().state == "active;expires=500"


def test_a_name_with_slash_blank_and_umlaut():
    play = Playbook("2002 = ,CustomPresence:Büro/oben links")
    phone = play.phone()
    phone.subscribe("2002")
    phone.notified()
    play.mqtt("presence/Büro/oben links", "dnd,,Grüße ☃")
    assert phone.notified().presence == ("dnd", "", "Grüße ☃")


def test_a_custom_device_is_a_lamp(play, phone):
    phone.subscribe("*78")
    assert phone.notified().lamp == ("open", "Ready")
    play.mqtt("device/Custom/night", "inuse")
    assert phone.notified().lamp == ("open", "On the phone")


def test_a_hint_without_device_is_open_unless_unavailable(play, phone):
    phone.subscribe("2001")
    assert phone.notified().lamp == ("open", "Ready")
    play.mqtt("presence/anna", "unavailable")
    assert phone.notified().lamp == ("closed", "Unavailable")


@pytest.mark.requirement("B3")
def test_only_digium_phones_get_the_digium_tuple(play):
    other = play.phone(agent="Yealink SIP-T46S 66.85")
    other.subscribe()
    assert other.notified().presence is None


@pytest.mark.requirement("S27")
def test_a_watcher_that_cannot_see_a_change_is_not_told(play):
    digium, other = play.phone(), play.phone(agent="Yealink SIP-T46S")
    digium.subscribe()
    other.subscribe(Event="dialog", Accept="application/dialog-info+xml")
    for phone in (digium, other):
        phone.notified()
    play.mqtt("presence/2000", "away")
    assert len(digium.notifies()) == 2
    assert len(other.notifies()) == 1


@pytest.mark.requirement("S27")
@pytest.mark.parametrize("retained", [False, True])
def test_the_same_state_again_is_not_told(play, phone, retained):
    play.mqtt("presence/2000", "away")
    phone.subscribe()
    phone.notified()
    play.mqtt("presence/2000", '{"state":"AWAY","subtype":"","message":null}', retained=retained)
    assert len(phone.notifies()) == 1


def test_entity_and_contact_are_the_uri_as_the_watcher_wrote_it(play, phone):
    phone.subscribe()
    tree = phone.notified().tree
    assert tree.get("entity") == "sip:2000@127.0.0.1:5060"
    assert tree.findtext(".//{*}contact") == "sip:2000@127.0.0.1:5060"


# --- refresh, unsubscribe, fetch, expiry ---


@pytest.mark.requirement("S8", "D11", "S6")
def test_refresh_keeps_the_dialog_and_sets_the_time_anew(play, phone):
    phone.subscribe(expires=600)
    first, tag = phone.notified(), phone.to_tag
    play.advance(500)
    response = phone.subscribe(expires=600)
    assert (response.status, response.to.tag) == (200, tag)
    second = phone.notified()
    assert second.cseq == first.cseq + 1
    assert second.state == "active;expires=600"
    play.advance(599)
    assert len(phone.notifies()) == 2
    assert len(play.notifier.subscriptions) == 1


@pytest.mark.requirement("S8")
def test_unsubscribe_says_terminated_and_forgets_the_dialog(play, phone):
    phone.subscribe()
    phone.notified()
    response = phone.subscribe(expires=0)
    assert (response.status, response.get("expires")) == (200, "0")
    assert phone.notified().state == "terminated;reason=timeout"
    assert play.notifier.subscriptions == ()
    assert phone.subscribe().status == 481
    assert play.of(SubscriptionEnded)[0].reason == "unsubscribed"


@pytest.mark.requirement("S9")
def test_fetch_tells_the_state_once_and_keeps_nothing(play, phone):
    play.mqtt("presence/2000", "xa,trip")
    response = phone.subscribe(expires=0)
    assert (response.status, response.get("expires")) == (200, "0")
    notify = phone.notified()
    assert notify.state == "terminated;reason=timeout"
    assert notify.presence == ("xa", "trip", "")
    assert play.notifier.subscriptions == ()


@pytest.mark.requirement("S10")
def test_expiry_is_told_on_time(play, phone):
    phone.subscribe(expires=60)
    phone.notified()
    play.advance(59.9)
    assert len(phone.notifies()) == 1
    play.advance(0.2)
    assert phone.notified().state == "terminated;reason=timeout"
    assert play.of(SubscriptionEnded)[0].reason == "expired"


@pytest.mark.requirement("S12", "S11")
def test_a_stop_tells_everybody_to_come_back(play):
    phones = [play.phone() for _ in range(3)]
    for phone in phones:
        phone.subscribe()
        phone.notified()
    play.stop()
    assert [phone.notified().state for phone in phones] == ["terminated;reason=deactivated"] * 3


@pytest.mark.requirement("D10")
def test_a_refresh_may_move_the_phone(play, phone):
    phone.subscribe()
    phone.notified()
    moved = play.phone(port=45_000)
    moved.call_id, moved.tag, moved.to_tag, moved.cseq = phone.call_id, phone.tag, phone.to_tag, phone.cseq
    moved.subscribe()
    assert moved.notified().request.uri == "sip:200@127.0.0.1:45000;ob"


# --- what is refused ---


@pytest.mark.requirement("S1", "S20")
@pytest.mark.parametrize("event", ["PRESENCE", "presence.winfo", "message-summary", "presenc", None])
def test_an_unknown_event_is_489_and_says_what_is_known(phone, event):
    response = phone.subscribe(Event=event)
    assert response.status == 489
    assert response.get("allow-events") == "presence, dialog"


@pytest.mark.requirement("S25", "D2")
@pytest.mark.parametrize("extension", ["2009", "2000%20", "200"])
def test_an_unknown_extension_is_404(phone, extension):
    assert phone.subscribe(extension).status == 404


def test_an_escaped_extension_is_found(phone):
    assert phone.subscribe("%2A78").status == 200


def test_without_a_user_in_the_request_uri_the_to_header_names_the_extension(play, phone):
    text = phone.request("SUBSCRIBE", "2000", Event="presence", Expires="600")
    phone.send(text.replace("SUBSCRIBE sip:2000@127.0.0.1:5060", "SUBSCRIBE sip:127.0.0.1:5060"))
    assert phone.responses()[0].status == 200


@pytest.mark.requirement("S22")
@pytest.mark.parametrize(
    ("accept", "status"),
    [
        (None, 200),
        ("application/pidf+xml", 200),
        ("APPLICATION/PIDF+XML", 200),
        ("application/pidf+xml;q=0.5, text/plain", 200),
        ("*/*", 200),
        ("application/*", 200),
        ("application/pidf+xml;charset=utf-8", 200),
        ("", 406),
        ("text/plain", 406),
        ("application/pidf+xml;q=0", 406),
        ("application/pidf+xml;q=0, */*", 200),
        ("application/pidf+xml;q=0, application/*;q=0", 406),
    ],
)
def test_accept(phone, accept, status):
    response = phone.subscribe(Accept=accept)
    assert response.status == status
    if status == 406:
        assert response.get("accept") == ", ".join(PACKAGES["presence"].bodies)


@pytest.mark.requirement("S5")
@pytest.mark.parametrize("expires", [1, 9])
def test_too_brief_an_interval_is_423_with_min_expires(phone, expires):
    response = phone.subscribe(expires=expires)
    assert response.status == 423
    assert response.get("min-expires") == "10"


@pytest.mark.requirement("S4")
@pytest.mark.parametrize(
    ("asked", "granted"),
    [
        (10, "10"),
        (600, "600"),
        (None, "3600"),
        (3600, "3600"),
        (3601, "3600"),
        (999999999999, "3600"),
        ("abc", "3600"),
    ],
)
def test_what_is_granted(phone, asked, granted):
    response = phone.subscribe(expires=asked)
    assert (response.status, response.get("expires")) == (200, granted)


@pytest.mark.requirement("S3")
def test_the_status_is_never_202(phone):
    assert phone.subscribe().status == 200


@pytest.mark.requirement("D8")
@pytest.mark.parametrize("contact", [None, "*", "<tel:+123>", "<mailto:a@b>"])
def test_without_a_usable_contact_it_is_400(phone, contact):
    assert phone.subscribe(Contact=contact).status == 400


@pytest.mark.requirement("D3")
def test_required_extensions_that_are_unknown_are_named(phone):
    response = phone.subscribe(Require="foo, eventlist")
    assert response.status == 420
    assert response.get("unsupported") == "foo, eventlist"


@pytest.mark.requirement("D12")
def test_a_dialog_that_is_not_known_is_481(phone):
    phone.to_tag = "nobody"
    assert phone.subscribe().status == 481


@pytest.mark.requirement("D13")
@pytest.mark.parametrize("step", [0, -1])
def test_an_old_cseq_in_the_dialog_is_500(play, phone, step):
    phone.subscribe()
    phone.notified()
    phone.cseq += step - 1
    assert phone.subscribe().status == 500
    assert len(play.notifier.subscriptions) == 1


@pytest.mark.requirement("S19")
@pytest.mark.parametrize("event", ["presence;id=9"])
def test_another_subscription_in_the_same_dialog_is_481(phone, event):
    phone.subscribe()
    phone.notified()
    assert phone.subscribe(Event=event).status == 481


@pytest.mark.requirement("S2")
def test_the_event_id_is_echoed(play, phone):
    phone.subscribe(Event="presence;id=7;foo=bar")
    assert phone.notified().request.get("event") == "presence;id=7"
    assert phone.subscribe(Event="presence;id=7").status == 200


def test_strangers_are_refused():
    play = Playbook(*HINTS, trusted=("127.0.0.0/8",))
    assert play.phone(host="192.0.2.7").subscribe().status == 403
    assert play.phone(host="127.0.0.9").subscribe().status == 200


@pytest.mark.requirement("S18")
def test_two_dialogs_of_one_phone_are_two_subscriptions(play, phone):
    phone.subscribe()
    phone.notified()
    phone.to_tag = None
    phone.subscribe()
    assert len(play.notifier.subscriptions) == 2


@pytest.mark.requirement("X8")
def test_a_merged_request_is_482(play, phone):
    text = phone.request("SUBSCRIBE", Event="presence", Expires="600")
    phone.send(text)
    phone.send(text.replace("branch=z9hG4bK", "branch=z9hG4bKother"))
    assert [response.status for response in phone.responses()] == [200, 482]


@pytest.mark.requirement("X1")
def test_a_repeated_subscribe_gets_the_same_bytes_and_no_second_notify(play, phone):
    text = phone.request("SUBSCRIBE", Event="presence", Expires="600")
    phone.send(text)
    phone.send(text)
    first, _notify, again = phone.received
    assert first == again
    assert len(play.notifier.subscriptions) == 1


# --- routes and addresses ---


@pytest.mark.requirement("D9", "D7")
def test_a_loose_route_set_is_followed_and_echoed(play, phone):
    routes = "<sip:127.0.0.1:40000;lr>, <sip:far.example;lr>"
    response = phone.subscribe(Record_Route=routes)
    assert response.values("record-route") == ["<sip:127.0.0.1:40000;lr>", "<sip:far.example;lr>"]
    request = phone.notified().request
    assert request.uri == "sip:200@127.0.0.1:40000;ob"
    assert request.values("route") == ["<sip:127.0.0.1:40000;lr>", "<sip:far.example;lr>"]


@pytest.mark.requirement("D9")
def test_a_strict_router_gets_its_own_uri_in_the_request_line(play, phone):
    phone.subscribe(Record_Route="<sip:127.0.0.1:40000>, <sip:far.example;lr>")
    request = phone.notified().request
    assert request.uri == "sip:127.0.0.1:40000"
    assert request.values("route") == ["<sip:far.example;lr>", "<sip:200@127.0.0.1:40000;ob>"]


@pytest.mark.parametrize(
    "contact",
    [
        "<sip:200@10.1.2.3:5060>",
        "<sip:200@phone.example>",
        "<sip:200@[2001:db8::1]:5060>",
        "<sip:200@203.0.113.9>",
    ],
)
def test_a_contact_elsewhere_is_answered_at_the_source(play, phone, contact):
    phone.subscribe(Contact=contact)
    assert phone.notifies()
    assert {effect.flow.remote for effect in play.of(Send)} == {phone.address}


def test_a_contact_at_the_source_host_is_sent_to_at_its_port(play, phone):
    other = play.phone(port=5062)
    phone.subscribe(Contact="<sip:200@127.0.0.1:5062>")
    assert not phone.notifies()
    assert len(other.notifies()) == 1


# --- what is observed ---


def test_every_subscribe_is_observed(play, phone):
    phone.subscribe()
    phone.notified()
    phone.subscribe()
    phone.notified()
    phone.subscribe(expires=0)
    play.phone().subscribe("2009")
    play.phone().subscribe(expires=0)
    seen = [(e.outcome, e.status) for e in play.of(SubscribeAnswered)]
    assert seen == [("created", 200), ("refreshed", 200), ("ended", 200), ("rejected", 404), ("fetched", 200)]


def test_watchers_are_published_with_the_hint(play, phone):
    phone.subscribe()
    play.advance(1)
    assert json.loads(play.published[f"{BASE}/hint/2000"])["watchers"] == 1
    phone.notified()
    phone.subscribe(expires=0)
    play.advance(1)
    assert json.loads(play.published[f"{BASE}/hint/2000"])["watchers"] == 0


# --- who may watch what ---


@pytest.fixture
def guarded():
    users = [User("anna", "secret", extensions=frozenset({"2000"})), User("bert", "secret")]
    return Playbook(*HINTS, trusted=(), users=users)


@pytest.mark.requirement("S24", "A11")
@pytest.mark.parametrize(
    ("user", "extension", "status"),
    [
        ("anna", "2000", 200),
        ("anna", "2001", 403),
        ("anna", "2009", 403),
        ("bert", "2001", 200),
        ("bert", "2009", 404),
    ],
)
def test_what_a_user_may_not_watch_is_refused_whether_or_not_it_exists(guarded, user, extension, status):
    phone = guarded.phone(user=user, password="secret")
    phone.subscribe(extension)
    assert phone.responses()[-1].status == status


@pytest.mark.requirement("S24")
def test_another_users_dialog_cannot_be_told_from_none(guarded):
    phone = guarded.phone(user="anna", password="secret")
    phone.subscribe()
    phone.notified()
    thief = guarded.phone(user="bert", password="secret")
    thief.call_id, thief.tag, thief.to_tag, thief.cseq = (
        phone.call_id,
        phone.tag,
        phone.to_tag,
        phone.cseq + 5,
    )
    thief.subscribe(expires=0)
    assert thief.responses()[-1].status == 481
    assert len(guarded.notifier.subscriptions) == 1
    phone.subscribe()
    assert phone.responses()[-1].status == 200


# --- a phone that has started anew ---


def started_anew(play, phone):
    """The same phone after a reboot: it knows nothing of its old dialog."""
    phone.call_id, phone.tag, phone.to_tag = "after-the-reboot", "another", None
    assert phone.subscribe().status == 200
    phone.notified()
    play.advance(0.5)


@pytest.mark.requirement("S18")
def test_the_old_subscription_of_a_phone_that_has_started_anew_is_asked_for_soon(play, phone):
    phone.subscribe()
    phone.notified()
    play.advance(60)
    started_anew(play, phone)
    assert len(play.notifier.subscriptions) == 2
    play.advance(9.6)
    old = phone.notifies()[-1]
    assert old.request.call_id == "call-40000@127.0.0.1"
    phone.answer(old, 481)
    (left,) = play.notifier.subscriptions
    assert left.dialog.id.call_id == "after-the-reboot"


def test_a_phone_that_shows_an_extension_twice_keeps_both(play, phone):
    phone.subscribe()
    phone.notified()
    play.advance(60)
    started_anew(play, phone)
    play.advance(9.6)
    phone.notified()
    play.advance(60)
    assert len(play.notifier.subscriptions) == 2
    assert len(phone.notifies()) == 3


def test_what_has_answered_meanwhile_is_not_asked_for(play, phone):
    phone.subscribe()
    phone.notified()
    play.advance(60)
    started_anew(play, phone)
    play.mqtt("presence/2000", "away")
    for notify in phone.notifies()[-2:]:
        phone.answer(notify)
    play.advance(20)
    assert len(phone.notifies()) == 4


def test_nobody_else_casts_doubt(play, phone):
    phone.subscribe()
    phone.notified()
    other = play.phone(host="127.0.0.2")
    other.subscribe()
    other.notified()
    phone.subscribe("2001", Call_ID="another", To="<sip:2001@127.0.0.1>")
    phone.notified()
    play.advance(20)
    assert len(phone.notifies()) == 2


def test_one_watcher_cannot_take_all_the_room():
    play = Playbook(*HINTS, limits=Limits(per_watcher=2))
    phone = play.phone()
    for number in range(3):
        phone.to_tag = None
        response = phone.subscribe(Call_ID=str(number))
        assert response.status == (200 if number < 2 else 503)
    assert response.get("retry-after") == "60"
    assert play.phone(host="127.0.0.2").subscribe().status == 200
