"""Subscriptions and the store: what waits for the disk, what is written, and what a CSeq may be."""

import json

import pytest

from bridge.effects import Remember, Rewrite, Send, StoreChanged, SubscriptionEnded
from bridge.events import Remembered, StoreLost, StoreReturned, TransportFailed
from bridge.notifier import keeper
from support.disk import Disk
from support.playbook import Playbook

HINT = "2000 = SIP/2000,CustomPresence:2000"


@pytest.fixture
def play():
    """Its disk writes only when it is told to."""
    return Playbook(HINT, disk=Disk(slow=True))


@pytest.fixture
def quick():
    return Playbook(HINT, disk=Disk())


def commit(play):
    play.feed(play.disk.commit())


def ask(phone, **fields):
    """A SUBSCRIBE that is not answered at once."""
    phone.send(phone.request("SUBSCRIBE", Event="presence", Expires="600", **fields))


def rows(play):
    return [json.loads(row) for row in play.disk.subscriptions.values()]


# --- accepting ---


def test_a_subscription_is_accepted_when_it_is_on_disk(play):
    phone = play.phone()
    ask(phone)
    assert phone.received == []
    assert play.notifier.subscriptions == ()
    commit(play)
    (response,) = phone.responses()
    (notify,) = phone.notifies()
    assert (response.status, notify.cseq, len(play.notifier.subscriptions)) == (200, 1, 1)
    (row,) = rows(play)
    assert row["local_tag"] == response.to.tag
    assert phone.received[0].startswith(b"SIP/2.0 200")


def test_what_changes_meanwhile_is_told_as_it_is_then(play):
    phone = play.phone()
    ask(phone)
    play.mqtt("presence/2000", "away")
    commit(play)
    assert phone.notified().presence == ("away", "", "")
    play.advance(1)
    assert len(phone.notifies()) == 1


def test_a_repeated_subscribe_while_it_waits_makes_no_second_dialog(play):
    phone = play.phone()
    text = phone.request("SUBSCRIBE", Event="presence", Expires="600")
    for _ in range(3):
        phone.send(text)
        play.advance(0.2)
    assert phone.received == []
    assert len(play.of(Remember)) == 1
    commit(play)
    assert [response.status for response in phone.responses()] == [200]
    phone.send(text)
    first, second = phone.responses()
    assert first.to.tag == second.to.tag
    assert len(play.notifier.subscriptions) == 1


def test_those_who_wait_together_are_accepted_together(play):
    phones = [play.phone() for _ in range(20)]
    for phone in phones:
        ask(phone)
    commit(play)
    assert [phone.responses()[0].status for phone in phones] == [200] * 20
    assert play.disk.commits == 1


def test_a_disk_that_hangs_is_waited_for_for_a_second(play):
    first, second = play.phone(), play.phone()
    ask(first)
    play.advance(0.99)
    assert first.received == []
    play.advance(0.02)
    assert first.responses()[0].status == 200
    assert [effect.trouble for effect in play.of(StoreChanged)] == ["nothing has been written for 1 s"]
    ask(second)
    assert second.responses()[0].status == 200
    commit(play)
    assert play.of(StoreChanged)[-1].trouble == ""
    assert len(rows(play)) == 2
    third = play.phone()
    ask(third)
    assert third.received == []


def test_without_a_store_it_is_accepted_at_once():
    play = Playbook(HINT)
    play.phone().subscribe()
    assert not play.of(Remember)


def test_while_the_store_is_lost_everything_goes_on(play):
    phone, other = play.phone(), play.phone()
    ask(phone)
    play.disk.lose()
    play.feed(StoreLost("the disk is full"))
    assert phone.responses()[0].status == 200
    phone.notified()
    assert other.subscribe().status == 200
    other.notified()
    assert rows(play) == []

    play.feed(StoreReturned())
    commit(play)
    assert len(rows(play)) == 2
    assert [effect.trouble for effect in play.of(StoreChanged)] == ["the disk is full", ""]


def test_a_fetch_is_not_kept_and_not_waited_for(play):
    phone = play.phone()
    assert phone.subscribe(expires=0).status == 200
    assert not play.of(Remember)


def test_a_refusal_does_not_wait(play):
    assert play.phone().subscribe("2999").status == 404


def test_room_is_taken_while_it_waits():
    from bridge.notifier.capacity import Limits

    play = Playbook(HINT, disk=Disk(slow=True), limits=Limits(subscriptions=1))
    first, second = play.phone(), play.phone()
    ask(first)
    assert second.subscribe().status == 503
    commit(play)
    assert first.responses()[0].status == 200
    first.notified()


def test_a_connection_that_is_lost_while_it_waits(play):
    phone = play.phone(transport="tcp", connection=7)
    ask(phone)
    play.feed(TransportFailed(phone.flow, "closed by the peer"))
    commit(play)
    play.feed(TransportFailed(play.of(Send)[-1].flow, "refused"))
    play.advance(300)
    commit(play)
    assert play.notifier.subscriptions == ()
    assert rows(play) == []


# --- refreshing and ending ---


def test_a_refresh_is_answered_when_it_is_on_disk(play):
    phone = play.phone()
    ask(phone)
    commit(play)
    phone.to_tag = phone.responses()[0].to.tag
    phone.notified()
    play.advance(100)
    ask(phone, Contact="<sip:200@127.0.0.1:40000;ob;moved>")
    assert len(phone.responses()) == 1
    commit(play)
    assert len(phone.responses()) == 2
    assert phone.notified().cseq == 2
    (row,) = rows(play)
    assert row["target"] == "sip:200@127.0.0.1:40000;ob;moved"
    assert row["expires_at"] == pytest.approx(1_795_000_000 + play.now + 600)
    assert (row["remote_cseq"], row["verified"]) == (9776, True)


def test_a_change_does_not_wait_for_a_refresh(play):
    phone = play.phone()
    ask(phone)
    commit(play)
    phone.to_tag = phone.responses()[0].to.tag
    phone.notified()
    ask(phone)
    play.mqtt("presence/2000", "away")
    assert phone.notified().presence[0] == "away"
    commit(play)
    assert len(phone.notifies()) == 3


@pytest.mark.parametrize("end", ["unsubscribe", "expiry", "481", "silence"])
def test_whatever_has_ended_is_forgotten(quick, end):
    phone = quick.phone()
    phone.subscribe()
    if end == "unsubscribe":
        phone.notified()
        assert phone.subscribe(expires=0).status == 200
    elif end == "481":
        phone.notified(481)
    elif end == "expiry":
        phone.notified()
        quick.advance(601)
    else:
        quick.advance(33)
    assert rows(quick) == []
    assert quick.notifier._keeper.all() == ()
    quick.advance(10)
    assert rows(quick) == []


def test_an_unsubscription_is_answered_when_it_is_on_disk(play):
    phone = play.phone()
    ask(phone)
    commit(play)
    phone.to_tag = phone.responses()[0].to.tag
    phone.notified()
    phone.send(phone.request("SUBSCRIBE", Event="presence", Expires="0"))
    assert (len(phone.responses()), len(phone.notifies())) == (1, 1)
    commit(play)
    assert rows(play) == []
    assert phone.responses()[-1].status == 200
    assert phone.notifies()[-1].state == "terminated;reason=timeout"


def test_that_a_phone_has_answered_is_written_without_hurry(quick):
    phone = quick.phone()
    phone.subscribe()
    phone.notified()
    assert rows(quick)[0]["verified"] is False
    quick.advance(1)
    assert rows(quick)[0]["verified"] is True


# --- CSeq ---


def changes(play, phone, number):
    for n in range(number):
        play.mqtt("presence/2000", f"away,{n}")
        phone.notified()


def test_one_notify_in_a_thousand_makes_the_disk_work(quick):
    phone = quick.phone()
    phone.subscribe()
    phone.notified()
    quick.advance(2)
    before = len(quick.of(Remember))
    changes(quick, phone, 2000)
    quick.advance(2)
    written = [e.table for e in quick.of(Remember)[before:]]
    assert written.count("subscriptions") == 2
    assert phone.notifies()[-1].cseq == 2001
    assert rows(quick)[0]["cseq"] == 3000


def test_no_notify_passes_what_is_on_disk(play, monkeypatch):
    monkeypatch.setattr(keeper, "_BLOCK", 10)
    monkeypatch.setattr(keeper, "_AHEAD", 4)
    phone = play.phone()
    ask(phone)
    commit(play)
    phone.notified()
    assert rows(play)[0]["cseq"] == 10
    changes(play, phone, 9)
    assert phone.notifies()[-1].cseq == 10
    play.mqtt("presence/2000", "dnd")
    assert phone.notifies()[-1].cseq == 10, "held back"
    assert play.notifier.behind(play.now)[0] == 1
    play.mqtt("presence/2000", "xa")
    commit(play)
    notify = phone.notified()
    assert (notify.cseq, notify.presence[0]) == (11, "xa")
    assert rows(play)[0]["cseq"] == 20
    assert play.notifier.behind(play.now)[0] == 0


def test_a_notify_is_held_back_for_a_second_at_most(play, monkeypatch):
    monkeypatch.setattr(keeper, "_BLOCK", 2)
    monkeypatch.setattr(keeper, "_AHEAD", 1)
    phone = play.phone()
    ask(phone)
    commit(play)
    phone.notified()
    changes(play, phone, 1)
    play.mqtt("presence/2000", "dnd")
    assert phone.notifies()[-1].cseq == 2
    play.advance(1.1)
    assert phone.notified().cseq == 3


def test_the_last_word_is_not_held_back(play, monkeypatch):
    monkeypatch.setattr(keeper, "_BLOCK", 2)
    monkeypatch.setattr(keeper, "_AHEAD", 1)
    phone = play.phone()
    ask(phone)
    commit(play)
    phone.to_tag = phone.responses()[0].to.tag
    phone.notified()
    changes(play, phone, 1)
    phone.send(phone.request("SUBSCRIBE", Event="presence", Expires="0"))
    commit(play)
    assert (phone.notifies()[-1].cseq, phone.notifies()[-1].state) == (3, "terminated;reason=timeout")


# --- stopping ---


def test_with_a_store_a_stop_sends_nothing_and_writes_all_that_is_noted(quick):
    phone = quick.phone()
    phone.subscribe()
    phone.notified()
    sent = len(quick.of(Send))
    quick.stop()
    assert len(quick.of(Send)) == sent
    assert not quick.of(SubscriptionEnded)
    assert rows(quick)[0]["verified"] is True


@pytest.mark.parametrize("trouble", ["no store", "lost", "slow"])
def test_a_stop_that_leaves_nothing_behind_says_so(trouble):
    play = Playbook(HINT, disk=None if trouble == "no store" else Disk(slow=True))
    phone = play.phone()
    if trouble == "lost":
        play.feed(StoreLost("the disk is full"))
    ask(phone)
    play.advance(1.5)
    phone.notified()
    play.stop()
    assert phone.notifies()[-1].state == "terminated;reason=deactivated"


def test_the_store_is_told_everything_in_slices():
    play = Playbook(HINT, disk=Disk())
    phones = [play.phone() for _ in range(200)]
    for phone in phones:
        phone.subscribe()
        phone.notified()
    play.disk.lose()
    play.feed(StoreLost("gone"))
    play.disk.content["subscriptions"] = {"stale": "{}"}
    play.engine.handle(StoreReturned(), play.now)
    assert len(play.of(Rewrite)) == 1
    assert play.engine.deadline() == float("-inf")
    play.settle()
    assert len(rows(play)) == 200
    assert "stale" not in play.disk.subscriptions
    assert play.memory.is_safe


def test_a_number_that_means_nothing_releases_nothing(play):
    phone = play.phone()
    ask(phone)
    play.feed(Remembered(0, 0.001))
    assert phone.received == []


def test_those_who_watch_the_same_do_not_reserve_with_the_same_change(quick, monkeypatch):
    monkeypatch.setattr(keeper, "_BLOCK", 100)
    monkeypatch.setattr(keeper, "_AHEAD", 50)
    phones = [quick.phone() for _ in range(100)]
    for phone in phones:
        phone.subscribe()
        phone.notified()
    quick.advance(2)
    most = 0
    for n in range(60):
        before = sum(effect.table == "subscriptions" for effect in quick.of(Remember))
        quick.mqtt("presence/2000", f"away,{n}")
        for phone in phones:
            phone.notified()
        most = max(most, sum(effect.table == "subscriptions" for effect in quick.of(Remember)) - before)
    assert 0 < most < 30
