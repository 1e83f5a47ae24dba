import re

from bridge.commands.check_rules import rule_lines, sensor_lines
from bridge.config import Settings


def test_nothing_to_tell():
    assert [*sensor_lines(Settings()), *rule_lines(Settings())] == []


def test_sensors_with_what_they_read_and_can_be():
    sensors = {
        "door": {
            "use": "zigbee2mqtt.contact",
            "name": "door",
            "for_seconds": {"closed": 30},
            "on_unavailable": "open",
        },
        "alice": {
            "topic": "owntracks/{user}/phone",
            "if": {"_type": ["location", "waypoint"]},
            "path": "inregions",
            "contains": "Home",
            "map": {"true": "in", "false": "out"},
            "expire_seconds": 60,
            "request": {"topic": "cmd", "payload": "report"},
        },
        "desk": {"topic": "d", "below": 3, "above": 1, "request": {"topic": "ask"}},
        "text": {"topic": "t"},
    }
    lines = sensor_lines(Settings.model_validate({"sensors": sensors}))
    assert [tuple(re.split(r"\s{2,}", line)) for line in lines] == [
        ("sensor", "reads", "values"),
        (
            "door",
            "zigbee2mqtt/door at contact",
            "closed, open; closed when it lasts 30 s; open when it is not available",
        ),
        ("", "zigbee2mqtt/bridge/state at state", "available or not"),
        ("", "zigbee2mqtt/door/availability at state", "available or not"),
        (
            "alice",
            "owntracks/{user}/phone at inregions where _type is location or waypoint contains Home",
            "in, out; unknown after 60 s of silence",
        ),
        ("", "asked by cmd 'report'"),
        ("desk", "d above 1.0 below 3.0", "false, true"),
        ("", "asked by ask"),
        ("text", "t", "any text"),
    ]


def test_rules_in_the_order_in_which_they_are_asked():
    rules = [
        {"presence": "2000", "set": "available"},
        {
            "presence": "2000",
            "name": "door",
            "when": {"door": "closed"},
            "for_seconds": 30,
            "set": "dnd,,{sensor}",
        },
        {"device": "Custom:lamp", "set": "INUSE"},
        {"presence": "2000", "device_state": {"SIP/1": "INUSE"}, "set": "away"},
    ]
    settings = Settings.model_validate({"sensors": {"door": {"topic": "d"}}, "rules": rules})
    assert [*rule_lines(settings)] == [
        "CustomPresence:2000 is set by the first of these that is true:",
        "  call     rule 4  SIP/1 is INUSE           away",
        "  sensor   door    door is closed for 30 s  dnd,,{sensor}",
        "  default  rule 1  always                   available",
        "Custom:lamp is set by the first of these that is true:",
        "  default  rule 3  always  INUSE",
    ]


def test_what_a_terminal_would_obey_is_not_printed():
    sensors = {"door": {"topic": "d", "map": {"x": "\x1b[2J"}, "request": {"topic": "r", "payload": "\x1b"}}}
    settings = Settings.model_validate({"sensors": sensors})
    assert "\x1b" not in "".join(sensor_lines(settings))
