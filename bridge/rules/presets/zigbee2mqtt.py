"""Zigbee2MQTT: all of a device in one document, or with `output: attribute` a topic for each part.

It repeats what it knows with each battery report. Availability of a device is only sent when it is
switched on there, that of the bridge always.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from bridge.rules.presets.preset import ON_OFF, TRUE_FALSE, Parameter, Preset, availability

_PARAMETERS: Final = {
    "base": Parameter("base topic of Zigbee2MQTT", "zigbee2mqtt"),
    "name": Parameter("friendly name of the device; it may hold slashes"),
}
_AVAILABILITY: Final = {
    "availability": (
        availability("{base}/bridge/state", "state"),
        availability("{base}/{name}/availability", "state"),
    ),
    "availability_mode": "all",
}
# A reed contact says whether it touches: true is closed.
_PROPERTIES: Final = (
    ("contact", "a door or window", {"false": "open", "true": "closed"}),
    ("occupancy", "motion, as a PIR sees it", TRUE_FALSE),
    ("presence", "somebody there, as radar sees it", TRUE_FALSE),
    ("vibration", "something shakes", TRUE_FALSE),
    ("state", "a plug or switch", ON_OFF),
)


def _presets() -> Iterator[Preset]:
    for name, what, values in _PROPERTIES:
        yield Preset(
            f"zigbee2mqtt.{name}",
            f"{what}: {_spelled(values)}",
            _PARAMETERS,
            {"topic": "{base}/{name}", "path": name, "map": values, **_AVAILABILITY},
        )
        yield Preset(
            f"zigbee2mqtt.{name}_attribute",
            f"the same with `output: attribute`: {_spelled(values)}",
            _PARAMETERS,
            {"topic": f"{{base}}/{{name}}/{name}", "map": values, **_AVAILABILITY},
        )


def _spelled(values: Mapping[str, str]) -> str:
    return " or ".join(sorted(values.values(), reverse=True))


ZIGBEE2MQTT: Final = tuple(_presets())
