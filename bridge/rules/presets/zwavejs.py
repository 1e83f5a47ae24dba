"""Z-Wave JS UI: states of the notification class (113), on topics by value id or by name.

The payload is "JSON time-value", which is what the gateway sends unless told otherwise; for "just value"
a sensor has `path = ""` besides.
"""

from typing import Final

from bridge.rules.presets.preset import Parameter, Preset, availability

_PARAMETERS: Final = {
    "base": Parameter("MQTT prefix of the gateway", "zwave"),
    "gateway": Parameter("the gateway's client, such as ZWAVE_GATEWAY-home"),
    "node": Parameter("name of the node, with its location in front if it has one: Kitchen/Door"),
}
_AVAILABILITY: Final = {
    "availability": (
        availability("{base}/_CLIENTS/{gateway}/status", "value", word="true"),
        availability("{base}/{node}/status", "value", word="true"),
    ),
    "availability_mode": "all",
}
# 5632 and 5633 are open in regular and in tilt position.
_DOOR: Final = {
    "path": "value",
    "map": {"22": "open", "23": "closed", "5632": "open", "5633": "open"},
    **_AVAILABILITY,
}
_MOTION: Final = {"path": "value", "map": {"8": "on", "7": "on", "0": "off"}, **_AVAILABILITY}

ZWAVEJS: Final = (
    Preset(
        "zwavejs.door",
        "a door or window, topics by value id: open or closed",
        _PARAMETERS,
        {"topic": "{base}/{node}/113/0/Access_Control/Door_state", **_DOOR},
    ),
    Preset(
        "zwavejs.door_named",
        "a door or window, named topics: open or closed",
        _PARAMETERS,
        {"topic": "{base}/{node}/notification/endpoint_0/Access_Control/Door_state_simple", **_DOOR},
    ),
    Preset(
        "zwavejs.motion",
        "motion, topics by value id: on or off",
        _PARAMETERS,
        {"topic": "{base}/{node}/113/0/Home_Security/Motion_sensor_status", **_MOTION},
    ),
    Preset(
        "zwavejs.motion_named",
        "motion, named topics: on or off",
        _PARAMETERS,
        {"topic": "{base}/{node}/notification/endpoint_0/Home_Security/Motion_sensor_status", **_MOTION},
    ),
)
