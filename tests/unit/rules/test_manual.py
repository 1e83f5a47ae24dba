"""When a manual word ends."""

import pytest

from bridge.rules.manual import ManualWord, Until, default_until
from bridge.timers import Timers


class Clock:
    """A clock on the wall that can be set."""

    def __init__(self) -> None:
        self.now = 10.0
        self.ahead = 1_000_000.0
        self.timers = Timers()
        self.ended: list[float] = []

    def wall(self, now: float) -> float:
        return self.ahead + now

    def word(self, until: Until) -> ManualWord:
        return ManualWord(until, self.now, self.timers, self.wall, self.ended.append)

    def advance(self, seconds: float) -> None:
        end = self.now + seconds
        while (deadline := self.timers.deadline()) is not None and deadline <= end:
            self.now = max(self.now, deadline)
            self.timers.run(self.now)
        self.now = end


def test_it_ends_at_its_time():
    clock = Clock()
    clock.word(Until(at_wall=clock.wall(clock.now) + 3600.0))
    clock.advance(3599.9)
    assert clock.ended == []
    clock.advance(0.2)
    assert clock.ended == [pytest.approx(3610.0, abs=0.01)]


def test_a_time_that_has_passed_ends_it_at_once():
    clock = Clock()
    clock.word(Until(at_wall=clock.wall(clock.now) - 5.0))
    clock.advance(0)
    assert len(clock.ended) == 1


def test_a_clock_that_is_set_back_makes_it_longer_and_one_set_forward_ends_it_within_a_minute():
    clock = Clock()
    clock.word(Until(at_wall=clock.wall(clock.now) + 600.0))
    clock.ahead -= 3600.0
    clock.advance(4000)
    assert clock.ended == []
    clock.ahead += 3600.0
    clock.advance(60)
    assert len(clock.ended) == 1


@pytest.mark.parametrize("until", [Until(), Until(on_change=True)])
def test_without_a_time_none_is_waited_for(until):
    clock = Clock()
    assert clock.word(until).until == until
    assert clock.timers.deadline() is None


@pytest.mark.parametrize("until", [Until(), Until(at_wall=2_000_000.0)])
def test_a_word_that_is_withdrawn_does_not_end(until):
    clock = Clock()
    clock.word(until).withdraw()
    clock.advance(2_000_000)
    assert clock.ended == []


def test_the_end_of_a_word_that_names_none():
    assert default_until("cleared", 50.0) == Until()
    assert default_until("change", 50.0) == Until(on_change=True)
    assert default_until(90.0, 50.0) == Until(at_wall=140.0)
