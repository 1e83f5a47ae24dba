"""Who knows or guesses another's identifiers, and ends that cross each other: nobody loses a subscription by it."""

import pytest

from bridge.composition.bridge import _token
from bridge.effects import ResponseReceived, Warned
from bridge.sip.credentials import User
from support.playbook import Playbook

HINT = "2000 = SIP/2000,CustomPresence:2000"


@pytest.fixture
def play():
    return Playbook(HINT, trusted=("192.0.2.0/24",))


@pytest.fixture
def phone(play):
    """A phone that watches 2000."""
    phone = play.phone("192.0.2.1")
    phone.subscribe()
    phone.notified()
    return phone


def impersonate(play, phone, host, **traits):
    """Somebody at another address who uses the phone's identifiers."""
    other = play.phone(host, 5060, **traits)
    other.call_id, other.tag, other.cseq = phone.call_id, phone.tag, phone.cseq
    return other


def sees_changes(play, phone, state="dnd"):
    before = len(phone.notifies())
    play.mqtt("presence/2000", state)
    return len(phone.notifies()) == before + 1 and phone.notified().presence[0] == state


# --- Call-ID and tags ------------------------------------------------------------------------------


@pytest.mark.requirement("D11", "S18")
def test_two_phones_with_the_same_call_id_have_a_dialog_each(play):
    phones = [play.phone(f"192.0.2.{n}") for n in (1, 2)]
    for one in phones:
        one.call_id = "same"
        assert one.subscribe().status == 200
    assert len({one.to_tag for one in phones}) == 2
    for one in phones:
        one.notified()
    play.mqtt("presence/2000", "away")
    assert [one.notified().presence[0] for one in phones] == ["away", "away"]
    assert phones[0].subscribe(expires=0).status == 200
    phones[0].notified()
    assert sees_changes(play, phones[1])


@pytest.mark.requirement("D11", "D12")
@pytest.mark.parametrize("tag", ["", "0", "guess", "0000000000abcdf0", None])
def test_a_guessed_tag_is_481(play, phone, tag):
    other = impersonate(play, phone, "192.0.2.66")
    other.to_tag = phone.to_tag.upper() if tag is None else tag
    other.send(other.request("SUBSCRIBE", Event="presence", Expires="0"))
    assert other.responses()[-1].status in ((481,) if tag != "" else (400, 481, 200, 482))
    assert sees_changes(play, phone)


@pytest.mark.requirement("D11")
def test_the_phones_own_tag_is_compared_to_the_byte(play, phone):
    other = impersonate(play, phone, "192.0.2.66")
    other.to_tag, other.tag = phone.to_tag, phone.tag.upper()
    other.send(other.request("SUBSCRIBE", Event="presence", Expires="0"))
    assert other.responses()[-1].status == 481
    assert sees_changes(play, phone)


@pytest.mark.requirement("D6", "X1")
def test_tags_and_branches_cannot_be_guessed():
    """64 fresh bits each; the playbook's are counted, those of a bridge are not."""
    tokens = {_token() for _ in range(1000)}
    assert len(tokens) == 1000
    assert all(len(token) == 16 and int(token, 16) >= 0 for token in tokens)


# --- hijacking -------------------------------------------------------------------------------------


@pytest.mark.requirement("A10")
@pytest.mark.parametrize("expires", ["0", "600"])
def test_a_stranger_with_the_right_identifiers_is_refused(play, phone, expires):
    stranger = impersonate(play, phone, "203.0.113.5")
    stranger.to_tag = phone.to_tag
    stranger.send(stranger.request("SUBSCRIBE", Event="presence", Expires=expires))
    assert [response.status for response in stranger.responses()] == [403]
    assert stranger.notifies() == []
    assert sees_changes(play, phone)


@pytest.mark.requirement("A10", "A11")
@pytest.mark.parametrize("expires", ["0", "600"])
def test_a_dialog_of_one_user_is_challenged_whoever_asks(expires):
    play = Playbook(HINT, trusted=(), users=(User("200", "secret"), User("201", "other")))
    phone = play.phone("203.0.113.1", user="200", password="secret")
    assert phone.subscribe().status == 200
    phone.notified()
    thief = impersonate(play, phone, "203.0.113.5")
    thief.to_tag = phone.to_tag
    thief.send(thief.request("SUBSCRIBE", Event="presence", Expires=expires))
    assert [response.status for response in thief.responses()] == [401]
    assert thief.notifies() == []
    assert sees_changes(play, phone)


@pytest.mark.requirement("D13")
def test_an_old_request_played_again_changes_nothing(play, phone):
    """A refresh that was recorded is older than the last one, be its branch new."""
    recorded = phone.request("SUBSCRIBE", Event="presence", Expires="0")
    phone.subscribe()
    phone.notified()
    phone.send(recorded.replace("branch=z9hG4bK", "branch=z9hG4bKnew"))
    assert phone.responses()[-1].status == 500
    assert sees_changes(play, phone)


# --- forged answers --------------------------------------------------------------------------------


@pytest.mark.requirement("X4", "D15")
@pytest.mark.parametrize("status", [200, 481, 404, 503, 401])
def test_an_answer_from_another_host_is_not_one(play, phone, status):
    play.mqtt("presence/2000", "away")
    notify = phone.notifies()[-1]
    forger = play.phone("192.0.2.66", 5060)
    forger.answer(notify, status)
    assert play.of(ResponseReceived)[-1].matched is False
    assert play.endpoint.transactions[0] == 1
    phone.answer(notify)
    assert sees_changes(play, phone)


@pytest.mark.requirement("X4")
@pytest.mark.parametrize(
    "change", [("z9hG4bK", "z9hG4bL"), ("NOTIFY", "SUBSCRIBE"), ("Via: ", "Via: SIP/2.0/UDP h, ")]
)
def test_an_answer_that_belongs_to_nothing_is_dropped(play, phone, change):
    play.mqtt("presence/2000", "away")
    request = phone.notifies()[-1].request
    lines = ["SIP/2.0 481 Gone", f"Via: {request.get('via')}", f"CSeq: {request.get('cseq')}"]
    lines += [f"{name}: {request.get(name.lower())}" for name in ("From", "To", "Call-ID")]
    phone.send("\n".join([*lines, "Content-Length: 0", "", ""]).replace(*change))
    assert play.endpoint.transactions[0] == 1
    assert len(play.notifier.subscriptions) == 1


# --- merged and crossing requests ------------------------------------------------------------------


@pytest.mark.requirement("X8", "S18")
def test_a_request_that_comes_by_two_ways_is_served_once(play):
    phone = play.phone("192.0.2.1")
    text = phone.request("SUBSCRIBE", Event="presence", Expires="600")
    for branch in ("z9hG4bKone", "z9hG4bKtwo", "z9hG4bKthree"):
        phone.send(text.replace("branch=z9hG4bK", f"branch={branch}"))
    assert [response.status for response in phone.responses()] == [200, 482, 482]
    assert len(play.notifier.subscriptions) == 1


# --- unsubscribing (AST-2014-005, CVE-2026-28799) ------------------------------------------------


@pytest.mark.requirement("S8", "D12")
def test_expires_0_in_a_dialog_that_never_was_is_481(play):
    phone = play.phone("192.0.2.1")
    phone.to_tag = "never"
    assert phone.subscribe(expires=0).status == 481
    assert phone.notifies() == []


@pytest.mark.requirement("S8", "S9")
def test_expires_0_twice_is_200_and_481(play, phone):
    assert phone.subscribe(expires=0).status == 200
    assert phone.subscribe(expires=0).status == 481
    assert [notify.state for notify in phone.notifies()[1:]] == ["terminated;reason=timeout"]


@pytest.mark.requirement("S5", "S9")
@pytest.mark.parametrize("min_expires", [0, 10, 7200])
def test_expires_0_is_never_too_brief(min_expires):
    play = Playbook(HINT, min_expires=min_expires, max_expires=7200)
    phone = play.phone()
    assert phone.subscribe(expires=0).status == 200
    phone.notified()
    play.advance(100)
    assert play.notifier.subscriptions == ()
    assert play.timers_left() == 0


def end_of(play, phone, *, answers=200):
    """What the phone gets from now on, each NOTIFY answered; its states."""
    seen = len(phone.notifies())
    states = []
    for _ in range(200):
        play.advance(1)
        for notify in phone.notifies()[seen:]:
            states.append(notify.state.partition(";expires")[0])
            if answers:
                phone.answer(notify, answers)
        seen = len(phone.notifies())
    return states


@pytest.mark.requirement("S8", "X9")
@pytest.mark.parametrize("late", [200, 481, 500, 180])
def test_unsubscribing_while_a_notify_is_outstanding(play, phone, late):
    play.mqtt("presence/2000", "away")
    outstanding = phone.notifies()[-1]
    before = len(phone.notifies())
    assert phone.subscribe(expires=0).status == 200
    assert len(phone.notifies()) == before
    phone.answer(outstanding, late)
    states = [notify.state for notify in phone.notifies()[before:]] + end_of(play, phone)
    assert set(states) <= {"terminated;reason=timeout", "active"}
    assert play.notifier.subscriptions == ()
    assert play.endpoint.transactions == (0, 0)
    assert play.timers_left() == 0
    assert not play.of(Warned)


@pytest.mark.requirement("S8", "S10")
@pytest.mark.parametrize("before_the_end", [0.001, 0.0, -0.001])
@pytest.mark.parametrize("outstanding", [False, True])
def test_unsubscribing_in_the_moment_of_expiry(play, phone, before_the_end, outstanding):
    play.advance(590)
    if outstanding:
        play.mqtt("presence/2000", "away")
    play.advance(10 - before_the_end)
    status = phone.subscribe(expires=0).status
    assert status == (200 if before_the_end > 0 else 481)
    end_of(play, phone)
    assert phone.notifies()[-1].state == "terminated;reason=timeout"
    assert play.notifier.subscriptions == ()
    assert play.endpoint.transactions == (0, 0)
    assert play.timers_left() == 0


@pytest.mark.requirement("S8", "S14")
@pytest.mark.parametrize("first", ["answer", "unsubscribe", "change", "expiry", "refusal", "stop"])
@pytest.mark.parametrize(
    "second", ["answer", "unsubscribe", "change", "expiry", "refusal", "refresh", "icmp"]
)
@pytest.mark.parametrize("third", ["481", "silence", "change", "unsubscribe"])
def test_ends_in_any_order_leave_nothing(play, phone, first, second, third):
    """A NOTIFY is outstanding; then three things happen."""
    play.mqtt("presence/2000", "away")
    happen = {
        "answer": phone.notified,
        "unsubscribe": lambda: phone.subscribe(expires=0),
        "refresh": phone.subscribe,
        "change": lambda: play.mqtt("presence/2000", "xa"),
        "expiry": lambda: play.advance(601),
        "refusal": lambda: phone.notified(404),
        "481": lambda: phone.notified(481),
        "stop": play.stop,
        "icmp": phone.refused,
        "silence": lambda: play.advance(40),
    }
    for event in (first, second, third):
        happen[event]()
    play.advance(4000)
    assert play.notifier.subscriptions == ()
    assert play.notifier.queued == 0
    assert play.endpoint.transactions == (0, 0)
    assert play.timers_left() == 0
    assert not play.of(Warned)
