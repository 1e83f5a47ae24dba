"""Fixtures: a real broker."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from integration.programs import Mosquitto


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    """Mosquitto, not started yet, and ended after the test."""
    mosquitto = Mosquitto(tmp_path)
    yield mosquitto
    mosquitto.close()


@pytest.fixture
def mosquitto(broker: Mosquitto) -> Mosquitto:
    """Mosquitto with Debian's defaults and anonymous access, running."""
    broker.start()
    return broker
