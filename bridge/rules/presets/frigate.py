"""Frigate: what cameras see. It says so when that changes; nothing of it is retained."""

from typing import Final

from bridge.rules.presets.preset import ON_OFF, Parameter, Preset, availability

_BASE: Final = Parameter("topic_prefix of Frigate", "frigate")
_CAMERA: Final = Parameter("name of the camera")
_AVAILABILITY: Final = {"availability": (availability("{base}/available"),)}

FRIGATE: Final = (
    Preset(
        "frigate.person",
        "persons in view: on or off",
        {"base": _BASE, "camera": Parameter("name of the camera or zone")},
        {"topic": "{base}/{camera}/person", "map": {"0": "off", "*": "on"}, **_AVAILABILITY},
    ),
    Preset(
        "frigate.motion",
        "motion in view: on or off",
        {"base": _BASE, "camera": _CAMERA},
        {"topic": "{base}/{camera}/motion", "map": ON_OFF, **_AVAILABILITY},
    ),
    Preset(
        "frigate.classification",
        "what a model for states says: the name of a class",
        {"base": _BASE, "camera": _CAMERA, "model": Parameter("name of the model")},
        {"topic": "{base}/{camera}/classification/{model}", **_AVAILABILITY},
    ),
)
