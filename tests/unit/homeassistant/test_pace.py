"""Work in slices."""

from functools import partial

import pytest

from bridge.homeassistant.pace import INTERVAL, SLICE, Pace
from bridge.timers import Timers


class Work:
    def __init__(self):
        self.timers = Timers()
        self.pace = Pace(self.timers)
        self.done = []

    def steps(self, count, name="step"):
        return [partial(self.do, name) for _ in range(count)]

    def do(self, name, now):
        self.done.append((name, now))

    def times(self):
        return [now for _, now in self.done]

    def run(self, until):
        while (deadline := self.timers.deadline()) is not None and deadline <= until:
            self.timers.run(deadline)


def test_a_few_steps_are_done_when_timers_run_next():
    work = Work()
    work.pace.add(work.steps(3), 10.0)
    assert work.done == []
    assert not work.pace.is_idle
    work.run(10.0)
    assert work.times() == [10.0] * 3
    assert work.pace.is_idle


def test_many_are_done_in_slices():
    work = Work()
    work.pace.add(work.steps(2 * SLICE + 1), 10.0)
    work.run(20.0)
    assert work.times() == pytest.approx([10.0] * SLICE + [10.0 + INTERVAL] * SLICE + [10.0 + 2 * INTERVAL])
    assert work.pace.is_idle


def test_steps_wait_for_those_before_and_for_pauses():
    work = Work()
    work.pace.add(work.steps(SLICE + 1, "first"), 10.0)
    work.pace.pause(2.0)
    work.pace.add(work.steps(1, "second"), 10.0)
    work.run(20.0)
    assert work.done[-2:] == [("first", 10.0 + INTERVAL), ("second", 12.0 + INTERVAL)]


def test_steps_that_are_added_while_others_wait_come_behind_them():
    work = Work()
    work.pace.add(work.steps(1, "first"), 10.0)
    work.pace.pause(5.0)
    work.run(11.0)
    work.pace.add(work.steps(1, "second"), 11.0)
    work.run(20.0)
    assert work.done == [("first", 10.0), ("second", 15.0)]


def test_what_was_stopped_is_forgotten_and_new_work_can_be_begun():
    work = Work()
    work.pace.add(work.steps(SLICE + 1), 10.0)
    work.run(10.0)
    work.pace.stop()
    work.pace.stop()
    work.run(20.0)
    assert len(work.done) == SLICE
    work.pace.add(work.steps(1, "new"), 20.0)
    work.run(20.0)
    assert work.done[-1] == ("new", 20.0)
