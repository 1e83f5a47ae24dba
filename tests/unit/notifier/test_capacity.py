import pytest

from bridge.notifier import capacity
from bridge.notifier.capacity import Capacity, Limits
from bridge.sip.errors import ServiceUnavailable
from support.playbook import Playbook


def test_the_total_is_kept_to_and_room_comes_back():
    room = Capacity(Limits(subscriptions=2))
    for host in ("a", "b"):
        room.admit(host)
        room.opened(host)
    with pytest.raises(ServiceUnavailable) as refused:
        room.admit("c")
    assert refused.value.headers == (("Retry-After", "60"),)
    room.closed("a", verified=False)
    room.admit("c")


def test_one_source_does_not_take_the_room_of_others():
    room = Capacity(Limits(per_source=1))
    room.opened("a")
    with pytest.raises(ServiceUnavailable):
        room.admit("a")
    room.admit("b")


def test_those_who_never_answered_are_bounded_apart(monkeypatch):
    monkeypatch.setattr(capacity, "_UNVERIFIED", 2)
    room = Capacity(Limits())
    for _ in range(2):
        room.opened("a")
    with pytest.raises(ServiceUnavailable):
        room.admit("a")
    room.verified("a")
    room.admit("a")
    room.opened("a")
    room.closed("a", verified=True)
    with pytest.raises(ServiceUnavailable):
        room.admit("a")
    room.closed("a", verified=False)
    room.admit("a")


@pytest.mark.requirement("S31", "D17")
def test_over_the_limit_new_ones_get_503_and_the_others_go_on():
    play = Playbook("2000 = ,CustomPresence:2000", limits=Limits(subscriptions=1))
    first, second = play.phone(), play.phone()
    assert first.subscribe().status == 200
    first.notified()
    refused = second.subscribe()
    assert (refused.status, refused.get("retry-after")) == (503, "60")
    assert first.subscribe().status == 200
    first.notified()
    assert first.subscribe(expires=0).status == 200
    assert second.subscribe().status == 200


def test_what_is_counted_is_given_back_however_a_subscription_ends():
    play = Playbook("2000 = ,CustomPresence:2000", limits=Limits(subscriptions=1, per_source=1))
    for end in ("unsubscribe", "expiry", "481", "silence", "fetch"):
        phone = play.phone()
        assert phone.subscribe(expires=0 if end == "fetch" else 60).status == 200, end
        if end == "unsubscribe":
            phone.notified()
            phone.subscribe(expires=0)
        elif end == "481":
            phone.notified(481)
        elif end == "silence":
            phone.notified()
        play.advance(300)
    room = play.notifier._capacity
    assert (room._total, dict(room._of_source), dict(room._unverified)) == (0, {}, {})
