from hypothesis import given
from hypothesis import strategies as st

from bridge.timers import Timers


def test_calls_come_in_order_of_time_and_then_of_request():
    timers, calls = Timers(), []
    for name, when in (("b", 2.0), ("a", 1.0), ("c", 2.0), ("late", 3.0)):
        timers.call_at(when, lambda now, name=name: calls.append((name, now)))
    assert timers.deadline() == 1.0
    timers.run(2.5)
    assert calls == [("a", 2.5), ("b", 2.5), ("c", 2.5)]
    assert timers.deadline() == 3.0


def test_a_cancelled_call_is_not_made_and_not_waited_for():
    timers, calls = Timers(), []
    first = timers.call_at(1.0, calls.append)
    timers.call_at(2.0, calls.append)
    first.cancel()
    first.cancel()
    assert timers.deadline() == 2.0
    timers.run(5.0)
    assert calls == [5.0]
    assert timers.deadline() is None


def test_a_call_may_add_a_call_that_is_due_at_once():
    timers, calls = Timers(), []
    timers.call_at(1.0, lambda now: timers.call_at(now, calls.append))
    timers.run(1.0)
    assert calls == [1.0]


def test_cancelling_after_the_call_does_nothing():
    timers = Timers()
    timer = timers.call_at(1.0, lambda _now: None)
    timers.run(1.0)
    timer.cancel()
    assert len(timers) == 0


def test_cancelled_calls_do_not_pile_up():
    timers = Timers()
    timers.call_at(1e9, lambda _now: None)
    for i in range(100_000):
        timers.call_at(1e6 + i, lambda _now: None).cancel()
    assert len(timers) == 1
    assert len(timers._heap) < 3000


@given(st.lists(st.tuples(st.integers(0, 50), st.booleans()), max_size=60), st.integers(0, 60))
def test_exactly_the_live_calls_that_are_due_are_made(plans, now):
    timers, calls = Timers(), []
    made = [timers.call_at(when, lambda _, i=i: calls.append(i)) for i, (when, _) in enumerate(plans)]
    for timer, (_, cancelled) in zip(made, plans, strict=True):
        if cancelled:
            timer.cancel()
    timers.run(now)
    due = [(when, i) for i, (when, cancelled) in enumerate(plans) if when <= now and not cancelled]
    assert calls == [i for _, i in sorted(due)]
    left = [when for when, cancelled in plans if when > now and not cancelled]
    assert timers.deadline() == (min(left) if left else None)
    assert len(timers) == len(left)


class Entry:
    def __init__(self, due, seen):
        self.due, self.seen = due, seen

    def come_due(self, now):
        self.seen.append((self, now))


def test_a_lane_is_called_in_its_order_and_what_is_forgotten_is_not():
    timers, seen = Timers(), []
    entries = [Entry(10.5 + number, seen) for number in range(3)]
    for entry in entries:
        timers.lane(0.5).append(entry)
    assert (timers.deadline(), len(timers)) == (10.5, 3)
    entries[0].due = None
    assert (timers.deadline(), len(timers)) == (11.5, 2)
    timers.run(11.4)
    assert seen == []
    timers.run(20.0)
    assert seen == [(entries[1], 20.0), (entries[2], 20.0)]
    assert (timers.deadline(), len(timers), entries[2].due) == (None, 0, None)


def test_the_earliest_of_calls_and_lanes_is_the_deadline():
    timers, seen = Timers(), []
    timers.lane(0.5).append(Entry(10.5, seen))
    timers.lane(4.0).append(Entry(14.0, seen))
    timers.call_at(12.0, seen.append)
    deadlines = []
    while (deadline := timers.deadline()) is not None:
        deadlines.append(deadline)
        timers.run(deadline)
    assert deadlines == [10.5, 12.0, 14.0]
    assert len(seen) == 3


def test_of_a_lane_a_slice_is_called_in_one_go():
    timers, seen = Timers(), []
    for _ in range(100):
        timers.lane(0.5).append(Entry(10.5, seen))
    timers.run(11.0)
    assert (len(seen), timers.deadline()) == (64, 10.5)
    timers.run(11.0)
    assert (len(seen), timers.deadline()) == (100, None)
