import io
import json
from datetime import UTC, datetime

import pytest

from bridge.cli import main

CONFIG = """\
[rule_options]
time_zone = "UTC"
[[hints]]
extension = "2000"
hint = "SIP/2000,CustomPresence:2000"
[sensors.door]
topic = "z/door"
map = { on = "open", off = "closed" }
[[rules]]
name = "call"
presence = "2000"
device_state = { "SIP/2000" = "INUSE" }
set = "dnd,,On the phone"
[[rules]]
name = "door"
presence = "2000"
when = { door = "closed" }
for_seconds = 30
set = "dnd,,Door closed"
[[rules]]
name = "rest"
presence = "2000"
set = "available"
"""
START = 1_795_518_000  # 11:00:00 UTC


def recorded(second: float, topic: str, payload: object, retain: int = 0) -> str:
    moment = datetime.fromtimestamp(START + second, UTC).isoformat().replace("+00:00", "Z+0000")
    return json.dumps({"tst": moment, "topic": topic, "qos": 0, "retain": retain, "payload": payload}) + "\n"


@pytest.fixture
def replay(tmp_path, capsys):
    """Replay these lines; the exit status, what happened (time, cause and words), and what was noted."""
    config, file = tmp_path / "config.toml", tmp_path / "recording"
    config.write_text(CONFIG)

    def run(*lines: str, options: tuple[str, ...] = (), text: str = CONFIG):
        config.write_text(text)
        file.write_text("".join(lines), encoding="utf-8", errors="surrogateescape")
        status = main(["replay", str(file), "--config", str(config), *options])
        out, err = capsys.readouterr()
        rows = [line.split("  ", 1) for line in out.splitlines()]
        return status, [f"{moment[11:19]} {' '.join(rest.split())}" for moment, rest in rows], err

    return run


def test_what_would_have_happened(replay):
    status, rows, err = replay(
        recorded(0, "z/door", "on", retain=1),
        recorded(10, "z/door", "off"),
        recorded(60, "presence-bridge/device/SIP/2000", "INUSE"),
        recorded(70, "presence-bridge/device/SIP/2000", "NOT_INUSE"),
        recorded(80, "elsewhere", "x"),
        recorded(90, "z/door", "on"),
    )
    assert status == 0
    assert rows == [
        "11:00:00 z/door door: unknown -> open",
        "11:00:00 (time) 2000 = available by rule 'rest'",
        "11:00:10 z/door door: open -> closed",
        "11:00:40 (time) 2000 = dnd,,Door closed by rule 'door'",
        "11:01:00 presence-bridge/device/SIP/2000 2000 = dnd,,On the phone by rule 'call'",
        "11:01:10 presence-bridge/device/SIP/2000 2000 = dnd,,Door closed by rule 'door'",
        "11:01:30 z/door door: closed -> open",
        "11:01:30 z/door 2000 = available by rule 'rest'",
    ]
    assert err == "messages: 6; read by the bridge: 5\n"


def test_what_is_stored_is_a_level_that_nobody_waits_for(replay):
    _, rows, _ = replay(recorded(0, "z/door", "off", retain=1))
    assert rows[-1] == "11:00:00 (time) 2000 = dnd,,Door closed by rule 'door'"


def test_time_goes_on_behind_the_last_message(replay):
    lines = recorded(0, "z/door", "on", retain=1), recorded(5, "z/door", "off")
    assert replay(*lines)[1][-1] == "11:00:35 (time) 2000 = dnd,,Door closed by rule 'door'"
    assert replay(*lines, options=("--after", "29"))[1][-1] == "11:00:05 z/door door: open -> closed"


def test_somebodys_own_word_stands_until_its_end(replay):
    _, rows, _ = replay(
        recorded(0, "z/door", "on", retain=1),
        recorded(10, "presence-bridge/presence/2000/set", '{"state":"chat","until":60}'),
        recorded(20, "presence-bridge/device/SIP/2000", "INUSE"),
    )
    assert rows[2:] == [
        "11:00:10 presence-bridge/presence/2000/set 2000: available -> chat",
        "11:01:10 (time) 2000 = dnd,,On the phone by rule 'call'",
    ]


def test_what_the_bridge_of_then_has_written_is_left_out(replay):
    by_rule = '{"state":"xa","subtype":"","message":"","by":"rule","rule":"x","since":"2026-11-24T11:00:05Z"}'
    lines = recorded(0, "z/door", "on", retain=1), recorded(5, "presence-bridge/presence/2000", by_rule)
    _, rows, err = replay(*lines)
    assert rows == replay(lines[0])[1]
    assert err == "messages: 2; read by the bridge: 1\n"


def test_lines_that_are_no_messages_are_told_and_left_out(replay):
    status, rows, err = replay(*["nonsense\n"] * 12, recorded(0, "z/door", "on"))
    assert (status, len(rows)) == (0, 2)
    *told, summary = err.splitlines()
    assert len(told) == 10
    assert told[1].startswith(
        "line 2 is left out: it is no JSON object: record with mosquitto_sub -t '#' -F '%j'"
    )
    assert summary == "messages: 1; read by the bridge: 1; lines left out: 12"


def test_a_recording_without_a_message(replay):
    status, rows, err = replay("\n")
    assert (status, rows) == (1, [])
    assert err.startswith("there is no message to replay: record with mosquitto_sub")


def test_as_json(tmp_path, capsys):
    config, file = tmp_path / "config.toml", tmp_path / "recording"
    config.write_text(CONFIG)
    file.write_text(recorded(0, "z/door", "off", retain=1))
    assert main(["replay", str(file), "--config", str(config), "--json"]) == 0
    assert [json.loads(line) for line in capsys.readouterr().out.splitlines()] == [
        {
            "time": "2026-11-24T11:00:00.000+00:00",
            "topic": "z/door",
            "event": "sensor",
            "sensor": "door",
            "instance": "",
            "old": "unknown",
            "new": "closed",
        },
        {
            "time": "2026-11-24T11:00:00.000+00:00",
            "topic": None,
            "event": "decision",
            "output": "2000",
            "rule": "door",
            "value": "dnd,,Door closed",
        },
    ]


def test_a_file_that_is_not_there(tmp_path, capsys):
    config = tmp_path / "config.toml"
    config.write_text("")
    assert main(["replay", str(tmp_path / "nothing"), "--config", str(config)]) == 1
    err = capsys.readouterr().err
    assert "note: there are no [[rules]]" in err
    assert "nothing cannot be read: No such file or directory" in err


def test_the_standard_input(tmp_path, capsys, monkeypatch):
    config = tmp_path / "config.toml"
    config.write_text(CONFIG)
    raw = io.BytesIO(recorded(0, "z/door", "on").encode() + b"\xff\n")
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(raw, encoding="ascii"))
    assert main(["replay", "-", "--config", str(config)]) == 0
    out, err = capsys.readouterr()
    assert "door: unknown -> open" in out
    assert "line 2 is left out" in err


@pytest.mark.parametrize("text", ["-1", "inf", "nan", "x"])
def test_seconds_are_a_number_from_0_on(tmp_path, capsys, text):
    with pytest.raises(SystemExit) as caught:
        main(["replay", "x", f"--after={text}"])
    assert caught.value.code == 2
    assert "--after" in capsys.readouterr().err
