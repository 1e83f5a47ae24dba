"""Conversations about the options of a hint: whom it is shown to, and how."""

import json
from ipaddress import ip_network

import pytest

from bridge.effects import SubscribeAnswered
from bridge.model.hint import parse_hint
from bridge.model.watchers import Watchers
from bridge.sip.credentials import User
from support.playbook import Playbook

DIALOG_INFO = "application/dialog-info+xml"
ALICE, BOB = User("alice", "wonder"), User("bob", "builder", extensions=frozenset({"2001"}))


def hint(extension="2000", **options):
    return parse_hint(extension, f"SIP/{extension},CustomPresence:{extension}", **options)


# --- dnd_is_busy -----------------------------------------------------------------------------------


def test_dnd_lights_the_lamp_of_a_blf_key_and_goes_out():
    play = Playbook(hint(dnd_is_busy=True))
    phone = play.phone(agent="Yealink SIP-T46S 66.85.0.5")
    phone.subscribe(Event="dialog", Accept=DIALOG_INFO)
    seen = []
    for payload in ("available", "dnd,surgery", "away", "dnd", "not_set"):
        play.mqtt("presence/2000", payload)
        seen.append(phone.notified().tree.findtext(".//{*}state"))
    assert seen == ["terminated", "confirmed", "terminated", "confirmed", "terminated"]
    assert len(phone.notifies()) == 5


def test_a_digium_phone_keeps_the_lamp_of_the_line():
    play = Playbook(hint(dnd_is_busy=True))
    phone = play.phone()
    phone.subscribe()
    phone.notified()
    play.mqtt("presence/2000", "dnd,surgery")
    notify = phone.notified()
    assert notify.lamp == ("open", "Ready")
    assert notify.presence == ("dnd", "surgery", "")


def test_a_digium_phone_that_asks_for_dialogs_reads_no_presence():
    play = Playbook(hint(dnd_is_busy=True))
    phone = play.phone()
    phone.subscribe(Event="dialog", Accept=DIALOG_INFO)
    phone.notified()
    play.mqtt("presence/2000", "dnd")
    assert phone.notified().tree.findtext(".//{*}state") == "confirmed"


def test_a_softphone_sees_a_busy_line_and_reads_why():
    play = Playbook(hint(dnd_is_busy=True))
    phone = play.phone(agent="baresip v1.0.0 (x86_64/linux)")
    phone.subscribe(Accept=None)
    phone.notified()
    play.mqtt("presence/2000", "dnd,surgery")
    notify = phone.notified()
    assert notify.lamp == ("open", "Do not disturb - surgery")
    assert notify.tree.find(".//{*}on-the-phone") is not None


def test_mqtt_keeps_the_state_of_the_devices():
    play = Playbook(hint(dnd_is_busy=True))
    play.mqtt("device/SIP/2000", "NOT_INUSE")
    play.mqtt("presence/2000", "dnd")
    shown = json.loads(play.published["presence-bridge/hint/2000"])
    assert (shown["device_state"], shown["presence"]) == ("NOT_INUSE", "dnd")


# --- watchers --------------------------------------------------------------------------------------


@pytest.fixture
def play():
    watchers = Watchers(frozenset({"alice"}), (ip_network("192.0.2.16/28"),))
    return Playbook(hint(watchers=watchers), hint("2001"), trusted=("192.0.2.0/24",), users=(ALICE, BOB))


@pytest.mark.requirement("S24")
@pytest.mark.parametrize(
    ("host", "user", "password", "status"),
    [
        ("192.0.2.17", "200", None, 200),
        ("::ffff:192.0.2.17", "200", None, 200),
        # Trusted, but neither in the network nor known by name: a name that is only claimed is none.
        ("192.0.2.1", "alice", None, 403),
        ("198.51.100.1", "alice", "wonder", 200),
        ("198.51.100.1", "bob", "builder", 403),
    ],
)
def test_a_hint_names_its_watchers(play, host, user, password, status):
    phone = play.phone(host, user=user, password=password)
    assert phone.subscribe(From=f"<sip:{user}@h>;tag=1").status == status
    assert len(play.notifier.subscriptions) == (status == 200)
    outcome = "created" if status == 200 else "rejected"
    assert play.of(SubscribeAnswered)[-1].outcome == outcome


@pytest.mark.requirement("S24")
def test_others_are_watched_by_everybody(play):
    assert play.phone("192.0.2.1").subscribe("2001").status == 200
    assert play.phone("198.51.100.1", user="bob", password="builder").subscribe("2001").status == 200


@pytest.mark.requirement("S24")
def test_a_hint_cannot_give_what_a_user_may_not_have(play):
    play = Playbook(hint(watchers=Watchers(frozenset({"bob"}))), trusted=(), users=(ALICE, BOB))
    assert play.phone("198.51.100.1", user="bob", password="builder").subscribe().status == 403
    assert play.phone("198.51.100.1", user="alice", password="wonder").subscribe().status == 403


@pytest.mark.requirement("S24")
def test_a_subscription_does_not_move_to_where_it_could_not_be_made(play):
    phone = play.phone("192.0.2.17")
    phone.subscribe()
    phone.notified()
    elsewhere = play.phone("192.0.2.1")
    elsewhere.send(phone.request("SUBSCRIBE", Event="presence", Expires="600"))
    assert [response.status for response in elsewhere.responses()] == [403]
    play.mqtt("presence/2000", "away")
    assert phone.notified().presence[0] == "away"
    assert elsewhere.notifies() == []


def test_without_any_user_nothing_is_found(play):
    phone = play.phone("192.0.2.1")
    text = phone.request("SUBSCRIBE", Event="presence", To="<sip:127.0.0.1>")
    phone.send(text.replace("sip:2000@127.0.0.1:5060 SIP", "sip:127.0.0.1:5060 SIP"))
    assert [response.status for response in phone.responses()] == [404]
