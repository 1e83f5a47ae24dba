"""Shelly, first generation. What runs on a battery is offline while it sleeps: that says nothing."""

from typing import Final

from bridge.rules.presets.preset import TRUE_FALSE, Parameter, Preset, availability

_ID: Final = Parameter("id of the device, such as shellydw2-A1B2C3")
# It wakes once an hour to report; the minutes are those that Home Assistant's scripts give it.
_MOTION: Final = {"map": TRUE_FALSE, "expire_seconds": 72 * 60}

SHELLY1: Final = (
    Preset(
        "shelly1.door",
        "Door/Window, on battery: open or closed",
        {"id": _ID},
        {
            "topic": "shellies/{id}/sensor/state",
            "map": {"open": "open", "close": "closed"},
        },
    ),
    Preset(
        "shelly1.motion",
        "Motion, on battery, by its info: on or off",
        {"id": _ID},
        {"topic": "shellies/{id}/info", "path": "sensor.motion", **_MOTION},
    ),
    Preset(
        "shelly1.motion_status",
        "Motion, on battery, by its status: on or off",
        {"id": _ID},
        {"topic": "shellies/{id}/status", "path": "motion", **_MOTION},
    ),
    Preset(
        "shelly1.input",
        "an input of a device on mains: on or off",
        {"id": _ID, "input": Parameter("number of the input", "0")},
        {
            "topic": "shellies/{id}/input/{input}",
            "map": {"1": "on", "0": "off"},
            "availability": (availability("shellies/{id}/online", word="true"),),
            # `announce` is answered with what the device is, `update` with its state.
            "request": ({"topic": "shellies/{id}/command", "payload": "update"},),
        },
    ),
)
