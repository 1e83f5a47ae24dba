"""The Homie convention, versions 4 and 5: properties are retained, and every device tells its state."""

from typing import Final

from bridge.rules.presets.preset import TRUE_FALSE, Parameter, Preset

_PARAMETERS: Final = {
    "base": Parameter("first level of the topic", "homie"),
    "device": Parameter("id of the device"),
    "node": Parameter("id of the node"),
    "property": Parameter("id of a boolean property"),
}
# What sleeps will wake and speak; what is in alert does speak.
_STATES: Final = {
    "ready": "@available",
    "sleeping": "@available",
    "alert": "@available",
    "init": "ignore",
    "*": "@unavailable",
}

HOMIE: Final = (
    Preset(
        "homie4.boolean",
        "a boolean property of a Homie 4 device: on or off; what true means, the device knows",
        _PARAMETERS,
        {
            "topic": "{base}/{device}/{node}/{property}",
            "map": TRUE_FALSE,
            "availability": ({"topic": "{base}/{device}/$state", "map": _STATES},),
        },
    ),
    Preset(
        "homie5.boolean",
        "a boolean property of a Homie 5 device: on or off; what true means, the device knows",
        _PARAMETERS,
        {
            "topic": "{base}/5/{device}/{node}/{property}",
            "map": TRUE_FALSE,
            "availability": ({"topic": "{base}/5/{device}/$state", "map": _STATES},),
        },
    ),
)
