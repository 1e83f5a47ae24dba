"""The device of the bridge itself: its log level, what it measures, and what it does at the press of a button."""

import time
from datetime import datetime

import pytest

from homeassistant.house_bridge import BASE, ZED
from support.waiting import eventually

LOG_LEVEL = "select.presence_bridge_log_level"
LAST_NOTIFY = "sensor.presence_bridge_last_notify"


@pytest.fixture
def watched(home, watch):
    """A phone watches extension *78, and has been told what it shows."""
    watcher = watch("*78")
    eventually(lambda: watcher.seen, lambda: "no NOTIFY")
    home.shows("sensor.presence_bridge_subscriptions", "1")
    return watcher


def last_notify(home):
    """When a phone was told something for the last time."""
    return datetime.fromisoformat(home.api.state(LAST_NOTIFY))


def test_the_log_level_is_chosen_and_shown(home, bridge, ear):
    home.shows(LOG_LEVEL, "info")
    for level in ("debug", "warning", "error", "info"):
        home.api.call("select", "select_option", LOG_LEVEL, option=level)
        home.shows(LOG_LEVEL, level)
        assert ear.document(f"{BASE}/bridge/info")["log_level"] == level


def test_a_press_of_the_button_tells_all_phones_once_more(home, bridge, ear, watched):
    eventually(lambda: home.api.state(LAST_NOTIFY) not in ("unknown", "unavailable"), home.api.states)
    before = last_notify(home)
    time.sleep(1)  # it is shown in whole seconds
    home.api.call("button", "press", "button.presence_bridge_notify_all")
    response = f"{BASE}/bridge/response/resend"
    eventually(lambda: response in ear.latest, bridge.log)
    assert ear.document(response) == {"status": "ok", "data": {"subscriptions": 1, "hints": 3}}
    eventually(lambda: last_notify(home) > before, lambda: before)


def test_it_is_shown_when_a_phone_was_told_something_and_how_long_that_took(home, bridge, mosquitto, watched):
    mosquitto.publish(f"{BASE}/presence/{ZED}", "xa", "-r")
    watched.sees("xa")

    def latency():
        return home.api.state("sensor.presence_bridge_notify_latency")

    eventually(lambda: latency() not in ("unknown", "unavailable"), latency)
    assert 0 < float(latency()) < 5000
    assert abs((datetime.now().astimezone() - last_notify(home)).total_seconds()) < 60
    mosquitto.publish(f"{BASE}/presence/{ZED}", "available", "-r")
    watched.sees("available")


def test_it_is_ready_as_long_as_it_is_there(home, bridge):
    home.shows("binary_sensor.presence_bridge_ready", "on")
