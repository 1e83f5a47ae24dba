"""SIPp as a Digium phone and baresip dial feature codes: the MQTT topic follows, and no call is taken."""

import re
import subprocess
import time
from pathlib import Path

import pytest

from foreign.baresip import Baresip
from support.bridge_process import free_udp_port

SCENARIO = Path(__file__).parent / "feature-call.xml"
HINT = "2000 = SIP/2000,CustomPresence:Bob"
CODES = """
[[sip.feature_codes]]
dial = "*78"
set = "dnd"

[[sip.feature_codes]]
dial = "2000"
provider = "Bob"
toggle = ["available", "unavailable"]
"""


def dial(bridge, folder, number):
    """Have SIPp dial, and see that the answer is right and comes once."""
    command = [
        "sipp",
        "-sf",
        SCENARIO,
        "-s",
        number,
        "-m",
        "1",
        "-i",
        "127.0.0.1",
        "-p",
        str(free_udp_port()),
    ]
    command += [f"127.0.0.1:{bridge.port}", "-nostdin", "-timeout", "15", "-timeout_error"]
    command += ["-trace_err", "-error_file", str(folder / "errors")]
    run = subprocess.run(command, capture_output=True, check=False, timeout=30, env={"TERM": "dumb"})
    errors = (folder / "errors").read_text() if (folder / "errors").exists() else ""
    output = run.stdout.decode()
    assert run.returncode == 0, output + errors + bridge.log()
    # Messages, and retransmissions of them.
    assert re.search(r"603 <-+ +1 +0 ", output), output


def becomes(broker, provider, state):
    until = time.monotonic() + 10
    while f'"state":"{state}"' not in (said := broker.retained(f"presence-bridge/presence/{provider}")):
        assert time.monotonic() < until, said
        time.sleep(0.05)


@pytest.mark.requirement("X6")
def test_a_digium_phone_sets_its_own_presence(mosquitto, run_bridge, tmp_path):
    bridge = run_bridge(HINT, extra=CODES)
    dial(bridge, tmp_path, "*78")
    becomes(mosquitto, "200", "dnd")
    assert "feature_call_set status=603" in bridge.log()


def test_extension_2000_toggles_bob(mosquitto, run_bridge, tmp_path):
    """The example of Asterisk's documentation."""
    bridge = run_bridge(HINT, extra=CODES)
    for state in ("available", "unavailable", "available"):
        dial(bridge, tmp_path, "2000")
        becomes(mosquitto, "Bob", state)


@pytest.mark.parametrize("password", ["wonderland", "mistyped"])
def test_baresip_dials_with_its_password(mosquitto, run_bridge, tmp_path, password):
    user = '{ name = "alice", password = "wonderland" }'
    bridge = run_bridge(HINT, sip=f"trusted_networks = []\nusers = [{user}]", extra=CODES)
    folder = tmp_path / "baresip"
    folder.mkdir()
    phone = Baresip(folder, f"127.0.0.1:{bridge.port}", (), f";auth_user=alice;auth_pass={password}")
    try:
        phone.command("dial", "*78")
        if password == "wonderland":
            becomes(mosquitto, "alice", "dnd")
            is_logged(phone, "603 Presence is dnd")
        else:
            is_logged(bridge, "authentication_failed source=127.0.0.1 user=alice")
            assert mosquitto.retained("presence-bridge/presence/alice") == ""
    finally:
        phone.close()


def is_logged(program, text):
    until = time.monotonic() + 10
    while text not in program.log():
        assert time.monotonic() < until, program.log()
        time.sleep(0.05)
