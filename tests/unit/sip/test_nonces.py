import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.sip.nonces import Nonces

HERE, THERE = "192.0.2.1", "192.0.2.2"


def tokens(start=0):
    numbers = itertools.count(start)
    return lambda: f"{next(numbers):016x}"


@pytest.fixture
def nonces():
    return Nonces("r", tokens())


@pytest.mark.requirement("A3")
def test_a_nonce_is_fresh_for_its_life_at_its_address(nonces):
    nonce = nonces.issue(HERE, 1000.0)
    assert len(nonce) == 32
    for age in (0, 1, 299.9):
        assert nonces.is_fresh(nonce, HERE, 1000.0 + age)
    assert not nonces.is_fresh(nonce, HERE, 1300.1)
    assert not nonces.is_fresh(nonce, THERE, 1000.0)


@pytest.mark.requirement("A3")
def test_no_two_nonces_are_the_same(nonces):
    assert len({nonces.issue(HERE, 1000.0) for _ in range(1000)}) == 1000


@pytest.mark.requirement("A3")
def test_another_secret_or_realm_does_not_know_it(nonces):
    nonce = nonces.issue(HERE, 1000.0)
    assert not Nonces("r", tokens(99)).is_fresh(nonce, HERE, 1000.0)
    assert not Nonces("s", tokens()).is_fresh(nonce, HERE, 1000.0)
    assert Nonces("r", tokens()).is_fresh(nonce, HERE, 1000.0)


@pytest.mark.requirement("A3")
def test_nothing_is_stored_for_a_challenge(nonces):
    for _ in range(1000):
        nonce = nonces.issue(HERE, 1000.0)
        assert nonces.is_fresh(nonce, HERE, 1000.0)
    assert nonces._counts == {}


@given(st.text(max_size=40))
def test_whatever_comes_it_is_no_nonce(text):
    assert not Nonces("r", tokens()).is_fresh(text, HERE, 0.0)


@given(st.integers(0, 31), st.characters(exclude_categories=["Cs"]))
def test_a_changed_character_is_noticed(at, character):
    nonces = Nonces("r", tokens())
    nonce = nonces.issue(HERE, 1000.0)
    changed = nonce[:at] + character + nonce[at + 1 :]
    assert nonces.is_fresh(changed, HERE, 1000.0) == (changed == nonce)
    assert not nonces.is_fresh(nonce + character, HERE, 1000.0)
    assert not nonces.is_fresh(character + nonce, HERE, 1000.0)


@pytest.mark.requirement("A4")
def test_the_count_grows_for_each_nonce_and_user(nonces):
    one, other = nonces.issue(HERE, 1.0), nonces.issue(HERE, 1.0)
    assert nonces.spend(one, "a", 1)
    assert not nonces.spend(one, "a", 1)
    assert nonces.spend(one, "a", 5)
    assert not nonces.spend(one, "a", 4)
    assert not nonces.spend(one, "a", 5)
    assert nonces.spend(one, "a", 6)
    assert nonces.spend(one, "b", 1)
    assert nonces.spend(other, "a", 1)


def test_a_count_of_zero_serves_once(nonces):
    nonce = nonces.issue(HERE, 1.0)
    assert nonces.spend(nonce, "a", 0)
    assert not nonces.spend(nonce, "a", 0)


@pytest.mark.requirement("A4")
def test_memory_is_bounded_and_what_is_forgotten_cannot_be_replayed():
    nonces = Nonces("r", tokens(), remembered=10)
    issued = [nonces.issue(HERE, 1000 + i) for i in range(15)]
    for nonce in issued:
        assert nonces.is_fresh(nonce, HERE, 1020.0)
        assert nonces.spend(nonce, "a", 1)
    assert len(nonces._counts) == 10
    assert [nonces.is_fresh(nonce, HERE, 1020.0) for nonce in issued] == [False] * 5 + [True] * 10
    assert not any(nonces.spend(nonce, "a", 1) for nonce in issued[5:])
    assert nonces.is_fresh(nonces.issue(HERE, 1020.0), HERE, 1020.0)


def test_a_nonce_in_use_is_not_the_one_that_is_forgotten():
    nonces = Nonces("r", tokens(), remembered=2)
    used, idle, new = (nonces.issue(HERE, 1000 + at) for at in (2, 1, 3))
    assert nonces.spend(used, "a", 1)
    assert nonces.spend(idle, "a", 1)
    assert nonces.spend(used, "a", 2)
    assert nonces.spend(new, "a", 1)
    assert not nonces.is_fresh(idle, HERE, 1010.0)
    assert nonces.is_fresh(used, HERE, 1010.0)
    assert not nonces.spend(used, "a", 2)
