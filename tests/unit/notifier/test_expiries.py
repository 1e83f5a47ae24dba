from types import SimpleNamespace

import pytest

from bridge.notifier.expiries import Expiries
from bridge.timers import Timers


def lasting(until):
    return SimpleNamespace(expires_at=until, expiry=None)


@pytest.fixture
def ended():
    return []


@pytest.fixture
def timers():
    return Timers()


@pytest.fixture
def expiries(timers, ended):
    return Expiries(timers, lambda subscription, now: ended.append((subscription, now)))


def test_each_ends_at_its_time(timers, expiries, ended):
    late, early = lasting(20.0), lasting(10.0)
    expiries.set(late)
    expiries.set(early)
    assert timers.deadline() == 10.0
    timers.run(10.0)
    assert ended == [(early, 10.0)]
    timers.run(25.0)
    assert ended[1:] == [(late, 25.0)]
    assert timers.deadline() is None


def test_a_refresh_moves_the_end_on(timers, expiries, ended):
    subscription = lasting(10.0)
    expiries.set(subscription)
    for _ in range(1000):
        subscription.expires_at += 0.5
        expiries.set(subscription)
    assert len(expiries) == 1
    timers.run(10.0)
    assert ended == []
    assert timers.deadline() == 510.0
    timers.run(510.0)
    assert ended == [(subscription, 510.0)]


def test_a_refresh_can_make_it_shorter(timers, expiries, ended):
    subscription = lasting(100.0)
    expiries.set(subscription)
    subscription.expires_at = 10.0
    expiries.set(subscription)
    assert timers.deadline() == 10.0
    subscription.expires_at = 100.0
    expiries.set(subscription)
    timers.run(10.0)
    assert ended == []
    timers.run(100.0)
    assert ended == [(subscription, 100.0)]
    assert len(expiries) == 0


def test_what_is_forgotten_does_not_end(timers, expiries, ended):
    subscription = lasting(10.0)
    expiries.set(subscription)
    expiries.forget(subscription)
    expiries.forget(subscription)
    assert (len(expiries), timers.deadline()) == (0, None)
    timers.run(10.0)
    assert ended == []


def test_those_that_end_early_are_not_kept_until_their_time(expiries):
    kept = [lasting(float(number)) for number in range(3000)]
    for subscription in kept:
        expiries.set(subscription)
    for subscription in kept[:2900]:
        expiries.forget(subscription)
    assert len(expiries) == 100
    assert len(expiries._queue) < 3000 // 2


def test_one_that_ends_may_begin_another(timers, ended):
    second = lasting(15.0)
    expiries = Expiries(timers, lambda subscription, _now: (ended.append(subscription), expiries.set(second)))
    first = lasting(10.0)
    expiries.set(first)
    timers.run(10.0)
    assert (ended, timers.deadline()) == ([first], 15.0)


def test_when_the_last_one_has_ended_early_nothing_is_left(timers, expiries):
    both = lasting(10.0), lasting(20.0)
    for subscription in both:
        expiries.set(subscription)
    for subscription in both:
        expiries.forget(subscription)
    assert (len(expiries), len(timers)) == (0, 0)
