import itertools

import pytest

from bridge.model.presence import Presence, PresenceState
from bridge.registrar.publications import MAX_PUBLICATIONS, Publications
from bridge.timers import Timers

HERE = Presence(PresenceState.AVAILABLE)
AWAY = Presence(PresenceState.AWAY, "lunch")
BUSY = Presence(PresenceState.DND)


class Desk:
    """Publications of "2000", the time, and what the truth is told."""

    def __init__(self):
        self.timers = Timers()
        self.now = 100.0
        self.told = []
        self.expired = []
        tokens = itertools.count(1)
        self.publications = Publications(self.timers, lambda: f"tag{next(tokens)}", self, self.expired.append)

    def claim(self, provider, presence, now):
        self.told.append(presence)

    def give_way(self, provider, presence, now):
        self.told.append(("gives way to", presence))

    def create(self, presence, expires=600, provider="2000"):
        return self.publications.create(provider, presence, expires, self.now)

    def renew(self, tag, presence=None, expires=600):
        return self.publications.renew(self.find(tag), presence, expires, self.now)

    def remove(self, tag):
        return self.publications.remove(self.find(tag), self.now)

    def find(self, tag, provider="2000"):
        return self.publications.find(provider, tag)

    def advance(self, seconds):
        self.now += seconds
        self.timers.run(self.now)


@pytest.fixture
def desk():
    return Desk()


@pytest.mark.requirement("P3")
def test_a_word_counts_until_it_ends(desk):
    tag = desk.create(AWAY)
    assert desk.told == [AWAY]
    desk.remove(tag)
    assert desk.told == [AWAY, ("gives way to", None)]
    assert len(desk.publications) == len(desk.timers) == 0


@pytest.mark.requirement("P3")
def test_a_word_expires(desk):
    desk.create(AWAY, 60)
    desk.advance(59.9)
    assert desk.told == [AWAY]
    desk.advance(0.1)
    assert desk.told == [AWAY, ("gives way to", None)]
    assert desk.expired == ["2000"]
    assert len(desk.publications) == len(desk.timers) == 0


@pytest.mark.requirement("P2", "P3")
def test_a_refresh_says_nothing_and_changes_the_tag(desk):
    tag = desk.create(AWAY, 60)
    desk.advance(50)
    second = desk.renew(tag, expires=60)
    assert desk.find(tag) is None
    desk.advance(50)
    assert desk.find(second)
    assert desk.told == [AWAY]
    assert len(desk.timers) == 1


def test_the_same_word_again_is_no_new_word(desk):
    desk.renew(desk.create(AWAY), AWAY)
    assert desk.told == [AWAY]


@pytest.mark.requirement("P3")
def test_a_new_word_takes_the_place_of_the_old(desk):
    desk.remove(desk.renew(desk.create(AWAY), BUSY))
    assert desk.told == [AWAY, BUSY, ("gives way to", None)]


def test_of_several_the_latest_word_counts(desk):
    desk_phone, mobile = desk.create(HERE), desk.create(AWAY)
    desk.renew(desk_phone, BUSY)
    desk.remove(mobile)
    assert desk.told == [HERE, AWAY, BUSY]


def test_when_the_latest_ends_the_one_before_counts(desk):
    desk.create(HERE)
    desk.remove(desk.create(AWAY))
    assert desk.told == [HERE, AWAY, ("gives way to", HERE)]


def test_a_refresh_does_not_make_an_older_word_the_latest(desk):
    older, newer = desk.create(HERE), desk.create(AWAY)
    older = desk.renew(older)
    desk.remove(older)
    desk.remove(newer)
    assert desk.told == [HERE, AWAY, ("gives way to", None)]


def test_providers_are_apart(desk):
    tag = desk.create(AWAY, provider="2001")
    assert desk.find(tag) is None
    assert desk.find(tag, "2001")


def test_a_word_for_no_time_is_not_said(desk):
    tag = desk.create(AWAY, expires=0)
    assert desk.find(tag) is None
    assert desk.told == []


def test_the_oldest_word_makes_room(desk):
    tags = [desk.create(AWAY) for _ in range(MAX_PUBLICATIONS + 1)]
    assert desk.find(tags[0]) is None
    assert all(map(desk.find, tags[1:]))
    assert len(desk.publications) == len(desk.timers) == MAX_PUBLICATIONS
    assert desk.told == [AWAY] * (MAX_PUBLICATIONS + 1)
