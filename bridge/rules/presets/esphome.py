"""ESPHome: the state of a binary sensor is retained."""

from typing import Final

from bridge.rules.presets.preset import ON_OFF, OPEN_CLOSED, Parameter, Preset, availability

_PARAMETERS: Final = {
    "node": Parameter("name of the node, or its topic_prefix"),
    "id": Parameter("object id of the binary sensor"),
}
_SENSOR: Final = {
    "topic": "{node}/binary_sensor/{id}/state",
    "availability": (availability("{node}/status"),),
}

ESPHOME: Final = (
    Preset(
        "esphome",
        "a binary sensor: on or off",
        _PARAMETERS,
        {**_SENSOR, "map": ON_OFF},
    ),
    Preset(
        "esphome.binary_sensor",
        "a binary sensor: on or off",
        _PARAMETERS,
        {**_SENSOR, "map": ON_OFF},
    ),
    Preset(
        "esphome.contact",
        "a binary sensor of class door, window or opening: open or closed",
        _PARAMETERS,
        {**_SENSOR, "map": OPEN_CLOSED},
    ),
)
