import json
from zoneinfo import ZoneInfo

import pytest

from bridge.commands.recording import Recorded, Unreadable, read_recording

UTC = ZoneInfo("UTC")

# As mosquitto_sub 2.0.11 has written them: -F '%j', and -F '%J'.
AS_TEXT = r"""
{"tst":"2026-11-24T11:12:53.308966Z+0000","topic":"zigbee2mqtt/door","qos":0,"retain":1,"payloadlen":16,"payload":"{\"contact\":true}"}
{"tst":"2026-11-24T11:12:53.764736Z+0000","topic":"a/b","qos":0,"retain":0,"payloadlen":15,"payload":"plain \"text\" ä"}
{"tst":"2026-11-24T11:12:53.767105Z+0000","topic":"a/c","qos":0,"retain":0,"payloadlen":0,"payload":null}
"""
AS_JSON = r"""
{"tst":"2026-11-24T11:12:53.308852Z+0000","topic":"zigbee2mqtt/door","qos":0,"retain":1,"payloadlen":16,"payload":{"contact":true}}

{"tst":"2026-11-24T11:12:53.767075Z+0000","topic":"a/c","qos":0,"retain":0,"payloadlen":0,"payload":null}
{"tst":"2026-11-24T11:12:53.774703Z+0000","topic":"a/f","qos":0,"retain":0,"payloadlen":3,"payload":1.5}
"""


def read(text: str, zone: ZoneInfo = UTC) -> list[Recorded | Unreadable]:
    return [*read_recording(text.splitlines(), zone)]


def test_payloads_as_text():
    assert read(AS_TEXT) == [
        Recorded(2, 1_795_518_773.308966, "zigbee2mqtt/door", b'{"contact":true}', retained=True),
        Recorded(3, 1_795_518_773.764736, "a/b", 'plain "text" ä'.encode(), retained=False),
        Recorded(4, 1_795_518_773.767105, "a/c", b"", retained=False),
    ]


def test_payloads_as_json():
    assert [(one.line, one.payload) for one in read(AS_JSON)] == [
        (2, b'{"contact":true}'),
        (4, b""),
        (5, b"1.5"),
    ]


def line(**fields) -> str:
    return json.dumps({"tst": "2026-11-24T12:00:00+0100", "topic": "a", "payload": "x"} | fields)


@pytest.mark.parametrize(
    "moment",
    [
        "2026-11-24T11:00:00.000000Z+0000",
        "2026-11-24T12:00:00.000000Z+0100",
        "2026-11-24T12:00:00.000000+0100",
        "2026-11-24T11:00:00Z",
        "2026-11-24T12:00:00",
    ],
)
def test_times(moment):
    (one,) = read(line(tst=moment), ZoneInfo("Europe/Berlin"))
    assert one.unix == 1_795_518_000.0


def test_bytes_that_are_no_text_come_through():
    (one,) = read(line().replace('"x"', '"\udcff"'))
    assert one.payload == b"\xff"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("2026-11-24T11:12:53+0000 a/b ON", "is no JSON object: record with mosquitto_sub"),
        ("[1]", "is no JSON object"),
        ("[" * 100_000, "is no JSON object"),
        (line(topic=""), "has no topic"),
        (line(topic=5), "has no topic"),
        (line(tst=None), "has no time (tst): record with mosquitto_sub"),
        (line(tst="noon"), "has a time (tst) that is none: noon"),
        (line(payload="\ud800"), "has a payload that is no text"),
    ],
)
def test_what_is_no_message_is_told_with_its_line(text, reason):
    (first, second) = read(f"{text}\n{line()}")
    assert isinstance(first, Unreadable)
    assert first.line == 1
    assert first.reason.startswith(reason)
    assert isinstance(second, Recorded)
