"""A fact that changes: what is evaluated and decided, and what one watcher is sent."""

import sys
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from house import House

from bridge.model.device import DeviceState
from bridge.model.facts import device_key
from bridge.model.hint import parse_hint
from bridge.model.state import State

sys.path.insert(0, str(Path(__file__).parents[1]))

import micro_rules

Bench = Callable[..., Any]


def test_evaluate(benchmark: Bench) -> None:
    """A device of a hint with eight of them."""
    devices = "&".join(f"SIP/{number}" for number in range(2000, 2008))
    state = State([parse_hint("2000", f"{devices},CustomPresence:2000")])
    states = (DeviceState.INUSE, DeviceState.NOT_INUSE)
    numbers = count()

    def put() -> None:
        for _ in range(500):
            state.put(device_key("SIP/2003"), "SIP/2003", states[next(numbers) % 2], None)

    benchmark(put)


def test_change_with_one_watcher(benchmark: Bench) -> None:
    """From the payload to the bytes of the NOTIFY, and what else a change means."""
    house = House()
    house.take(house.subscribes(1))
    numbers = count()

    def change() -> None:
        for _ in range(50):
            house.change(f"change {next(numbers)}")
            house.answer()
            house.work()

    benchmark(change)


@pytest.mark.parametrize("closed", [None, True], ids=["repeat", "change"])
def test_rules(benchmark: Bench, closed: bool | None) -> None:
    """1,000 messages to 1,000 sensors with a rule each."""
    house = micro_rules.House()
    said = count()

    def take() -> None:
        house.take(micro_rules.messages(True if closed is None else bool(next(said) % 2)))

    benchmark(take)
