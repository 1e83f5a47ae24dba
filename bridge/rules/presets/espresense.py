"""ESPresense: rooms that hear a phone or tag. One that has left is not reported any more."""

from typing import Final

from bridge.rules.presets.preset import ON_OFF, Parameter, Preset, availability

_BASE: Final = Parameter("first level of the topic", "espresense")
_ROOM: Final = Parameter("name of the room's node")
_AVAILABILITY: Final = {"availability": (availability("{base}/rooms/{room}/status"),)}

ESPRESENSE: Final = (
    Preset(
        "espresense.room",
        "a phone or tag within `below` metres (3) of a room's node: in or out",
        {"base": _BASE, "id": Parameter("id of the phone or tag, such as irk:ab12"), "room": _ROOM},
        {
            "topic": "{base}/devices/{id}/{room}",
            "path": "distance",
            "below": 3.0,
            # Distances jump: only one who has not been near for a minute is out.
            "map": {"true": "in", "false": "ignore"},
            "expire_seconds": 60,
            "expire_to": "out",
            **_AVAILABILITY,
        },
    ),
    Preset(
        "espresense.motion",
        "the PIR or radar of a room's node: on or off",
        {"base": _BASE, "room": _ROOM},
        {"topic": "{base}/rooms/{room}/motion", "map": ON_OFF, **_AVAILABILITY},
    ),
)
