"""Guessing becomes slow; nobody is shut out by somebody else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.sip.throttle import FREE_AT_PLACE, FREE_AT_SOURCE, FREE_OF_USER, LONGEST, Throttle

ATTACKER, PHONE = "192.0.2.66", "192.0.2.7"


def failed(throttle, times, now=0.0, source=ATTACKER, user="200"):
    for _ in range(times):
        throttle.failed(source, user, now)


def guesses(throttle, seconds, source, users):
    """How many guesses are checked of somebody who never stops."""
    now, checked = 0.0, 0
    for user in users:
        now += silence if (silence := throttle.silence(source, user, now)) else 0.01
        if now > seconds:
            break
        if not throttle.silence(source, user, now):
            throttle.failed(source, user, now)
            checked += 1
    return checked


@pytest.mark.requirement("A13")
def test_silence_grows_after_some_failures():
    throttle = Throttle()
    failed(throttle, FREE_AT_PLACE)
    assert throttle.silence(ATTACKER, "200", 0.0) == 0
    silences, now = [], 0.0
    for _ in range(7):
        throttle.failed(ATTACKER, "200", now)
        silences.append(throttle.silence(ATTACKER, "200", now))
        now += silences[-1]
        assert throttle.silence(ATTACKER, "200", now) == 0
    assert silences == [1, 2, 4, 8, 16, 16, 16]


@pytest.mark.requirement("A13")
def test_a_success_forgets_the_failures():
    throttle = Throttle()
    failed(throttle, FREE_AT_PLACE + 3)
    throttle.succeeded(ATTACKER, "200")
    assert throttle.silence(ATTACKER, "200", 0.0) == 0
    failed(throttle, FREE_AT_PLACE)
    assert throttle.silence(ATTACKER, "200", 0.0) == 0


@pytest.mark.requirement("A13")
def test_a_corrected_password_is_heard_within_a_minute_whatever_came_before():
    throttle = Throttle()
    now = 0.0
    for _ in range(1000):
        throttle.failed(PHONE, "200", now)
        now += throttle.silence(PHONE, "200", now)
    throttle.failed(PHONE, "200", now)
    assert throttle.silence(PHONE, "200", now) <= LONGEST < 32


@pytest.mark.requirement("A13")
def test_failures_are_forgiven_one_a_minute():
    throttle = Throttle()
    failed(throttle, FREE_AT_PLACE)
    throttle.failed(ATTACKER, "200", 61.0)
    assert throttle.silence(ATTACKER, "200", 61.0) == 0
    throttle.failed(ATTACKER, "200", 61.0)
    assert throttle.silence(ATTACKER, "200", 61.0) == 1


@pytest.mark.requirement("A13")
def test_one_who_tries_many_users_is_silenced_as_a_source():
    throttle = Throttle()
    for number in range(FREE_AT_SOURCE + 1):
        throttle.failed(ATTACKER, f"user{number}", 0.0)
    assert throttle.silence(ATTACKER, "somebody else", 0.0) == 1
    assert throttle.silence(PHONE, "somebody else", 0.0) == 0


@pytest.mark.requirement("A13")
def test_a_phone_does_not_suffer_from_its_neighbour_behind_the_same_address():
    throttle = Throttle()
    throttle.succeeded(ATTACKER, "200")
    for number in range(100):
        throttle.failed(ATTACKER, f"user{number}", 0.0)
    assert throttle.silence(ATTACKER, "201", 0.0) > 0
    assert throttle.silence(ATTACKER, "200", 0.0) == 0


@pytest.mark.requirement("A13")
def test_a_proven_place_that_goes_on_failing_is_none():
    throttle = Throttle()
    throttle.succeeded(ATTACKER, "200")
    failed(throttle, FREE_AT_SOURCE + 1)
    throttle.succeeded(PHONE, "200")
    assert (ATTACKER, "200") not in throttle._proven
    assert throttle.silence(ATTACKER, "200", 0.0) > 0


@pytest.mark.requirement("A13")
def test_a_user_cannot_be_locked_out_from_elsewhere():
    throttle = Throttle()
    for number in range(1000):
        failed(throttle, 3, source=f"198.51.100.{number}")
    # A phone that was never here, one that was, and one that mistypes once.
    assert throttle.silence(PHONE, "200", 0.0) == 0
    throttle.succeeded(PHONE, "200")
    throttle.failed(PHONE, "200", 0.0)
    assert throttle.silence(PHONE, "200", 0.0) == 0


@pytest.mark.requirement("A13")
def test_a_user_who_is_tried_from_many_sources_has_no_free_failures_left():
    throttle = Throttle()
    for number in range(FREE_OF_USER):
        throttle.failed(f"198.51.100.{number}", "200", 0.0)
    throttle.failed("203.0.113.1", "200", 0.0)
    assert throttle.silence("203.0.113.1", "200", 0.0) == LONGEST
    throttle.failed("203.0.113.1", "201", 0.0)
    assert throttle.silence("203.0.113.1", "201", 0.0) == 0


@pytest.mark.requirement("A13")
@pytest.mark.parametrize("users", [["200"], [f"user{number}" for number in range(10_000)]])
def test_how_many_guesses_an_hour_has(users):
    stubborn = users * (100_000 // len(users))
    assert guesses(Throttle(), 3600, ATTACKER, stubborn) <= FREE_AT_SOURCE + 3600 / LONGEST + 5


@pytest.mark.requirement("A13")
def test_memory_is_bounded():
    throttle = Throttle(remembered=100)
    for number in range(1000):
        throttle.failed(f"source{number}", f"user{number}", 0.0)
        throttle.succeeded(f"source{number}", f"other{number}")
    sizes = map(len, (throttle._places, throttle._sources, throttle._users, throttle._proven))
    assert max(sizes) == 100


@given(
    st.lists(
        st.tuples(
            st.sampled_from("ab"), st.sampled_from("xyz"), st.floats(0, 100), st.sampled_from([True, False])
        ),
        max_size=60,
    )
)
def test_whatever_happened_silence_is_short_and_elsewhere_there_is_none(steps):
    throttle, now = Throttle(), 0.0
    for source, user, pause, right in steps:
        now += pause
        if throttle.silence(source, user, now):
            continue
        if right:
            throttle.succeeded(source, user)
        else:
            throttle.failed(source, user, now)
        assert 0 <= throttle.silence(source, user, now) <= LONGEST
        assert all(throttle.silence("elsewhere", name, now) == 0 for name in "xyz")
