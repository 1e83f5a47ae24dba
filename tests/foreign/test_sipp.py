"""SIPp plays a Digium D40: another SIP implementation judges what the bridge sends."""

import json
import subprocess
import time
from pathlib import Path

import pytest

from support.bridge_process import free_udp_port

SCENARIO = Path(__file__).parent / "digium-d40.xml"


def wait_for_watchers(mosquitto, extension, number):
    """Return when the bridge says by MQTT that so many watch the extension."""
    until = time.monotonic() + 15
    while True:
        state = json.loads(mosquitto.retained(f"presence-bridge/hint/{extension}") or "{}")
        if state.get("watchers") == number:
            return
        assert time.monotonic() < until, state


@pytest.mark.parametrize("calls", [1, 20])
def test_a_digium_phone_sees_a_colleague_go_to_lunch(mosquitto, run_bridge, tmp_path, calls):
    bridge = run_bridge("2000 = SIP/2000,CustomPresence:2000")
    command = ["sipp", "-sf", SCENARIO, "-s", "2000", "-m", str(calls), "-r", str(calls), "-i", "127.0.0.1"]
    command += ["-p", str(free_udp_port()), f"127.0.0.1:{bridge.port}", "-nostdin"]
    command += ["-timeout", "25", "-timeout_error", "-trace_err", "-error_file", str(tmp_path / "errors")]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env={"TERM": "dumb"}
    ) as sipp:
        try:
            wait_for_watchers(mosquitto, "2000", calls)
            mosquitto.publish("presence-bridge/presence/2000", "away,lunch,back at 13:00", "-r")
            output, _ = sipp.communicate(timeout=30)
        finally:
            sipp.kill()
    errors = (tmp_path / "errors").read_text() if (tmp_path / "errors").exists() else ""
    assert sipp.returncode == 0, output.decode() + errors
    wait_for_watchers(mosquitto, "2000", 0)
