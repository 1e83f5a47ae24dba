"""Home Assistant's `mqtt_statestream`: states are retained, and being unavailable is one of them.

When it starts it sends `unavailable`, `unknown` and the state within milliseconds.
"""

from typing import Final

from bridge.rules.presets.preset import ON_OFF, OPEN_CLOSED, Parameter, Preset

_BASE: Final = Parameter("base_topic of mqtt_statestream", "statestream")
_ID: Final = Parameter("the entity, without its domain: `alice` of `person.alice`")
_NOT_THERE: Final = {"unavailable": "@unavailable", "unknown": "ignore"}
# A tracker that only has coordinates says `None`.
_HOME: Final = {**_NOT_THERE, "home": "home", "not_home": "away", "none": "ignore", "*": "zone"}

HA: Final = (
    Preset(
        "ha.binary_sensor",
        "a binary sensor: on or off",
        {"base": _BASE, "id": _ID},
        {"topic": "{base}/binary_sensor/{id}/state", "map": {**ON_OFF, **_NOT_THERE}},
    ),
    Preset(
        "ha.contact",
        "a binary sensor of class door, window or opening: open or closed",
        {"base": _BASE, "id": _ID},
        {"topic": "{base}/binary_sensor/{id}/state", "map": {**OPEN_CLOSED, **_NOT_THERE}},
    ),
    Preset(
        "ha.person",
        "a person: home, away or zone",
        {"base": _BASE, "id": _ID},
        {"topic": "{base}/person/{id}/state", "map": _HOME},
    ),
    Preset(
        "ha.device_tracker",
        "a device tracker: home, away or zone",
        {"base": _BASE, "id": _ID},
        {"topic": "{base}/device_tracker/{id}/state", "map": _HOME},
    ),
    Preset(
        "ha.state",
        "any entity: its state, such as on or off of a calendar or an input_boolean",
        {
            "base": _BASE,
            "domain": Parameter("domain of the entity, such as calendar", required=True),
            "id": _ID,
        },
        {"topic": "{base}/{domain}/{id}/state", "map": {**_NOT_THERE, "*": "*"}},
    ),
)
