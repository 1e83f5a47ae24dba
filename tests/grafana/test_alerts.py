"""What breaks fires the alerts that say so, and no others: real programs, and the rules in a hurry."""

import time

import pytest

from grafana.house import House

# Seconds within which an alert that is due has fired; and those after it, for others to fire as well.
WITHIN = 20.0
AFTER = 6.0


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    with House(tmp_path_factory.mktemp("house")) as house:
        yield house


@pytest.fixture
def quiet(house: House) -> House:
    """Scraped, and without alerts."""
    wait_until(
        lambda: house.prometheus.at_present("presence_bridge_ready == 1") and not house.prometheus.firing()
    )
    return house


def wait_until(condition, within=WITHIN) -> None:
    until = time.monotonic() + within
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.2)


def fired(house: House) -> set[str]:
    """The alerts that fire within the time in which all would that are due."""
    seen: set[str] = set()
    until = time.monotonic() + AFTER
    while time.monotonic() < until:
        seen |= house.prometheus.firing()
        time.sleep(0.2)
    return seen


def test_a_house_in_which_all_is_well_is_quiet(quiet: House):
    assert fired(quiet) == set()
    assert sum(quiet.phones.told.values()) > 20


def test_a_dead_bridge(quiet: House):
    quiet.kill_bridge()
    try:
        wait_until(lambda: "PresenceBridgeDown" in quiet.prometheus.firing())
        assert fired(quiet) == {"PresenceBridgeDown"}
    finally:
        quiet.bridge.start()
    wait_until(lambda: not quiet.prometheus.firing())


def test_a_lost_broker(quiet: House):
    quiet.mosquitto.kill()
    try:
        wait_until(lambda: "PresenceBridgeBrokerDisconnected" in quiet.prometheus.firing())
        assert fired(quiet) == {"PresenceBridgeBrokerDisconnected"}
    finally:
        quiet.mosquitto.start()
