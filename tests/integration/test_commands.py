"""The command line against a real broker and a running bridge."""

import json
import subprocess
import sys
import time

import pytest

from bridge.cli import main
from bridge.io.mqtt import Account
from bridge.io.oneshot import BrokerError, ask
from integration.programs import free_port
from support.bridge_process import ROOT, BridgeProcess

HINTS = ["2000 = SIP/2000,CustomPresence:Anna", "2001 = ,CustomPresence:2001"]
BASE = "presence-bridge"


def wait_until(condition, within=10.0):
    until = time.monotonic() + within
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.05)


@pytest.fixture
def bridge(tmp_path, mosquitto):
    process = BridgeProcess(tmp_path, mosquitto.port, HINTS)
    process.start()
    yield process
    process.stop()


def test_set_makes_the_truth_and_get_shows_it(bridge, mosquitto, capsys):
    config = ["--config", str(bridge.config)]
    assert main(["set", "2000", "away", "--subtype", "lunch", "--message", "back at 13:00", *config]) == 0
    assert json.loads(mosquitto.retained(f"{BASE}/presence/Anna")) == {
        "state": "away",
        "subtype": "lunch",
        "message": "back at 13:00",
    }
    assert main(["set", "2001", "dnd,,a meeting", *config]) == 0
    capsys.readouterr()
    assert main(["get", *config]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "2001  dnd  a meeting",
        "Anna  away  lunch  back at 13:00",
    ]
    assert main(["get", "anna", *config]) == 0
    assert capsys.readouterr().out == "Anna  away  lunch  back at 13:00\n"
    assert main(["get", "2000", *config]) == 0
    assert capsys.readouterr().out.startswith("Anna  away")
    assert main(["get", "nobody", *config]) == 1
    assert capsys.readouterr().out == "nobody: not set\n"


def test_get_shows_what_was_not_understood(bridge, mosquitto, capsys):
    mosquitto.publish(f"{BASE}/presence/Anna", "bored", "-r")
    assert main(["get", "--config", str(bridge.config)]) == 0
    assert "not understood: unknown presence state 'bored'" in capsys.readouterr().out


def test_hints_are_listed_as_core_show_hints_does(bridge, mosquitto, capsys):
    config = ["--config", str(bridge.config)]
    main(["set", "Anna", "xa", *config])
    wait_until(lambda: '"presence":"xa"' in mosquitto.retained(f"{BASE}/hint/2000"))
    capsys.readouterr()
    assert main(["hints", *config]) == 0
    lines = capsys.readouterr().out.splitlines()
    (line,) = [line for line in lines if line.lstrip().startswith("2000 :")]
    assert line.split() == [
        "2000",
        ":",
        HINTS[0].split(" = ")[1],
        "State:Idle",
        "Presence:xa",
        "Watchers",
        "0",
    ]
    assert lines[-1] == "- 2 hints registered"


def test_hints_say_when_no_bridge_is_online(bridge, capsys):
    bridge.stop()
    assert main(["hints", "--config", str(bridge.config)]) == 0
    assert "no bridge is online" in capsys.readouterr().err


def test_a_state_that_is_none_is_named_with_those_that_are(bridge, capsys):
    assert main(["set", "2000", "bored", "--config", str(bridge.config)]) == 2
    error = capsys.readouterr().err
    assert "'bored' is not a presence" in error
    assert "away" in error


def test_a_name_without_a_hint_is_noted(bridge, mosquitto, capsys):
    assert main(["set", "Zoe", "chat", "--config", str(bridge.config)]) == 0
    assert "no hint uses CustomPresence:Zoe" in capsys.readouterr().err
    assert json.loads(mosquitto.retained(f"{BASE}/presence/Zoe"))["state"] == "chat"


@pytest.mark.parametrize("command", [["set", "2000", "away"], ["get"], ["hints"]])
def test_a_broker_that_is_not_there_is_said_in_words(tmp_path, capsys, command):
    port = free_port()
    config = tmp_path / "config.toml"
    config.write_text(
        f'[mqtt]\nport = {port}\n[[hints]]\nextension = "2000"\nhint = ",CustomPresence:2000"\n'
    )
    assert main([*command, "--config", str(config)]) == 1
    assert f"connection refused by 127.0.0.1:{port}: nothing listens there" in capsys.readouterr().err


def test_a_broker_that_refuses_us_is_said_in_words(tmp_path, broker, capsys):
    broker.start("allow_anonymous false")
    config = tmp_path / "config.toml"
    config.write_text(f"[mqtt]\nport = {broker.port}\n")
    assert main(["get", "--config", str(config)]) == 1
    assert "the broker refused a client without user name: not authorized" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["run", "check", "get", "hints", "watch 2000"])
def test_a_wrong_configuration_is_78_with_file_key_and_reason(tmp_path, capsys, command):
    config = tmp_path / "config.toml"
    config.write_text('[mqtt]\nhots = "x"\n')
    assert main([*command.split(), "--config", str(config)]) == 78
    assert f"{config}:2:1: mqtt.hots is not a setting (did you mean 'host'?)" in capsys.readouterr().err


def test_without_any_configuration_the_places_are_named(tmp_path):
    command = [sys.executable, "-m", "bridge", "check"]
    result = subprocess.run(
        command,
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 78
    assert "/etc/presence-bridge/config.toml" in result.stderr


def test_a_closed_pipe_ends_quietly(bridge):
    command = f"{sys.executable} -m bridge hints --config {bridge.config} | head -n 1"
    result = subprocess.run(["sh", "-c", command], cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.stderr == ""


def test_run_ends_with_1_when_a_port_is_taken(bridge, tmp_path):
    result = subprocess.run(
        [sys.executable, "-m", "bridge", "run", "--config", bridge.config],
        cwd=ROOT,
        env={"PRESENCE_BRIDGE_STORE__PATH": ""},
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    assert result.returncode == 1
    assert f"SIP cannot listen on udp://127.0.0.1:{bridge.port}: Address already in use" in result.stderr


def test_a_question_that_nobody_answers_is_given_up(mosquitto):
    account = Account("127.0.0.1", mosquitto.port)
    with pytest.raises(BrokerError, match=r"no bridge answered at the broker at .* within 0.1 s"):
        ask(account, BASE, "nothing", {}, patience=0.1)


def test_answers_to_others_and_nonsense_are_not_ours(mosquitto):
    topic = f"{BASE}/bridge/response/echo"
    for payload in ("nonsense", "[]", '{"status": "ok", "transaction": "another"}'):
        mosquitto.publish(topic, payload, "-r")
        with pytest.raises(BrokerError):
            ask(Account("127.0.0.1", mosquitto.port), BASE, "echo", {}, patience=0.1)
