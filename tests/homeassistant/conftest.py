"""Fixtures: one broker, one Home Assistant and one bridge for all tests here."""

from collections.abc import Callable, Iterator

import pytest

from homeassistant.home import Home
from homeassistant.house_bridge import ENTITIES, HouseBridge
from homeassistant.mqtt_ear import Ear
from homeassistant.watcher import Watcher
from integration.programs import Mosquitto
from support.waiting import eventually


@pytest.fixture(scope="session")
def mosquitto(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mosquitto]:
    """Mosquitto with anonymous access, running."""
    broker = Mosquitto(tmp_path_factory.mktemp("broker"))
    broker.start()
    yield broker
    broker.close()


@pytest.fixture(scope="session")
def the_home(tmp_path_factory: pytest.TempPathFactory, mosquitto: Mosquitto) -> Iterator[Home]:
    home = Home(tmp_path_factory.mktemp("home"), mosquitto.port)
    try:
        home.start()
        yield home
    finally:
        home.stop()
    assert home.complaints() == []


@pytest.fixture(scope="session")
def the_bridge(
    tmp_path_factory: pytest.TempPathFactory, the_home: Home, mosquitto: Mosquitto
) -> Iterator[HouseBridge]:
    bridge = HouseBridge(tmp_path_factory.mktemp("bridge"), mosquitto.port)
    try:
        bridge.start()
        yield bridge
    finally:
        bridge.stop()


@pytest.fixture
def home(the_home: Home) -> Iterator[Home]:
    """Home Assistant. Whatever a test does, it has nothing to complain about, unless the test says so."""
    yield the_home
    complaints = the_home.complaints()
    the_home.forgive("")
    assert complaints == []


@pytest.fixture
def bridge(the_bridge: HouseBridge, home: Home) -> Iterator[HouseBridge]:
    """The bridge as it is usually configured, and known to Home Assistant; it is that again after each test."""
    eventually(lambda: len(home.discovered()) == ENTITIES, home.complaints)
    home.shows("select.presence_bridge_log_level", "info")
    yield the_bridge
    the_bridge.restore()


@pytest.fixture
def ear(mosquitto: Mosquitto) -> Iterator[Ear]:
    """Hears what is said by MQTT."""
    ear = Ear(mosquitto.port)
    yield ear
    ear.close()


@pytest.fixture
def watch(bridge: HouseBridge) -> Iterator[Callable[[str], Watcher]]:
    """Watch an extension as a phone does, until the end of the test."""
    watchers: list[Watcher] = []

    def start(extension: str) -> Watcher:
        watchers.append(Watcher(extension, bridge.config))
        return watchers[-1]

    yield start
    for watcher in watchers:
        watcher.stop()
