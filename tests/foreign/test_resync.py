"""`resync` as a person runs it, with SIPp as the phone."""

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from support.bridge_process import ROOT, free_udp_port

HERE = Path(__file__).parent
SIP = 'users = [{ name = "200", password = "secret" }]'
PHONES = """
[provisioning]
bridge_address = "127.0.0.1"

[[phones]]
mac = "00:0f:d3:aa:bb:cc"
model = "D65"
extension = "2000"
user = "200"
"""


@pytest.fixture
def bridge(run_bridge):
    return run_bridge("2000 = SIP/2000", sip=SIP, extra=PHONES)


@pytest.fixture
def phone(bridge, mosquitto):
    """A phone that watches 2000, and answers check-sync; its port."""
    port = free_udp_port()
    command = ["sipp", "-sf", HERE / "check-sync.xml", "-oocsf", HERE / "check-sync-answer.xml", "-s", "2000"]
    command += ["-m", "1", "-i", "127.0.0.1", "-p", str(port), f"127.0.0.1:{bridge.port}", "-nostdin"]
    with subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={"TERM": "dumb"}
    ) as sipp:
        try:
            until = time.monotonic() + 15
            while json.loads(mosquitto.retained("presence-bridge/hint/2000") or "{}").get("watchers") != 1:
                assert time.monotonic() < until
            yield port
        finally:
            sipp.kill()


def resync(bridge, phone):
    command = [sys.executable, "-W", "error", "-m", "bridge", "resync", phone, "--config", bridge.config]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize("name", ["00:0F:D3:AA:BB:CC", "2000", "200"])
def test_a_phone_is_made_to_fetch_its_files(bridge, phone, name):
    result = resync(bridge, name)
    assert (result.returncode, result.stdout, result.stderr) == (
        0,
        f"127.0.0.1:{phone}: acknowledged 200\n",
        "",
    )
    assert f"check_sync phone=127.0.0.1:{phone} outcome=acknowledged status=200" in bridge.log()


def test_a_phone_that_is_not_there(bridge):
    result = resync(bridge, "2000")
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr == "2000 has no subscription here, and no registration\n"


def test_a_bridge_that_is_not_there(bridge):
    bridge.stop()
    result = resync(bridge, "2000")
    assert result.returncode == 1
    assert result.stderr.startswith("no bridge is online at the broker at 127.0.0.1:")


def test_any_client_can_ask_by_mqtt(bridge, phone, mosquitto):
    command = [
        "mosquitto_sub",
        "-p",
        str(mosquitto.port),
        "-t",
        "presence-bridge/bridge/response/#",
        "-C",
        "1",
    ]
    with subprocess.Popen([*command, "-W", "10"], stdout=subprocess.PIPE, text=True) as subscriber:
        until = time.monotonic() + 10
        while "bridge/response" not in mosquitto.log():
            assert time.monotonic() < until
            time.sleep(0.02)
        mosquitto.publish("presence-bridge/bridge/request/resync", '{"phone": "2000", "transaction": 5}')
        output, _ = subscriber.communicate(timeout=15)
    phones = [{"phone": f"127.0.0.1:{phone}", "outcome": "acknowledged", "status": 200}]
    assert json.loads(output) == {"status": "ok", "data": {"phones": phones}, "transaction": 5}
