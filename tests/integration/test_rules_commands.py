"""Sensors and rules from a real broker to a real bridge, and the commands that tell of them."""

import json
import subprocess
import time
from contextlib import contextmanager

import pytest

from bridge.cli import main
from support.bridge_process import BridgeProcess

HINTS = ["2000 = SIP/2000,CustomPresence:2000", "2001 = Custom:lamp"]
RULES = """\
[rule_options]
time_zone = "UTC"
min_interval_seconds = 0

[sensors.office_door]
use = "zigbee2mqtt.contact"
name = "office_door"

[[rules]]
name = "door"
presence = "2000"
when = { office_door = "closed" }
set = { state = "dnd", message = "Door closed" }

[[rules]]
name = "rest"
presence = "2000"
set = "available"

[[rules]]
name = "lamp"
device = "Custom:lamp"
when = { office_door = "closed" }
set = "INUSE"

[[rules]]
device = "Custom:lamp"
set = "NOT_INUSE"
"""
BASE = "presence-bridge"
DOOR = "zigbee2mqtt/office_door"


@pytest.fixture
def bridge(tmp_path, mosquitto):
    process = BridgeProcess(tmp_path, mosquitto.port, HINTS, extra=RULES)
    process.start()
    yield process
    process.stop()


@contextmanager
def recording(mosquitto, file, form="%j"):
    """Everything that goes through the broker is recorded meanwhile, from what is retained on."""
    command = ["mosquitto_sub", "-p", str(mosquitto.port), "-t", "#", "-F", form]
    with file.open("wb") as output:
        process = subprocess.Popen(command, stdout=output)
        try:
            wait_until(lambda: file.stat().st_size)
            yield
        finally:
            process.terminate()
            process.wait(10)


def wait_until(condition, within=10.0):
    until = time.monotonic() + within
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.05)


def becomes(mosquitto, topic, text):
    wait_until(lambda: text in mosquitto.retained(topic))


def explained(bridge, capsys, name):
    capsys.readouterr()
    assert main(["explain", name, "--config", str(bridge.config), "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_a_door_sets_presence_and_lights_a_lamp_and_explain_tells_why(bridge, mosquitto, capsys):
    becomes(mosquitto, f"{BASE}/bridge/state", "online")
    data = explained(bridge, capsys, "2000")
    (output,) = data["outputs"]
    assert (output["decides"], output["rule"]) == ("nobody", None)
    assert data["unruled"] == [{"name": "SIP/2000", "value": "UNKNOWN"}]

    mosquitto.publish(DOOR, '{"contact":true}')
    becomes(mosquitto, f"{BASE}/presence/2000", '"state":"dnd"')
    becomes(mosquitto, f"{BASE}/device/Custom/lamp", "INUSE")
    (output,) = explained(bridge, capsys, "2000")["outputs"]
    assert (output["decides"], output["rule"], output["value"]) == ("rule", "door", "dnd,,Door closed")
    (lamp,) = explained(bridge, capsys, "Custom:lamp")["outputs"]
    assert (lamp["output"], lamp["rule"]) == ("Custom/lamp", "lamp")
    sensor = explained(bridge, capsys, "office_door")
    assert sensor["sensor"]["instances"][0]["value"] == "closed"
    assert [one["output"] for one in sensor["outputs"]] == ["2000", "Custom/lamp"]

    assert main(["explain", "2000", "--config", str(bridge.config)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert (
        "CustomPresence:2000 is dnd,,Door closed: rule 'door' is the first that is true: office_door is closed"
        in lines
    )
    assert any(line.startswith("> door (sensor): true since ") for line in lines)


def test_a_manual_word_is_explained_and_a_name_that_nobody_knows_is_refused(bridge, mosquitto, capsys):
    config = ["--config", str(bridge.config)]
    becomes(mosquitto, f"{BASE}/bridge/state", "online")
    mosquitto.publish(f"{BASE}/presence/2000/set", '{"state":"chat","until":"change"}')
    becomes(mosquitto, f"{BASE}/presence/2000", '"state":"chat"')
    (output,) = explained(bridge, capsys, "2000")["outputs"]
    assert (output["decides"], output["manual"]["until_change"]) == ("manual", True)

    assert main(["explain", "200", *config]) == 1
    assert "unknown name '200': known are 2000, 2001" in capsys.readouterr().err
    bridge.stop()
    assert main(["explain", "2000", *config]) == 1
    assert "no bridge is online at the broker" in capsys.readouterr().err


@pytest.mark.parametrize("form", ["%j", "%J"])
def test_what_was_recorded_is_decided_again(bridge, mosquitto, tmp_path, capsys, form):
    becomes(mosquitto, f"{BASE}/bridge/state", "online")
    mosquitto.publish(DOOR, '{"contact":false}', "-r")
    becomes(mosquitto, f"{BASE}/presence/2000", '"state":"available"')
    file = tmp_path / "recording"
    with recording(mosquitto, file, form):
        for contact, state in (
            ("true", "dnd"),
            ("false", "available"),
            ("null", "available"),
            ("true", "dnd"),
        ):
            mosquitto.publish(DOOR, f'{{"contact":{contact}}}')
            becomes(mosquitto, f"{BASE}/presence/2000", f'"state":"{state}"')
    capsys.readouterr()
    assert main(["replay", str(file), "--config", str(bridge.config), "--json"]) == 0
    happened = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    decided = [
        (one["topic"], one["rule"])
        for one in happened
        if one["event"] == "decision" and one["output"] == "2000"
    ]
    assert decided == [(None, "rest"), (DOOR, "door"), (DOOR, "rest"), (DOOR, "door")]
