"""aiosip (a SIP library for Python with a stack of its own) as a subscriber."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from support.bridge_process import free_udp_port

PROGRAM = Path(__file__).parent / "aiosip_subscriber.py"


# It answers the first challenge by MD5 whatever that names, and as in RFC 2069.
WITH_DIGEST = """\
trusted_networks = []
users = [{ name = "alice", password = "wonderland" }]
digest_algorithms = ["MD5"]
digest_without_qop = true
"""


@pytest.mark.parametrize("sip", ["", pytest.param(WITH_DIGEST, marks=pytest.mark.requirement("A2"))])
def test_is_accepted_and_notified(mosquitto, run_bridge, sip):
    mosquitto.publish("presence-bridge/device/SIP/2000", "RINGING", "-r")
    bridge = run_bridge("2000 = SIP/2000,CustomPresence:2000", sip=sip)
    # In a process of its own: it needs names that Python no longer has, and warns a lot.
    command = [sys.executable, PROGRAM, str(bridge.port), str(free_udp_port()), "2000"]
    program = subprocess.run(command, capture_output=True, check=False, timeout=20, text=True)
    assert program.returncode == 0, program.stderr
    seen = json.loads(program.stdout.splitlines()[-1])
    assert (seen["status"], seen["expires"]) == (200, "60")
    assert re.fullmatch(r"active;expires=(60|59)", seen["state"])
    assert seen["type"] == "application/pidf+xml"
    assert "<note>Ringing</note>" in seen["body"]
