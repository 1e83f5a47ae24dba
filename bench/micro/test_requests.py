"""A SUBSCRIBE with all that follows it: the row, the commit, the answer, the NOTIFY and its 200."""

from collections.abc import Callable
from itertools import count
from typing import Any

import pytest
from house import House

Bench = Callable[..., Any]

REQUESTS = 200


@pytest.mark.parametrize("store", [True, False], ids=["store", "memory"])
def test_subscribe(benchmark: Bench, store: bool) -> None:
    """The first one of a phone."""
    house = House(store=store)

    def fresh() -> tuple[tuple[object, ...], dict[str, object]]:
        house.advance(40)
        return (house.subscribes(REQUESTS),), {}

    benchmark.pedantic(house.take, setup=fresh, rounds=25)


@pytest.mark.parametrize("store", [True, False], ids=["store", "memory"])
def test_refresh(benchmark: Bench, store: bool) -> None:
    """Another one in its dialog."""
    house = House(store=store)
    house.take(house.subscribes(REQUESTS))
    cseqs = count(2)

    def fresh() -> tuple[tuple[object, ...], dict[str, object]]:
        house.advance(40)
        return (house.refreshes(next(cseqs)),), {}

    benchmark.pedantic(house.take, setup=fresh, rounds=25)
