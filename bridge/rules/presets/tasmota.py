"""Tasmota with its usual full topic, `%prefix%/%topic%/`. Nothing of this is retained unless it is told to."""

from typing import Final

from bridge.rules.presets.preset import ON_OFF, Parameter, Preset, availability

_TOPIC: Final = Parameter("topic of the device, as in its MQTT settings")
_NUMBER: Final = Parameter("number of the switch", "1")
_AVAILABILITY: Final = {"availability": (availability("tele/{topic}/LWT"),)}

TASMOTA: Final = (
    Preset(
        "tasmota.switch",
        "an input that is detached by SetOption114 1: on or off, when it changes",
        {"topic": _TOPIC, "n": _NUMBER},
        # Nothing asks for it: Status 8 and 10 answer on other topics. Where the level at start matters,
        # telemetry is the better source.
        {"topic": "stat/{topic}/RESULT", "path": "Switch{n}.Action", "map": ON_OFF, **_AVAILABILITY},
    ),
    Preset(
        "tasmota.telemetry",
        "an input as telemetry tells it: on or off, at once with SwitchMode 15, and when asked",
        {"topic": _TOPIC, "n": _NUMBER},
        {
            "topic": "tele/{topic}/SENSOR",
            "path": "Switch{n}",
            "map": ON_OFF,
            # Without a number it changes nothing, and makes the device send its telemetry.
            "request": ({"topic": "cmnd/{topic}/TelePeriod", "payload": ""},),
            **_AVAILABILITY,
        },
    ),
    Preset(
        "tasmota.rule",
        "what a rule of the device publishes (`Publish stat/door/DOOR ON`): on or off",
        {"topic": _TOPIC, "name": Parameter("last level of what is published, such as DOOR", required=True)},
        {"topic": "stat/{topic}/{name}", "map": ON_OFF, **_AVAILABILITY},
    ),
    Preset(
        "tasmota.power",
        "a relay or plug: on or off",
        {"topic": _TOPIC, "n": Parameter("number of the relay, if there are several", "")},
        {
            "topic": "stat/{topic}/POWER{n}",
            "map": ON_OFF,
            "request": ({"topic": "cmnd/{topic}/Power{n}", "payload": ""},),
            **_AVAILABILITY,
        },
    ),
)
