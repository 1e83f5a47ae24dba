"""What Home Assistant shows of the bridge, its providers and its extensions."""

import pytest

from homeassistant.house_bridge import ZED

# Entity id without its platform's part, and the category.
BRIDGE = {
    "binary_sensor.presence_bridge_connection": "diagnostic",
    "binary_sensor.presence_bridge_ready": "diagnostic",
    "button.presence_bridge_notify_all": None,
    "select.presence_bridge_log_level": "config",
    "sensor.presence_bridge_last_notify": "diagnostic",
    "sensor.presence_bridge_notify_latency": "diagnostic",
    "sensor.presence_bridge_subscriptions": "diagnostic",
}
ALICE = {
    "button.presence_alice_automatic": None,
    "event.presence_alice_changed": None,
    "select.presence_alice": None,
    "text.presence_alice_message": None,
    "text.presence_alice_subtype": "config",
}
ZOE = {
    "event.presence_zoe_zed_o_neil_7_7_changed": None,
    "select.presence_zoe_zed_o_neil_7_7": None,
    "text.presence_zoe_zed_o_neil_7_7_message": None,
    "text.presence_zoe_zed_o_neil_7_7_subtype": "config",
}


def extension(word: str) -> dict[str, str | None]:
    return {
        f"sensor.extension_{word}_presence": None,
        f"sensor.extension_{word}_state": None,
        f"sensor.extension_{word}_watchers": "diagnostic",
    }


DEVICES = {
    "Presence Bridge": BRIDGE,
    "alice presence": ALICE,
    f"{ZED} presence": ZOE,
    "Extension 2000": extension("2000"),
    "Extension *78": extension("78"),
    "Extension Müller": extension("muller"),
}


def test_every_entity_has_the_id_the_device_and_the_category_that_are_promised(home, bridge):
    names = {key: device["name"] for key, device in home.api.devices().items()}
    found: dict[str, dict[str, str | None]] = {}
    for entity, entry in home.api.entities().items():
        if entry["device_id"] is not None:
            found.setdefault(names[entry["device_id"]], {})[entity] = entry["entity_category"]
    assert found == DEVICES


def test_every_device_is_reached_by_the_bridge(home, bridge):
    devices = {device["name"]: device for device in home.api.devices().values()}
    first = devices.pop("Presence Bridge")
    assert first["via_device_id"] is None
    assert {device["via_device_id"] for device in devices.values()} == {first["id"]}


def test_entities_are_named_after_what_they_show_of_their_device(home, bridge):
    states = home.api.states()
    names = {entity: states[entity]["attributes"]["friendly_name"] for entity in ALICE}
    assert names == {
        "button.presence_alice_automatic": "alice presence Automatic",
        "event.presence_alice_changed": "alice presence Changed",
        "select.presence_alice": "alice presence",
        "text.presence_alice_message": "alice presence Message",
        "text.presence_alice_subtype": "alice presence Subtype",
    }
    assert states["sensor.extension_78_state"]["attributes"]["friendly_name"] == "Extension *78 State"


def test_what_is_known_is_shown_from_the_start(home, bridge):
    home.shows("binary_sensor.presence_bridge_connection", "on")
    home.shows("binary_sensor.presence_bridge_ready", "on")
    home.shows("sensor.extension_2000_watchers", "0")
    home.shows("select.presence_bridge_log_level", "info")


DEVICE_STATES = (
    "INUSE",
    "RINGING",
    "RINGINUSE",
    "ONHOLD",
    "BUSY",
    "UNAVAILABLE",
    "INVALID",
    "UNKNOWN",
    "NOT_INUSE",
)


@pytest.mark.parametrize("state", DEVICE_STATES)
def test_every_device_state_is_shown_by_its_name(home, bridge, mosquitto, state):
    mosquitto.publish("presence-bridge/device/SIP/2001", state, "-r")
    home.shows("sensor.extension_78_state", state)


def test_an_extension_shows_the_presence_of_its_provider(home, bridge, mosquitto):
    for state in ("away", "unavailable"):
        mosquitto.publish(f"presence-bridge/presence/{ZED}", state, "-r")
        home.shows("sensor.extension_78_presence", "offline" if state == "unavailable" else state)


def test_watchers_are_counted(home, bridge, watch):
    home.shows("sensor.extension_2000_watchers", "0")
    watch("2000")
    home.shows("sensor.extension_2000_watchers", "1")
