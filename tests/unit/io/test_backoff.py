from hypothesis import given
from hypothesis import strategies as st

from bridge.io.backoff import Backoff


def test_the_ceiling_doubles_up_to_the_last():
    ranges = []
    backoff = Backoff(first=0.5, last=30.0, draw=lambda low, high: ranges.append((low, high)) or high)
    pauses = [backoff.pause() for _ in range(8)]
    assert pauses == [1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0, 30.0]
    assert {low for low, _ in ranges} == {0.5}


def test_a_reset_begins_anew():
    backoff = Backoff(first=1.0, last=60.0, draw=lambda _, high: high)
    assert [backoff.pause(), backoff.pause()] == [2.0, 4.0]
    backoff.reset()
    assert backoff.pause() == 2.0


@given(st.integers(min_value=1, max_value=50))
def test_no_pause_leaves_its_bounds(tries: int):
    backoff = Backoff()
    assert all(0.5 <= backoff.pause() <= 30.0 for _ in range(tries))
