"""Latencies of the last minute."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.topics.latencies import Latencies


def taken(*latencies, at=0.0):
    book = Latencies()
    for latency in latencies:
        book.add(latency, at)
    return book


def test_without_any_there_is_nothing_to_tell():
    assert Latencies().last is None
    assert Latencies().percentiles(0.0, 0.5, 0.99) == (None, None)


def test_the_last_one_is_kept_for_good():
    assert taken(0.3, 0.1).last == 0.1


@pytest.mark.parametrize(("share", "expected"), [(0.01, 1), (0.5, 50), (0.99, 99), (1.0, 100)])
def test_a_percentile_is_one_that_was_taken(share, expected):
    assert taken(*range(100, 0, -1)).percentiles(0.0, share) == (expected,)


def test_a_single_one_is_every_percentile():
    assert taken(0.2).percentiles(0.0, 0.0, 0.5, 1.0) == (0.2, 0.2, 0.2)


def test_what_is_older_than_a_minute_does_not_count():
    book = taken(5.0, at=0.0)
    book.add(1.0, 30.0)
    assert book.percentiles(60.0, 1.0) == (5.0,)
    assert book.percentiles(60.1, 1.0) == (1.0,)
    assert book.percentiles(90.1, 1.0) == (None,)


def test_a_flood_is_bounded():
    book = taken(*range(10_000))
    assert book.percentiles(0.0, 0.0) == (10_000 - 4096,)


@given(st.lists(st.floats(0, 100), min_size=1), st.floats(0, 1))
def test_no_more_than_the_share_is_faster(latencies, share):
    (found,) = taken(*latencies).percentiles(0.0, share)
    assert sum(latency < found for latency in latencies) <= share * len(latencies)
    assert sum(latency <= found for latency in latencies) >= share * len(latencies) - 1e-9
