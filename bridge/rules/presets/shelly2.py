"""Shelly, second generation and later. Nothing is retained but `online`.

Notifications (`rpc_ntf`) are on as it comes, the status of components on topics (`status_ntf`) is off.
"""

from typing import Final

from bridge.rules.presets.preset import TRUE_FALSE, Parameter, Preset, availability

_PREFIX: Final = Parameter("MQTT prefix of the device, such as shellyplus1-a8")
_INPUT: Final = Parameter("number of the input", "0")
_AVAILABILITY: Final = {"availability": (availability("{prefix}/online", word="true"),)}

SHELLY2: Final = (
    Preset(
        "shelly2.input",
        "an input, with status updates over MQTT switched on: on or off",
        {"prefix": _PREFIX, "input": _INPUT},
        {
            "topic": "{prefix}/status/input:{input}",
            "path": "state",
            "map": TRUE_FALSE,
            "request": ({"topic": "{prefix}/command/input:{input}", "payload": "status_update"},),
            **_AVAILABILITY,
        },
    ),
    Preset(
        "shelly2.rpc_input",
        "an input, by the notifications that need no setting: on or off",
        {"prefix": _PREFIX, "input": _INPUT},
        {
            "topic": "{prefix}/events/rpc",
            "path": 'params."input:{input}".state | result."input:{input}".state',
            "map": TRUE_FALSE,
            # The answer goes to `src` + "/rpc": to the topic of the notifications, and unlike that to
            # Input.GetStatus, it names the input.
            "request": (
                {
                    "topic": "{prefix}/rpc",
                    "payload": '{"id":1,"src":"{prefix}/events","method":"Shelly.GetStatus"}',
                },
            ),
            **_AVAILABILITY,
        },
    ),
    Preset(
        "shelly2.blu_door",
        "a BLU Door/Window behind a gateway with status updates over MQTT: open or closed",
        {"prefix": _PREFIX, "sensor": Parameter("number of the bthomesensor that says window", "200")},
        {
            "topic": "{prefix}/status/bthomesensor:{sensor}",
            "path": "value",
            "map": {"true": "open", "false": "closed"},
            **_AVAILABILITY,
        },
    ),
    Preset(
        "shelly2.presence",
        "a Presence, with status updates over MQTT switched on: on or off",
        {"prefix": _PREFIX},
        {
            "topic": "{prefix}/status/presence",
            "path": "num_objects",
            "map": {"0": "off", "*": "on"},
            **_AVAILABILITY,
        },
    ),
)
