"""Asking phones to fetch their files again."""

import json

import pytest

from bridge.effects import CheckSyncAnswered, NotifySent, Publish
from bridge.notifier.checksync import CheckSync, Place
from bridge.phones.roster import Listed, find_phone
from bridge.service import Context
from support.context import wall
from support.playbook import BASE, Playbook
from support.softphone import Softphone

KITCHEN = Listed("000fd3aabbcc", ("200", "2000"))
DESK = Listed("000fd3aabbdd", ("200",))


@pytest.fixture
def play():
    """A bridge with two hints that serves `resync`, for two phones of one user."""
    book = Playbook("2000 = SIP/2000", "2001 = SIP/2001")

    def registered(user):
        return [Place(one.flow, str(one.uri)) for one in book.registrar.bindings.of(user)]

    checksync = CheckSync(
        Context(book.state, book.timers, book._emit, book._token, wall),
        book.endpoint,
        "Presence Bridge/test",
        find=lambda target: find_phone(target, (KITCHEN, DESK)),
        subscriptions=lambda: book.notifier.subscriptions,
        registered=registered,
    )
    book.requests.serve("resync", checksync.requested)
    return book


def resync(play, phone):
    play.mqtt("bridge/request/resync", json.dumps({"phone": phone}))


def answers(play):
    topic = f"{BASE}/bridge/response/resync"
    return [json.loads(effect.payload) for effect in play.of(Publish) if effect.topic == topic]


def watching(play, *extensions, **traits):
    """A phone that watches these extensions and has answered."""
    phone = play.phone(**traits)
    for number, extension in enumerate(extensions):
        phone.to_tag = None
        phone.call_id = f"call-{phone.address.port}-{number}"
        phone.subscribe(extension)
        phone.notified()
    phone.received.clear()
    phone._parsed.clear()
    return phone


def test_a_phone_is_asked_outside_of_its_dialogs(play):
    phone = watching(play, "2000")
    resync(play, "000fd3aabbcc")
    (notify,) = phone.notifies()
    request = notify.request
    assert request.get("event") == "check-sync"
    assert notify.state == "terminated"
    assert request.uri == f"sip:200@127.0.0.1:{phone.address.port};ob"
    assert request.to.uri == request.uri
    assert request.to.tag is None
    assert request.from_.tag
    assert request.call_id != phone.call_id
    assert notify.cseq == 1
    assert request.get("max-forwards") == "70"
    assert request.contacts[0].uri == "sip:127.0.0.1:5060"
    assert request.get("user-agent") == "Presence Bridge/test"
    assert (request.get("content-length"), request.body) == ("0", b"")


def test_its_answer_is_the_answer_to_the_request(play):
    phone = watching(play, "2000")
    resync(play, "2000")
    assert answers(play) == []
    phone.notified()
    where = f"127.0.0.1:{phone.address.port}"
    data = {"phones": [{"phone": where, "outcome": "acknowledged", "status": 200}]}
    assert answers(play) == [{"status": "ok", "data": data}]
    assert play.of(CheckSyncAnswered) == [CheckSyncAnswered(where, "acknowledged", 200)]


def test_a_phone_with_many_keys_is_asked_once(play):
    phone = watching(play, "2000", "2001")
    resync(play, "200")
    assert len(phone.notifies()) == 1


def test_the_subscriptions_are_left_as_they_are(play):
    phone = watching(play, "2000")
    sent = len(play.of(NotifySent))
    resync(play, "200")
    phone.notified(481)
    assert len(play.notifier.subscriptions) == 1
    assert len(play.of(NotifySent)) == sent
    play.mqtt("device/SIP/2000", "INUSE")
    assert phone.notifies()[-1].lamp == ("open", "On the phone")


def test_a_user_may_be_written_with_escapes(play):
    phone = play.phone()
    phone.subscribe("2000", From=f"<sip:20%30@127.0.0.1>;tag={phone.tag}")
    phone.notified()
    resync(play, "200")
    assert phone.notifies()[-1].request.get("event") == "check-sync"


def test_all_phones_of_a_user_are_asked(play):
    phones = [watching(play, "2000"), watching(play, "2000")]
    resync(play, "200")
    for phone in phones:
        assert answers(play) == []
        phone.notified()
    assert len(answers(play)[0]["data"]["phones"]) == 2


def test_a_phone_that_tells_its_address_is_told_from_others_of_its_user(play):
    other = watching(play, "2000")
    phone = watching(play, "2000", agent="Sangoma P330 4_27_8 000FD3AABBCC")
    resync(play, "00:0f:d3:aa:bb:cc")
    assert len(phone.notifies()) == 1
    assert other.notifies() == []


def test_a_phone_that_is_not_listed_is_found_by_its_address(play):
    phone = watching(play, "2000", agent="Sangoma P330 4_27_8 000FD3000001")
    resync(play, "000fd3000001")
    assert len(phone.notifies()) == 1


def test_a_phone_that_only_registers_is_found(play):
    softphone = Softphone(play, "200")
    softphone.register("127.0.0.1:5099")
    softphone.phone.received.clear()
    softphone.phone._parsed.clear()
    resync(play, "2000")
    (notify,) = softphone.phone.notifies()
    assert notify.request.uri == "sip:200@127.0.0.1:5099"


def test_nobody_is_found(play):
    watching(play, "2000")
    resync(play, "3000")
    assert answers(play) == [
        {"status": "error", "error": "3000 has no subscription here, and no registration"}
    ]


@pytest.mark.parametrize("arguments", [{}, {"phone": ""}, {"phone": 2000}, {"phone": None}])
def test_a_request_must_name_a_phone(play, arguments):
    play.mqtt("bridge/request/resync", json.dumps(arguments))
    assert answers(play)[0]["error"].startswith("name the phone")


def test_a_refusal_is_said(play):
    phone = watching(play, "2000")
    resync(play, "200")
    phone.notified(489)
    where = f"127.0.0.1:{phone.address.port}"
    assert answers(play) == [{"status": "error", "error": f"{where} answered 489"}]
    assert play.of(CheckSyncAnswered) == [CheckSyncAnswered(where, "rejected", 489)]


def test_silence_is_said_after_timer_f(play):
    phone = watching(play, "2000")
    resync(play, "200")
    play.advance(31.9)
    assert answers(play) == []
    play.advance(0.2)
    assert answers(play)[0]["error"] == f"127.0.0.1:{phone.address.port} did not answer"
    assert len(phone.notifies()) == 11
    assert play.of(CheckSyncAnswered)[0].outcome == "timeout"


def test_what_the_network_refuses_is_said_at_once(play):
    phone = watching(play, "2000")
    resync(play, "200")
    phone.refused()
    assert answers(play)[0]["error"] == f"127.0.0.1:{phone.address.port} did not answer"
    assert play.of(CheckSyncAnswered)[0].outcome == "transport_error"


def test_one_of_two_is_enough(play):
    """A phone that was given another address has old subscriptions here, for a while."""
    gone, phone = watching(play, "2000"), watching(play, "2000")
    resync(play, "200")
    phone.notified()
    gone.refused()
    (answer,) = answers(play)
    assert answer["status"] == "ok"
    assert {one["outcome"] for one in answer["data"]["phones"]} == {"acknowledged", "transport_error"}


@pytest.mark.parametrize("uri", ["tel:+200", "sip:@200.example", "sip:1@200.example"])
def test_a_watcher_without_a_user_is_nobody(play, uri):
    phone = play.phone()
    phone.subscribe("2000", From=f"<{uri}>;tag={phone.tag}")
    phone.notified()
    resync(play, "200")
    assert answers(play)[0]["status"] == "error"
