"""Asterisk's words, `presencestate`, `devstate` and `core show`, against a real broker and a running bridge."""

import json
import re
from pathlib import Path

import pytest

from bridge.cli import main
from integration.programs import free_port
from support.bridge_process import BridgeProcess
from support.waiting import eventually

RECORDED = Path(__file__).parents[1] / "data" / "asterisk"
HINTS = ["2000 = Custom:Lamp,CustomPresence:Anna", "2001 = ,CustomPresence:2001", "21 = SIP/21"]
BASE = "presence-bridge"
DEVICES = """
---------------------------------------------------------------------
--- Custom Device States --------------------------------------------
---------------------------------------------------------------------
---
--- Name: 'Custom:Lamp'  State: 'INUSE'
---
--- Name: 'Custom:door'  State: 'RINGING'
---
--- Name: 'Custom:what'  State: 'INVALID'
---
---------------------------------------------------------------------
---------------------------------------------------------------------

"""
LINE = "{:30}: {:60}  State:{:15} Presence:{:15} Watchers {:2}"


@pytest.fixture
def bridge(tmp_path, mosquitto):
    process = BridgeProcess(tmp_path, mosquitto.port, HINTS)
    process.start()
    yield process
    process.stop()


@pytest.fixture
def say(bridge, capsys):
    """Run a command line; its status, and what it prints."""

    def run(*words):
        capsys.readouterr()
        status = main([*words, "--config", str(bridge.config)])
        printed = capsys.readouterr()
        return status, printed.out, printed.err

    return run


@pytest.fixture
def no_bridge(tmp_path, mosquitto):
    """A configuration whose broker is there, and its bridge is not."""
    config = tmp_path / "config.toml"
    config.write_text(f"[mqtt]\nport = {mosquitto.port}\n")
    return ["--config", str(config)]


def test_presencestate_change_makes_the_truth(say, mosquitto):
    assert say("presencestate", "change", "CustomPresence:anna", "Away,lunch,back at 13:00") == (
        0,
        "Changing anna to Away\n",
        "",
    )
    expected = {"state": "away", "subtype": "lunch", "message": "back at 13:00"}
    assert json.loads(mosquitto.retained(f"{BASE}/presence/Anna")) == expected
    eventually(lambda: '"presence":"away"' in mosquitto.retained(f"{BASE}/hint/2000"))


def test_presencestate_list_is_laid_out_as_asterisk_20_does(mosquitto, no_bridge, capsys):
    recording = (RECORDED / "pjsip_content_subtype_message.txt").read_text(encoding="utf-8")
    (expected,) = re.findall(r"presencestate list:\n(\n-{69}\n.*?\n-{69}\n-{69}\n\n)", recording, re.DOTALL)
    names = re.findall(r"Name: 'CustomPresence:(.*)'", expected)
    assert len(names) == 15
    for name in names:
        state = "away,lunch,Back at 13:00" if name == "2000" else "not_set"
        assert main(["presencestate", "change", f"CustomPresence:{name}", state, *no_bridge]) == 0
    capsys.readouterr()
    assert main(["presencestate", "list", *no_bridge]) == 0
    assert capsys.readouterr().out == expected


@pytest.mark.parametrize("name", ["b64", "utf8"])
def test_texts_are_listed_as_asterisk_keeps_them(mosquitto, no_bridge, capsys, name):
    recording = (RECORDED / f"pjsip_content_{name}.txt").read_text(encoding="utf-8")
    (block,) = re.findall(r"--- Name: 'CustomPresence:2000'\n(?:    ---.*\n)*---\n", recording)
    subtype, message, encoded = re.findall(r"(?:Subtype|Message|Encoded): '(.*)'", block)
    line = f"away,{subtype},{message}" + (",e" if encoded == "Yes" else "")
    assert main(["presencestate", "change", "CustomPresence:2000", line, *no_bridge]) == 0
    capsys.readouterr()
    assert main(["presencestate", "list", *no_bridge]) == 0
    assert block in capsys.readouterr().out


def test_a_list_of_nothing(no_bridge, capsys):
    assert main(["presencestate", "list", *no_bridge]) == 0
    assert capsys.readouterr().out.endswith("---\nNo custom presence states defined\n")
    assert main(["devstate", "list", *no_bridge]) == 0
    assert capsys.readouterr().out.endswith("---\nNo custom device states defined\n")
    assert main(["core", "show", "hints", *no_bridge]) == 1
    assert capsys.readouterr().out == "There are no registered dialplan hints\n"


def test_what_is_not_understood_is_listed_as_invalid_and_told(mosquitto, no_bridge, capsys):
    mosquitto.publish(f"{BASE}/presence/Anna", "bored", "-r")
    mosquitto.publish(f"{BASE}/presence/Anna/set", "away", "-r")
    assert main(["presencestate", "list", *no_bridge]) == 0
    printed = capsys.readouterr()
    assert printed.out.count("--- Name:") == 1
    assert "--- Name: 'CustomPresence:Anna'\n    --- State: 'invalid'\n" in printed.out
    assert printed.err.startswith(
        "note: CustomPresence:Anna is not understood: unknown presence state 'bored'"
    )


@pytest.mark.parametrize(
    ("words", "first", "reason"),
    [
        (["CustomPresence:2000"], "Usage: presencestate change <entity> <state>", "takes two words"),
        (
            ["CustomPresence:2000", "away,lunch,back", "soon"],
            "Usage: presencestate change",
            "in quotation marks",
        ),
        (["CustomPresence:2000", "bored"], "Usage: presencestate change", "unknown presence state 'bored'"),
        (["CustomPresence:2000", "away,,,x"], "Usage: presencestate change", "invalid options 'x'"),
        (["CustomPresence:", "away"], "Usage: presencestate change", "has an empty name"),
        (["CustomPresence:a#", "away"], "Usage: presencestate change", "holds '#'"),
        (
            ["SIP/2000", "away"],
            "The presencestate command can only be used to set 'CustomPresence:' presence state!",
            "write CustomPresence:SIP/2000 in place of SIP/2000",
        ),
    ],
)
def test_presencestate_refuses_in_asterisks_words_and_in_plain_ones(words, first, reason, no_bridge, capsys):
    assert main(["presencestate", "change", *words, *no_bridge]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith(first)
    assert reason in printed.err.splitlines()[-1]


def test_devstate_changes_and_lists_custom_devices(say, mosquitto):
    assert say("devstate", "change", "custom:lamp", "inuse") == (0, "Changing lamp to inuse\n", "")
    assert mosquitto.retained(f"{BASE}/device/Custom/Lamp") == "INUSE"
    eventually(lambda: '"extension_state":"InUse"' in mosquitto.retained(f"{BASE}/hint/2000"))
    status, _, note = say("devstate", "change", "Custom:door", "RINGING")
    assert (status, note) == (0, "note: no hint uses 'Custom:door'; it is set all the same\n")
    mosquitto.publish(f"{BASE}/device/SIP/21", "BUSY", "-r")
    mosquitto.publish(f"{BASE}/device/Custom/what", "loud", "-r")
    status, listed, note = say("devstate", "list")
    assert status == 0
    assert listed == DEVICES
    assert note.startswith(
        "note: Custom:what is not understood: unknown device state 'loud': known are UNKNOWN,"
    )


@pytest.mark.parametrize(
    ("words", "first", "reason"),
    [
        (["Custom:lamp"], "Usage: devstate change <device> <state>", "takes two words"),
        (["Custom:lamp", "loud"], "Usage: devstate change", "unknown device state 'loud'"),
        (["Custom:", "INUSE"], "Usage: devstate change", "has an empty name"),
        (
            ["SIP/2000", "INUSE"],
            "The devstate command can only be used to set 'Custom:' device state!",
            "the state of SIP/2000 is its PBX's, or its topic's",
        ),
    ],
)
def test_devstate_refuses_in_asterisks_words_and_in_plain_ones(words, first, reason, no_bridge, capsys):
    assert main(["devstate", "change", *words, *no_bridge]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith(first)
    assert reason in printed.err.splitlines()[-1]


@pytest.mark.parametrize("command", ["presencestate", "devstate"])
def test_list_takes_nothing_behind_it(command, no_bridge, capsys):
    assert main([command, "list", "CustomPresence:2000", *no_bridge]) == 2
    assert capsys.readouterr().err.startswith(f"Usage: {command} list")


def test_core_show_hints_has_the_columns_of_asterisk(say, mosquitto):
    say("devstate", "change", "Custom:Lamp", "RINGINUSE")
    say("presencestate", "change", "CustomPresence:2001", "xa")
    eventually(lambda: '"presence":"xa"' in mosquitto.retained(f"{BASE}/hint/2001"))
    status, out, _ = say("core", "show", "hints")
    assert status == 0
    assert out.splitlines() == [
        "",
        "    -= Registered Asterisk Dial Plan Hints =-",
        LINE.format("2000@presence-bridge", "Custom:Lamp,CustomPresence:Anna", "InUse&Ringing", "not_set", 0),
        LINE.format("2001@presence-bridge", ",CustomPresence:2001", "Idle", "xa", 0),
        LINE.format("21@presence-bridge", "SIP/21", "Idle", "not_set", 0),
        "----------------",
        "- 3 hints registered",
    ]


def test_the_columns_are_as_wide_as_recorded():
    recorded = re.findall(r"^\d+@hints .*$", (RECORDED / "pjsip_hint_2001.txt").read_text(), re.MULTILINE)
    written = LINE.format("2001@hints", ",CustomPresence:2001", "Unavailable", "not_set", 0)
    assert written in recorded


def test_core_show_hint_takes_all_that_begin_so(say):
    status, out, _ = say("core", "show", "hint", "20")
    assert status == 0
    assert [line[:4] for line in out.splitlines()] == ["2000", "2001", "2 hi"]
    assert out.endswith("\n2 hints matching extension 20\n")
    assert say("core", "show", "hint", "21")[1].endswith("\n1 hint matching extension 21\n")
    assert say("core", "show", "hint", "3") == (1, "No hints matching extension 3\n", "")


@pytest.mark.parametrize("words", [["hint"], ["hints", "2000"]])
def test_core_show_wants_an_extension_for_one_hint_alone(words, no_bridge, capsys):
    assert main(["core", "show", *words, *no_bridge]) == 2
    assert capsys.readouterr().err.startswith("Usage: core show hints\n")


def test_hints_that_are_in_no_configuration_are_shown_as_the_bridge_says(bridge, no_bridge, capsys):
    assert main(["core", "show", "hint", "2000", *no_bridge]) == 0
    expected = LINE.format("2000@presence-bridge", "Custom:Lamp,CustomPresence:Anna", "Idle", "not_set", 0)
    assert capsys.readouterr().out.splitlines()[0] == expected


def test_nonsense_on_the_topic_of_a_hint_is_no_harm(mosquitto, no_bridge, capsys):
    for topic, payload in (("a", "nonsense"), ("b", "[]"), ("c", '{"hint": 1, "watchers": "many"}')):
        mosquitto.publish(f"{BASE}/hint/{topic}", payload, "-r")
    assert main(["core", "show", "hints", *no_bridge]) == 0
    printed = capsys.readouterr()
    assert printed.out.splitlines()[2:5] == [
        LINE.format(f"{extension}@presence-bridge", hint, "Unknown", "not_set", 0)
        for extension, hint in (("a", ""), ("b", ""), ("c", "1"))
    ]
    assert "no bridge is online" in printed.err


@pytest.mark.parametrize(
    "words",
    [
        ["presencestate", "list"],
        ["presencestate", "change", "CustomPresence:1", "away"],
        ["devstate", "list"],
        ["devstate", "change", "Custom:1", "BUSY"],
        ["core", "show", "hints"],
    ],
)
def test_a_broker_that_is_not_there_is_said_in_words(words, tmp_path, capsys):
    port = free_port()
    config = tmp_path / "config.toml"
    config.write_text(f"[mqtt]\nport = {port}\n")
    assert main([*words, "--config", str(config)]) == 1
    assert f"connection refused by 127.0.0.1:{port}" in capsys.readouterr().err
