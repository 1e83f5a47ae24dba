"""Telling the watchers: one in flight, the pace, fair slices, and what follows a failure."""

import pytest

from bridge.effects import ChangesCoalesced, NotifyAnswered, NotifySent, SubscriptionEnded
from bridge.events import Wake
from support.playbook import Playbook

HINTS = ("2000 = SIP/2000,CustomPresence:2000", "2001 = ,CustomPresence:anna")


@pytest.fixture
def play():
    return Playbook(*HINTS)


@pytest.fixture
def phone(play):
    return play.phone()


# --- one in flight, pace, fairness ---


@pytest.mark.requirement("X9")
def test_while_one_is_unanswered_only_the_newest_state_waits(play, phone):
    phone.subscribe()
    first = phone.notifies()[0]
    for state in ("away", "xa", "dnd"):
        play.mqtt("presence/2000", state)
    assert len(phone.notifies()) == 1
    phone.answer(first)
    assert [notify.presence[0] for notify in phone.notifies()] == ["not_set", "dnd"]


@pytest.mark.requirement("S26", "X9")
def test_the_pace_is_kept_and_the_newest_state_wins():
    play = Playbook(*HINTS, min_interval=0.1)
    phone = play.phone()
    phone.subscribe()
    phone.notified()
    for state in ("away", "xa", "dnd"):
        play.mqtt("presence/2000", state)
        play.advance(0.01)
    assert len(phone.notifies()) == 1
    play.advance(0.1)
    assert phone.notified().presence[0] == "dnd"


def coalesced(play):
    return sum(effect.watchers for effect in play.of(ChangesCoalesced))


def test_each_change_that_a_watcher_was_not_told_of_is_counted(play, phone):
    play.phone().subscribe()
    phone.subscribe()
    first = phone.notifies()[0]
    play.mqtt("presence/2000", "away")
    assert coalesced(play) == 0, "it waits, and is still the newest"
    play.mqtt("presence/2000", "xa")
    play.mqtt("presence/2000", "dnd")
    assert coalesced(play) == 4, "two changes, for each of two watchers"
    phone.answer(first)
    assert phone.notified().presence[0] == "dnd"
    play.mqtt("presence/2000", "chat")
    assert phone.notified().presence[0] == "chat"
    # The one that answers at once is told of each; the other still has one that waits, and another is lost to it.
    assert coalesced(play) == 5


def test_what_is_told_again_supersedes_nothing(play, phone):
    phone.subscribe()
    play.notifier.resend(None, play.now)
    play.notifier.resend(None, play.now)
    play.mqtt("presence/2000", "away")
    assert coalesced(play) == 0


@pytest.mark.requirement("S26")
def test_a_change_and_its_revocation_within_the_pace_are_not_told():
    play = Playbook(*HINTS, min_interval=0.1)
    phone = play.phone()
    phone.subscribe()
    phone.notified()
    play.mqtt("presence/2000", "away")
    play.mqtt("presence/2000", "not_set")
    play.advance(1)
    assert len(phone.notifies()) == 1


@pytest.mark.requirement("S26")
def test_refresh_and_end_do_not_wait_for_the_pace():
    play = Playbook(*HINTS, min_interval=5)
    phone = play.phone()
    for expires in (600, 600, 0):
        phone.subscribe(expires=expires)
        phone.notified()
    assert len(phone.notifies()) == 3


# --- failures ---


@pytest.mark.requirement("S14", "D15")
@pytest.mark.parametrize(
    "status", [401, 404, 405, 407, 410, 416, 480, 481, 482, 483, 484, 485, 489, 501, 604]
)
def test_answers_that_end_the_subscription(play, phone, status):
    phone.subscribe()
    phone.notified(status)
    assert play.notifier.subscriptions == ()
    assert play.of(SubscriptionEnded)[0].reason == "notify_rejected"
    play.mqtt("presence/2000", "away")
    assert len(phone.notifies()) == 1
    assert phone.subscribe().status == 481


@pytest.mark.requirement("D15", "D18")
@pytest.mark.parametrize("status", [301, 302, 400, 415, 488, 603])
def test_answers_that_concern_this_notify_only(play, phone, status):
    phone.subscribe()
    phone.notified(status)
    play.mqtt("presence/2000", "away")
    assert phone.notified().presence == ("away", "", "")


@pytest.mark.requirement("S15")
def test_retry_after_is_kept_to_with_the_newest_state(play, phone):
    phone.subscribe()
    phone.notified(503, "Retry-After: 7 (busy)")
    play.mqtt("presence/2000", "away")
    play.advance(6.9)
    assert len(phone.notifies()) == 1
    play.advance(0.2)
    assert phone.notified().presence == ("away", "", "")


@pytest.mark.requirement("S15")
@pytest.mark.parametrize("status", [480, 486, 404])
def test_retry_after_is_kept_to_whatever_the_status(play, phone, status):
    phone.subscribe()
    phone.notified(status, "Retry-After: 5")
    play.advance(5.1)
    assert len(phone.notifies()) == 2
    phone.notified()
    assert len(play.notifier.subscriptions) == 1


@pytest.mark.requirement("S15", "S14")
def test_an_endless_retry_after_is_bounded_and_481_ends_all_the_same(play, phone):
    other = play.phone()
    other.subscribe()
    other.notified(481, "Retry-After: 5")
    assert play.notifier.subscriptions == ()
    phone.subscribe(expires=3600)
    for _ in range(3):
        phone.notified(503, "Retry-After: 5")
        play.advance(5.1)
    assert play.notifier.subscriptions == ()


@pytest.mark.requirement("S16", "A14")
@pytest.mark.parametrize("status", [401, 407])
def test_a_challenge_to_our_notify_ends_it_without_credentials(play, phone, status):
    phone.subscribe()
    phone.notified(status, 'WWW-Authenticate: Digest realm="evil", nonce="1"')
    assert play.notifier.subscriptions == ()
    assert len(phone.notifies()) == 1
    assert not any(b"uthorization" in data for data in phone.received)


def test_silence_three_times_ends_the_subscription(play, phone):
    phone.subscribe(expires=3600)
    phone.notified()
    play.mqtt("presence/2000", "away")
    play.advance(32 + 10 + 32 + 60 + 32 - 1)
    assert len(play.notifier.subscriptions) == 1
    assert len({notify.cseq for notify in phone.notifies()}) == 4
    play.advance(2)
    assert play.notifier.subscriptions == ()
    assert play.of(SubscriptionEnded)[0].reason == "notify_timeout"


def test_a_phone_that_comes_back_is_told_the_newest_state(play, phone):
    phone.subscribe(expires=3600)
    phone.notified()
    play.mqtt("presence/2000", "away")
    play.advance(40)
    play.mqtt("presence/2000", "dnd")
    play.advance(5)
    assert phone.notified().presence == ("dnd", "", "")
    play.mqtt("presence/2000", "chat")
    assert phone.notified().presence == ("chat", "", "")


def test_a_refresh_after_misses_is_told_at_once(play, phone):
    phone.subscribe(expires=3600)
    phone.notified()
    play.mqtt("presence/2000", "away")
    play.advance(33)
    phone.subscribe(expires=3600)
    assert phone.notified().presence == ("away", "", "")
    assert play.notifier.subscriptions[0].misses == 0


def test_an_address_that_never_answered_is_sent_three_copies(play, phone):
    phone.subscribe()
    play.advance(32)
    assert len(phone.notifies()) == 3


def test_a_refresh_proves_the_address_as_an_answer_does(play, phone):
    phone.subscribe()
    play.advance(5)
    assert phone.subscribe().status == 200
    assert [one.verified for one in play.notifier.subscriptions] == [True]
    play.mqtt("presence/2000", "away")
    # None of the three copies of the first one is answered; the refresh is owed another.
    play.advance(27.1)
    assert len(phone.notifies()) == 4
    assert phone.notified().presence[0] == "away"
    play.mqtt("presence/2000", "dnd")
    assert phone.notified().presence[0] == "dnd", "an answer ends the pause that a miss had begun"
    assert phone.subscribe().status == 200


def test_a_refresh_from_elsewhere_proves_nothing(play, phone):
    phone.subscribe()
    other = play.phone(host="127.0.0.9")
    other.call_id, other.tag, other.to_tag, other.cseq = phone.call_id, phone.tag, phone.to_tag, phone.cseq
    assert other.subscribe().status == 200
    play.advance(33)
    assert play.notifier.subscriptions == ()
    assert len(other.notifies()) == 0


@pytest.mark.requirement("T12")
def test_a_refusal_by_the_network_counts_as_a_miss_at_once(play, phone):
    phone.subscribe()
    phone.refused()
    assert play.of(NotifyAnswered)[0].outcome == "transport_error"
    play.advance(10.2)
    assert len(phone.notifies()) == 2


@pytest.mark.requirement("D14")
def test_our_cseq_grows_by_one(play, phone):
    phone.subscribe()
    numbers = [phone.notified().cseq]
    for state in ("away", "xa", "dnd"):
        play.mqtt("presence/2000", state)
        numbers.append(phone.notified().cseq)
    assert numbers == [*range(numbers[0], numbers[0] + 4)]


def test_unsubscribing_while_a_notify_is_unanswered_ends_after_the_answer(play, phone):
    phone.subscribe()
    first = phone.notifies()[0]
    phone.subscribe(expires=0)
    assert len(phone.notifies()) == 1
    phone.answer(first)
    assert phone.notified().state == "terminated;reason=timeout"
    play.advance(200)
    assert len(phone.notifies()) == 2


@pytest.mark.parametrize("status", [200, 481, 500])
def test_whatever_the_last_notify_is_answered_nothing_follows(play, phone, status):
    phone.subscribe()
    phone.notified()
    phone.subscribe(expires=0)
    phone.notified(status)
    play.advance(300)
    assert len(phone.notifies()) == 2
    assert play.endpoint.transactions == (0, 0)


# --- what is measured ---


def test_latency_counts_from_the_mqtt_message(play, phone):
    phone.subscribe()
    phone.notified()
    play.mqtt("presence/2000", "away")
    sent = play.of(NotifySent)[-1]
    assert (sent.trigger, sent.since) == ("state", play.now)
    play.advance(0.2)
    phone.notified()
    answered = play.of(NotifyAnswered)[-1]
    assert (answered.trigger, answered.outcome, answered.status) == ("state", "acknowledged", 200)
    assert answered.latency == pytest.approx(0.2)
    assert answered.round_trip == pytest.approx(0.2)


def test_replayed_messages_and_subscribes_have_no_latency(play, phone):
    phone.subscribe()
    phone.notified()
    play.mqtt("presence/2000", "away", retained=True)
    assert [e.since for e in play.of(NotifySent)] == [None, None]
    phone.notified()
    assert [e.latency for e in play.of(NotifyAnswered)] == [None, None]


def test_an_answer_from_another_host_is_forged_and_ignored(play, phone):
    phone.subscribe()
    attacker = play.phone(host="127.0.0.66")
    attacker.answer(phone.notifies()[0], 481)
    assert len(play.notifier.subscriptions) == 1
    phone.answer(phone.notifies()[0])
    assert [e.outcome for e in play.of(NotifyAnswered)] == ["acknowledged"]


def test_who_is_behind_and_for_how_long(play, phone):
    other = play.phone()
    for one in (phone, other):
        one.subscribe()
        one.notified()
    assert play.notifier.behind(play.now) == (0, 0.0)
    play.mqtt("presence/2000", "away")
    play.advance(3)
    play.mqtt("presence/2000", "dnd")
    other.notified()
    assert play.notifier.behind(play.now) == (2, 3.0)
    other.notified()
    assert play.notifier.behind(play.now + 1) == (1, 4.0)
    phone.notified()
    phone.notified(488)
    assert play.notifier.behind(play.now)[0] == 1


# --- once more, whatever is known -------------------------------------------------------------------


def test_what_a_phone_knows_is_told_once_more_on_request(play, phone):
    phone.subscribe()
    before = phone.notified()
    assert play.notifier.resend(None, play.now) == 1
    assert play.notifier.behind(play.now) == (1, 0.0)
    play.feed(Wake())
    again = phone.notified()
    assert (again.cseq, again.presence, again.lamp) == (before.cseq + 1, before.presence, before.lamp)
    assert play.of(NotifyAnswered)[-1].trigger == "resync"
    assert play.notifier.behind(play.now) == (0, 0.0)


def test_a_phone_that_has_not_answered_yet_is_told_once_more_when_it_has(play, phone):
    phone.subscribe()
    play.notifier.resend("2000", play.now)
    play.notifier.resend("2000", play.now)
    play.feed(Wake())
    assert len(phone.notifies()) == 1
    phone.notified()
    assert len(phone.notifies()) == 2
    phone.notified()
    assert len(phone.notifies()) == 2


def test_the_newest_state_is_what_is_told_once_more(play, phone):
    phone.subscribe()
    phone.notified()
    play.notifier.resend("2000", play.now)
    play.mqtt("presence/2000", "away")
    assert phone.notified().presence == ("away", "", "")
    assert len(phone.notifies()) == 2


def test_only_the_watchers_of_an_extension_are_told_once_more(play):
    phones = [play.phone(), play.phone()]
    for phone, extension in zip(phones, ("2000", "2001"), strict=True):
        phone.subscribe(extension)
        phone.notified()
    assert play.notifier.resend("2001", play.now) == 1
    assert play.notifier.resend("2002", play.now) == 0
    play.feed(Wake())
    assert [len(phone.notifies()) for phone in phones] == [1, 2]
