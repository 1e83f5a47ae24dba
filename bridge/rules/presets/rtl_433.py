"""rtl_433: radio sensors that speak when something happens, and of which nobody knows whether they live."""

from typing import Final

from bridge.rules.presets.preset import Parameter, Preset

_HOST: Final = Parameter("name of the computer that rtl_433 runs on")
_MODEL: Final = Parameter("`model` in what rtl_433 shows, such as Kerui-Security", required=True)
_ID: Final = Parameter("`id` in what rtl_433 shows", required=True)
_EVENTS: Final = {"topic": "rtl_433/{host}/events", "if": {"model": "{model}", "id": "{id}"}}
_CONTACT: Final = {"open": "open", "close": "closed", "closed": "closed"}

RTL_433: Final = (
    Preset(
        "rtl_433.contact",
        "a door or window whose events have a `state`: open or closed",
        {"host": _HOST, "model": _MODEL, "id": _ID},
        {**_EVENTS, "path": "state", "map": _CONTACT},
    ),
    Preset(
        "rtl_433.opened",
        "a door or window whose events have `opened`: open or closed",
        {"host": _HOST, "model": _MODEL, "id": _ID},
        {**_EVENTS, "path": "opened", "map": {"1": "open", "0": "closed"}},
    ),
    Preset(
        "rtl_433.motion",
        "a PIR, which says motion and never its end: on, and off after 90 seconds of silence",
        {"host": _HOST, "model": _MODEL, "id": _ID},
        {**_EVENTS, "path": "state", "map": {"motion": "on"}, "expire_seconds": 90, "expire_to": "off"},
    ),
    Preset(
        "rtl_433.contact_field",
        "a door or window by the topics `devices/<model>/<id>/state`: open or closed",
        {"host": _HOST, "model": Parameter(_MODEL.help), "id": Parameter(_ID.help)},
        {"topic": "rtl_433/{host}/devices/{model}/{id}/state", "map": _CONTACT},
    ),
)
