import pytest

from bridge.notifier import capacity
from bridge.notifier.capacity import Capacity, Limits
from bridge.sip.errors import ServiceUnavailable
from support.playbook import Playbook


def test_the_total_is_kept_to_and_room_comes_back():
    room = Capacity(Limits(subscriptions=2))
    for host in ("a", "b"):
        room.admit(host, "w")
        room.opened(host, "w")
    with pytest.raises(ServiceUnavailable) as refused:
        room.admit("c", "w")
    assert refused.value.headers == (("Retry-After", "60"),)
    room.closed("a", "w", verified=False)
    room.admit("c", "w")


def test_one_source_does_not_take_the_room_of_others():
    room = Capacity(Limits(per_source=1))
    room.opened("a", "w")
    with pytest.raises(ServiceUnavailable):
        room.admit("a", "w")
    room.admit("b", "w")


def test_one_watcher_does_not_take_the_room_of_others():
    room = Capacity(Limits(per_watcher=1))
    room.opened("a", "w")
    with pytest.raises(ServiceUnavailable) as refused:
        room.admit("a", "w")
    assert str(refused.value) == "w has max_subscriptions_per_watcher already"
    room.admit("a", "v")
    room.admit("b", "w")
    room.closed("a", "w", verified=False)
    room.admit("a", "w")


def test_one_that_was_resumed_may_have_answered_before(monkeypatch):
    monkeypatch.setattr(capacity, "_UNVERIFIED", 1)
    room = Capacity(Limits())
    room.opened("a", "w", verified=True)
    room.admit("a", "w")
    room.closed("a", "w", verified=True)
    room.opened("a", "w")
    with pytest.raises(ServiceUnavailable):
        room.admit("a", "w")


def test_those_who_never_answered_are_bounded_apart(monkeypatch):
    monkeypatch.setattr(capacity, "_UNVERIFIED", 2)
    room = Capacity(Limits())
    for _ in range(2):
        room.opened("a", "w")
    with pytest.raises(ServiceUnavailable):
        room.admit("a", "w")
    room.verified("a")
    room.admit("a", "w")
    room.opened("a", "w")
    room.closed("a", "w", verified=True)
    with pytest.raises(ServiceUnavailable):
        room.admit("a", "w")
    room.closed("a", "w", verified=False)
    room.admit("a", "w")


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
    counts = (room._of_source, room._of_watcher, room._unverified)
    assert (room._total, [dict(count) for count in counts]) == (0, [{}, {}, {}])
