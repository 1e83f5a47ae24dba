"""ring-mqtt: sensors of a Ring alarm. Nothing is retained; it repeats all states when Home Assistant starts."""

from typing import Final

from bridge.rules.presets.preset import ON_OFF, OPEN_CLOSED, Parameter, Preset, availability

_PARAMETERS: Final = {
    "base": Parameter("first level of the topic", "ring"),
    "location": Parameter("id of the location"),
    "id": Parameter("id of the sensor"),
}
_AVAILABILITY: Final = {"availability": (availability("{base}/{location}/alarm/{id}/status"),)}

RING: Final = (
    Preset(
        "ring.contact",
        "a contact sensor: open or closed",
        _PARAMETERS,
        {"topic": "{base}/{location}/alarm/{id}/contact/state", "map": OPEN_CLOSED, **_AVAILABILITY},
    ),
    Preset(
        "ring.motion",
        "a motion sensor: on or off",
        _PARAMETERS,
        {"topic": "{base}/{location}/alarm/{id}/motion/state", "map": ON_OFF, **_AVAILABILITY},
    ),
)
