import pytest

from bridge.effects import SubscriptionEnded
from support.playbook import Playbook


@pytest.fixture
def play():
    return Playbook("2000 = SIP/2000,CustomPresence:2000")


def test_who_enters_counts_and_who_leaves_does_not_any_more(play):
    first, second = play.phone(), play.phone()
    first.subscribe()
    second.subscribe()
    assert play.notifier.watchers("2000") == 2
    first.notified(481)
    assert play.notifier.watchers("2000") == 1
    assert [effect.reason for effect in play.of(SubscriptionEnded)] == ["notify_rejected"]


def test_a_new_interval_takes_the_place_of_the_old_one(play):
    phone = play.phone()
    phone.subscribe(expires=60)
    phone.notified()
    play.advance(50)
    phone.subscribe(expires=60)
    phone.notified()
    play.advance(50)
    assert play.notifier.watchers("2000") == 1
    play.advance(11)
    assert play.notifier.watchers("2000") == 0
    assert phone.notifies()[-1].state == "terminated;reason=timeout"


def test_nobody_leaves_twice(play):
    phone = play.phone()
    phone.subscribe()
    (subscription,) = play.notifier.subscriptions
    for _ in range(2):
        play.notifier._register.leave(subscription, "unsubscribed", play.now)
    assert len(play.of(SubscriptionEnded)) == 1
