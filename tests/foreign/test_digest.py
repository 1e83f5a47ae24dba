"""Foreign clients with an account: loopback is not trusted here, so that they are challenged."""

import subprocess
import sys
from pathlib import Path

import pytest

from support.bridge_process import ROOT, free_udp_port

SCENARIO = Path(__file__).parent / "digest.xml"

SIP = """\
trusted_networks = []
users = [{ name = "alice", password = "wonder land" }]
"""
HINT = "2000 = SIP/2000,CustomPresence:2000"


def sipp(bridge, folder, password, agent):
    """Whether SIPp, with this password, got what its scenario asks for; and what it says."""
    command = ["sipp", "-sf", SCENARIO, "-s", "2000", "-m", "5", "-r", "5", "-i", "127.0.0.1"]
    command += ["-p", str(free_udp_port()), f"127.0.0.1:{bridge.port}", "-nostdin", "-key", "agent", agent]
    # Without -auth_uri SIPp leaves the user out, and 400 is what it then gets (RFC 7616 section 3.4.6).
    command += ["-au", "alice", "-ap", password, "-auth_uri", f"2000@127.0.0.1:{bridge.port}"]
    command += ["-timeout", "15", "-timeout_error"]
    command += ["-trace_err", "-error_file", str(folder / "errors")]
    run = subprocess.run(command, capture_output=True, check=False, timeout=30, env={"TERM": "dumb"})
    errors = (folder / "errors").read_text() if (folder / "errors").exists() else ""
    return run.returncode == 0, run.stdout.decode() + errors


@pytest.mark.requirement("A1", "A2", "A10")
@pytest.mark.parametrize("agent", ["Digium D40 1_4_0_0_57389", "SIPp"])
def test_sipp_is_let_in_with_its_password(run_bridge, tmp_path, agent):
    bridge = run_bridge(HINT, sip=SIP)
    passed, output = sipp(bridge, tmp_path, "wonder land", agent)
    assert passed, output + bridge.log()
    assert "authentication_failed" not in bridge.log()


@pytest.mark.requirement("A6", "A7")
def test_sipp_with_another_password_is_not(run_bridge, tmp_path):
    bridge = run_bridge(HINT, sip=SIP)
    passed, output = sipp(bridge, tmp_path, "wonderland", "Digium D40 1_4_0_0_57389")
    assert not passed
    assert "401" in output
    assert "authentication_failed source=127.0.0.1 user=alice" in bridge.log()
    assert "wonder" not in bridge.log()


@pytest.mark.requirement("A1")
def test_our_own_watch_is_let_in_with_the_password_of_the_configuration(run_bridge):
    bridge = run_bridge(HINT, sip=SIP)
    command = [sys.executable, "-m", "bridge", "watch", "2000", "--config", bridge.config, "--count", "1"]

    def watched(*arguments):
        return subprocess.run(
            [*command, *arguments], capture_output=True, check=False, timeout=20, text=True, cwd=ROOT
        )

    assert watched("--user", "alice").returncode == 0
    stranger = watched()
    assert stranger.returncode == 1
    assert "asks for a password" in stranger.stderr
