"""Another run with the rows of the first: which subscriptions go on, how, and when they are told."""

import json
from ipaddress import ip_network

import pytest

from bridge.effects import NotifySent, Send, SubscriptionEnded
from bridge.events import BrokerConnected, StoreLost, StoreReturned, TransportFailed
from bridge.model.hint import parse_hint
from bridge.model.watchers import Watchers
from bridge.notifier.capacity import Limits
from bridge.notifier.resumption import Terms
from bridge.sip.credentials import TRUSTED, User
from support.disk import Disk
from support.playbook import Playbook

HINT = "2000 = SIP/2000,CustomPresence:2000"
OTHER = "2001 = SIP/2001"


@pytest.fixture
def play():
    return Playbook(HINT, OTHER, disk=Disk())


@pytest.fixture
def phone(play):
    phone = play.phone()
    phone.subscribe()
    phone.notified()
    play.advance(2)
    return phone


@pytest.mark.requirement("S13")
def test_the_dialog_goes_on_with_a_larger_cseq_and_the_time_that_is_left(play, phone):
    play.mqtt("presence/2000", "away,lunch")
    before = phone.notified()
    play.advance(2)
    again = play.restart(HINT, down=100, connected=False)
    assert again.resumed == {None: 1}
    again.advance(1)
    again.connect()
    assert len(phone.notifies()) == 3
    after = phone.notified()
    old, new = before.request, after.request
    for header in ("call-id", "from", "to", "contact", "event"):
        assert new.get(header) == old.get(header), header
    assert new.uri == old.uri
    assert after.cseq > before.cseq
    assert after.presence == ("away", "lunch", "")
    assert after.state == f"active;expires={600 - 2 - 2 - 100 - 1}"


@pytest.mark.requirement("S13")
def test_a_refresh_in_the_dialog_is_answered_after_a_restart(play, phone):
    again = play.restart(HINT)
    assert phone.subscribe().status == 200
    assert phone.notified().state == "active;expires=600"
    assert phone.subscribe(expires=0).status == 200
    assert again.disk.subscriptions == {}


def test_until_the_broker_has_been_read_nobody_is_told_what_may_be_old(play, phone):
    play.mqtt("presence/2000", "away")
    phone.notified()
    # Killed before the fact was written, and the broker takes its time.
    again = play.restart(HINT, connected=False)
    stranger, known = again.phone(), len(phone.notifies())
    assert (phone.subscribe().status, stranger.subscribe().status) == (200, 200)
    again.advance(3)
    again.feed(BrokerConnected())
    again.mqtt("device/SIP/2000", "INUSE", retained=True)
    again.advance(3)
    assert (len(phone.notifies()), stranger.notifies()) == (known, [])
    again.mqtt("presence/2000", "away", retained=True)
    again.sync()
    for one in (phone, stranger):
        told = one.notified()
        assert (told.presence[0], told.lamp[1]) == ("away", "On the phone")
    again.advance(20)
    assert (len(phone.notifies()), len(stranger.notifies())) == (known + 1, 1)


def test_a_last_word_waits_for_the_broker_too(play, phone):
    again = play.restart(HINT, connected=False)
    fetching, known = again.phone(), len(phone.notifies())
    assert (phone.subscribe(expires=0).status, fetching.subscribe(expires=0).status) == (200, 200)
    again.feed(BrokerConnected())
    again.mqtt("presence/2000", "away", retained=True)
    assert (len(phone.notifies()), fetching.notifies()) == (known, [])
    again.sync()
    for one in (phone, fetching):
        last = one.notified()
        assert (last.state, last.presence[0]) == ("terminated;reason=timeout", "away")
    again.advance(20)
    assert (len(phone.notifies()), len(fetching.notifies())) == (known + 1, 1)


def test_one_that_expires_meanwhile_is_told_so_afterwards(play, phone):
    again = play.restart(HINT, connected=False)
    phone.subscribe(expires=10)
    again.mqtt("presence/2000", "away")
    again.advance(9.9)
    assert len(phone.notifies()) == 1
    again.advance(0.2)
    phone.notified()
    assert [notify.state.partition(";")[0] for notify in phone.notifies()[1:]] == ["terminated"]
    again.connect()
    again.advance(20)
    assert len(phone.notifies()) == 2


def test_who_is_sent_away_before_the_broker_is_read_is_told_so(play, phone):
    again = play.restart(HINT, connected=False)
    again.feed(StoreLost("no disk"))
    again.stop()
    assert phone.notified().state == "terminated;reason=deactivated"


def test_without_a_broker_what_is_known_is_told_after_a_while(play, phone):
    again = play.restart(HINT, connected=False)
    known = len(phone.notifies())
    phone.subscribe()
    again.advance(9.9)
    assert len(phone.notifies()) == known
    again.advance(0.2)
    assert [notify.presence[0] for notify in phone.notifies()[known:]] == ["not_set"]
    phone.notified()
    again.mqtt("presence/2000", "away")
    assert phone.notified().presence[0] == "away"


def test_with_a_broker_that_has_been_read_those_of_a_store_that_opens_late_are_told_soon(play, phone):
    rows = dict(play.disk.subscriptions)
    again = Playbook(HINT, disk=Disk(), run=1, now=play.now + 1)
    again.phones = play.phones
    again.mqtt("presence/2000", "away", retained=True)
    again.notifier.resume(rows, Terms(lambda flow: flow, again.gate.recognise), again.now)
    again.settle()
    assert len(phone.notifies()) == 1
    again.advance(1)
    assert phone.notifies()[-1].presence[0] == "away"


@pytest.mark.requirement("S13")
def test_the_version_of_a_document_grows_over_restarts(play):
    phone = play.phone(agent="Yealink SIP-T46S")
    phone.subscribe(Event="dialog", Accept="application/dialog-info+xml")
    versions = [int(phone.notified().tree.get("version"))]
    for _ in range(3):
        play = play.restart(HINT)
        play.advance(1.1)
        versions.append(int(phone.notified().tree.get("version")))
        play.mqtt("device/SIP/2000", ("INUSE", "RINGING", "ONHOLD")[len(versions) // 2 - 1])
        versions.append(int(phone.notified().tree.get("version")))
    assert versions == sorted(set(versions))
    assert versions[0] == 0


@pytest.mark.requirement("S13")
def test_routes_are_kept(play):
    phone = play.phone()
    phone.subscribe(Record_Route="<sip:127.0.0.1:5070;lr>")
    proxy = play.of(Send)[-1].flow.remote
    assert proxy.port == 5070
    again = play.restart(HINT)
    again.settle()
    assert [effect.flow.remote for effect in again.of(Send)] == [proxy]
    assert b"Route: <sip:127.0.0.1:5070;lr>\r\n" in again.of(Send)[0].data


def test_it_can_be_restarted_again_and_again(play, phone):
    cseqs = [phone.notifies()[-1].cseq]
    for _ in range(5):
        play = play.restart(HINT)
        play.advance(2)
        cseqs.append(phone.notified().cseq)
    assert cseqs == sorted(set(cseqs))


def test_killed_before_anything_is_told_or_written(play, phone):
    told = phone.notifies()[-1].cseq
    for _ in range(3):
        play = play.restart(HINT, down=0.1, connected=False)
        play.disk.slow = True
        play.advance(1.5)
        play.disk.lose()
    assert phone.notifies()[-1].cseq == told, "no CSeq is used that is not on disk"
    again = play.restart(HINT)
    again.disk.slow = False
    again.advance(3)
    assert phone.notified().cseq > told


# --- when they are told ---


def test_each_is_told_once_and_not_all_at_once():
    play = Playbook(HINT, disk=Disk())
    phones = [play.phone() for _ in range(1000)]
    for phone in phones:
        phone.subscribe()
        phone.notified()
    again = play.restart(HINT, connected=False)
    again.advance(3)
    assert not again.of(Send)
    again.connect()
    told = []
    for _ in range(10):
        again.advance(0.25)
        told.append(len(again.of(NotifySent)))
    shares = [b - a for a, b in zip([0, *told], told, strict=False)]
    assert max(shares) <= 130
    assert told[-1] == 1000
    assert all(phone.notifies()[-1].cseq == 1001 for phone in phones)


def test_what_has_changed_meanwhile_is_told_at_once_and_once(play, phone):
    crowd = [play.phone() for _ in range(200)]
    for one in crowd:
        one.subscribe("2001")
        one.notified()
    again = play.restart(HINT, OTHER, connected=False)
    again.feed(BrokerConnected())
    again.mqtt("presence/2000", "dnd", retained=True)
    again.sync()
    assert phone.notified().presence[0] == "dnd"
    assert sum(len(one.notifies()) == 2 for one in crowd) < 100
    again.advance(10)
    assert len(phone.notifies()) == 2


def test_until_it_is_told_a_phone_is_behind(play, phone):
    again = play.restart(HINT)
    assert again.notifier.behind(again.now)[0] == 1
    again.advance(2)
    phone.notified()
    assert again.notifier.behind(again.now)[0] == 0


def test_the_count_of_watchers_is_what_it_was(play, phone):
    again = play.restart(HINT)
    again.advance(1)
    assert json.loads(again.published["presence-bridge/hint/2000"])["watchers"] == 1


# --- which go on ---


def test_one_whose_time_has_run_out_is_forgotten(play, phone):
    again = play.restart(HINT, down=600)
    assert again.resumed == {"expired": 1}
    assert again.disk.subscriptions == {}
    assert phone.subscribe().status == 481


def test_a_clock_that_was_set_back_makes_none_immortal(play, phone):
    again = play.restart(HINT, down=-900, max_expires=700)
    (subscription,) = again.notifier.subscriptions
    assert subscription.expires_at == again.now + 700


def test_a_row_that_cannot_be_read_is_forgotten(play, phone):
    play.disk.subscriptions["x"] = "{}"
    again = play.restart(HINT)
    assert again.resumed == {None: 1, "unreadable": 1}
    assert list(again.disk.subscriptions) == [phone.to_tag]


@pytest.mark.parametrize("limits", [Limits(subscriptions=2), Limits(per_source=2), Limits(per_watcher=2)])
def test_room_is_what_the_configuration_says(play, limits):
    for _ in range(3):
        one = play.phone()
        one.subscribe()
        one.notified()
    again = play.restart(HINT, limits=limits)
    assert again.resumed == {None: 2, "no room": 1}
    assert len(again.disk.subscriptions) == 2
    assert again.phone().subscribe().status == 503


def test_an_extension_that_is_gone_is_said_to_be(play, phone):
    again = play.restart("2001 = SIP/2001")
    assert again.resumed == {"noresource": 1}
    again.advance(1.1)
    last = phone.notified()
    assert last.state == "terminated;reason=noresource"
    assert last.request.body == b""
    assert (again.notifier.subscriptions, again.disk.subscriptions) == ((), {})
    again.advance(10)
    assert len(phone.notifies()) == 2


@pytest.mark.parametrize(
    "changes",
    [
        {"trusted": ("192.0.2.0/24",)},
        {
            "hints": (
                parse_hint(
                    "2000", ",CustomPresence:2000", watchers=Watchers(networks=(ip_network("192.0.2.0/24"),))
                ),
            )
        },
    ],
)
def test_who_may_not_watch_any_more_is_told_nothing_but_that(play, phone, changes):
    play.mqtt("presence/2000", "away,secret")
    phone.notified()
    again = play.restart(*changes.pop("hints", (HINT,)), **changes)
    assert again.resumed == {"rejected": 1}
    again.advance(2)
    last = phone.notified()
    assert (last.state, last.request.body) == ("terminated;reason=rejected", b"")


@pytest.mark.parametrize(
    ("user", "outcome"),
    [
        (User("200", "secret"), None),
        (User("200", "secret", extensions=frozenset({"2000"})), None),
        (User("200", "secret", extensions=frozenset({"2001"})), "rejected"),
        (User("201", "secret"), "rejected"),
    ],
)
def test_a_user_is_who_he_is_now(user, outcome):
    play = Playbook(HINT, disk=Disk(), trusted=(), users=(User("200", "secret"),))
    phone = play.phone(password="secret")
    assert phone.subscribe().status == 200
    phone.notified()
    again = play.restart(HINT, trusted=(), users=(user,))
    assert again.resumed == {outcome: 1}


# --- the way ---


@pytest.mark.parametrize("verified", [True, False])
def test_over_a_stream_one_that_has_answered_is_connected_to_again(play, verified):
    phone = play.phone(transport="tcp", connection=7)
    phone.subscribe()
    if verified:
        phone.notified()
        play.advance(2)
    again = play.restart(HINT)
    again.advance(2)
    flows = [effect.flow for effect in again.of(Send)]
    if verified:
        assert flows == [phone.flow._replace(connection=0)]
        assert again.resumed == {None: 1}
    else:
        assert again.resumed == {"connection lost": 1}
        assert (flows, again.disk.subscriptions) == ([], {})


@pytest.mark.parametrize("verified", [True, False])
def test_a_dialog_over_a_connection_that_was_kept_goes_on_over_it(play, verified):
    phone = play.phone(transport="tcp", connection=7)
    phone.subscribe(Contact="<sip:200@10.0.0.9:5060;transport=tcp>")
    if verified:
        phone.notified()
        play.advance(2)
    now = phone.flow._replace(connection=3)
    kept = {phone.flow._replace(connection=0): now}
    again = play.restart(HINT, terms=Terms(lambda flow: flow, lambda _user, _host: TRUSTED, kept.get))
    assert again.resumed == {None: 1}
    again.advance(2)
    assert [effect.flow for effect in again.of(Send)][:1] == [now]
    again.feed(TransportFailed(now, "closed by the peer"))
    assert [effect.reason for effect in again.of(SubscriptionEnded)] == ["connection_lost"]


def test_over_a_stream_nobody_is_connected_to_elsewhere(play):
    phone = play.phone(transport="tcp", connection=7)
    phone.subscribe(Contact="<sip:200@10.0.0.9:5060;transport=tcp>")
    phone.notified()
    play.advance(2)
    assert play.restart(HINT).resumed == {"connection lost": 1}


def test_another_listener_takes_the_place_of_one_that_is_gone(play, phone):
    moved = Terms(
        lambda flow: flow._replace(local=flow.local._replace(port=5099)), lambda _user, _host: TRUSTED
    )
    again = play.restart(HINT, terms=moved)
    again.advance(2)
    notify = phone.notified().request
    assert notify.get("contact") == "<sip:127.0.0.1:5099>"
    assert notify.top_via.port == 5099


def test_without_a_listener_of_its_transport_none_goes_on(play, phone):
    again = play.restart(HINT, terms=Terms(lambda _flow: None, lambda _user, _host: TRUSTED))
    assert again.resumed == {"no listener for udp": 1}
    assert again.disk.subscriptions == {}


# --- what was under way ---


def test_a_subscribe_whose_answer_was_lost_with_the_run_replaces_what_it_left(play):
    phone = play.phone()
    text = phone.request("SUBSCRIBE", Event="presence", Expires="600")
    phone.send(text)
    phone.received.clear()
    again = play.restart(HINT)
    phone.send(text)
    (response,) = phone.responses()
    (subscription,) = again.notifier.subscriptions
    assert subscription.dialog.id.local_tag == response.to.tag
    assert [effect.reason for effect in again.of(SubscriptionEnded)] == ["replaced"]
    assert list(again.disk.subscriptions) == [response.to.tag]


def test_a_refresh_whose_answer_was_lost_with_the_run_is_taken_once_more(play, phone):
    text = phone.request("SUBSCRIBE", Event="presence", Expires="600")
    phone.send(text)
    phone.notified()
    answers = len(phone.responses())
    again = play.restart(HINT)
    phone.send(text)
    assert phone.responses()[answers].status == 200
    again.advance(40)
    phone.send(text)
    assert phone.responses()[-1].status == 500


def test_another_subscribe_of_the_same_phone_is_another_subscription(play, phone):
    again = play.restart(HINT)
    phone.to_tag = None
    assert phone.subscribe().status == 200
    assert len(again.notifier.subscriptions) == 2


def test_one_that_does_not_answer_any_more_is_given_up_and_forgotten(play, phone):
    again = play.restart(HINT)
    again.advance(300)
    assert [effect.reason for effect in again.of(SubscriptionEnded)] == ["notify_timeout"]
    assert again.disk.subscriptions == {}


def test_all_are_written_again_if_the_store_was_lost(play, phone):
    again = play.restart(HINT)
    from bridge.events import StoreLost

    again.disk.lose()
    again.feed(StoreLost("x"))
    again.disk.content["subscriptions"] = {}
    again.feed(StoreReturned())
    assert list(again.disk.subscriptions) == [phone.to_tag]
