"""Fixtures: a real broker, and the bridge as a process beside it."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from integration.programs import Mosquitto
from support.bridge_process import BridgeProcess


@pytest.fixture
def mosquitto(tmp_path: Path) -> Iterator[Mosquitto]:
    """Mosquitto with anonymous access, running."""
    broker = Mosquitto(tmp_path)
    broker.start()
    yield broker
    broker.close()


@pytest.fixture
def run_bridge(tmp_path: Path, mosquitto: Mosquitto) -> Iterator[Callable[..., BridgeProcess]]:
    """Start a bridge with these hints; stopped, and seen to end well, after the test."""
    bridges: list[BridgeProcess] = []

    def start(*hints: str, **options: str) -> BridgeProcess:
        bridge = BridgeProcess(tmp_path, mosquitto.port, list(hints), **options)
        bridges.append(bridge)
        bridge.start()
        return bridge

    yield start
    for bridge in bridges:
        bridge.stop()
