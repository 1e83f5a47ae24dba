"""OwnTracks: a phone says where it is. Its last will only says that the phone has no network now."""

from typing import Final

from bridge.rules.presets.preset import Parameter, Preset

_PARAMETERS: Final = {
    "base": Parameter("first level of the topic", "owntracks"),
    "user": Parameter("user name of the app"),
    "device": Parameter("device id of the app"),
    "region": Parameter("name of the region, as the app knows it", required=True),
}

OWNTRACKS: Final = (
    Preset(
        "owntracks.region",
        "a phone in a region, by the list in each location: in or out",
        _PARAMETERS,
        {
            "topic": "{base}/{user}/{device}",
            "if": {"_type": "location"},
            "path": "inregions",
            "contains": "{region}",
            "map": {"true": "in", "false": "out"},
        },
    ),
    Preset(
        "owntracks.transition",
        "a phone that enters or leaves a region: in or out",
        _PARAMETERS,
        {
            "topic": "{base}/{user}/{device}/event",
            "if": {"_type": "transition", "desc": "{region}"},
            "path": "event",
            "map": {"enter": "in", "leave": "out"},
        },
    ),
)
