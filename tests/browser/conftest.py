"""Fixtures: a browser for all tests of a file, and a bridge with its page."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from browser.house import House
from integration.programs import Mosquitto
from support.chromium import Chromium


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chromium]:
    """A browser."""
    with Chromium(tmp_path_factory.mktemp("chromium")) as browser:
        yield browser


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, chromium: Chromium) -> Iterator[House]:
    """A house of the defaults that all tests live in which leave it as it was."""
    folder = tmp_path_factory.mktemp("home")
    broker = Mosquitto(folder)
    broker.start()
    house = House(folder, broker, chromium)
    house.move_in()
    yield house
    house.close()
    broker.close()


@pytest.fixture
def house(tmp_path: Path, chromium: Chromium) -> Iterator[House]:
    """One for the test alone, with a broker and no bridge yet."""
    broker = Mosquitto(tmp_path)
    broker.start()
    house = House(tmp_path, broker, chromium)
    yield house
    house.close()
    broker.close()
