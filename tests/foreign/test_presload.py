"""Our load generator, a program in C that shares nothing with the bridge: nobody is told less than the truth."""

import json
import subprocess
from pathlib import Path

import pytest

SOURCE = Path(__file__).parent.parent.parent / "bench" / "presload.c"

WATCHERS, CHANGES = 1000, 20


@pytest.fixture(scope="module")
def presload(tmp_path_factory):
    program = tmp_path_factory.mktemp("presload") / "presload"
    command = ["gcc", "-O2", "-DWITH_MQTT", "-o", program, SOURCE, "-lmosquitto"]
    subprocess.run(command, check=True, timeout=60)
    return program


def test_a_thousand_watchers_see_every_change(mosquitto, run_bridge, presload):
    bridge = run_bridge("1000 = SIP/1000,CustomPresence:1000", sip="notify_min_interval_seconds = 0")
    command = [presload, "--target", f"127.0.0.1:{bridge.port}", "--mode", "fanout", "--subs", str(WATCHERS)]
    command += ["--sockets", "8", "--changes", str(CHANGES), "--ext", "1000", "--trigger", "mqtt"]
    command += ["--mqtt", f"127.0.0.1:{mosquitto.port}", "--mqtt-topic", "presence-bridge/presence/{e}"]
    command += ["--mqtt-payload", '{{"state":"{v}","subtype":"","message":"{m}"}}']
    result = subprocess.run(command, capture_output=True, check=False, timeout=50, text=True)
    assert result.returncode == 0, result.stderr
    report = json.loads(result.stdout)
    changes = report["changes"]
    assert (report["subscribe"]["accepted"], report["unsubscribe"]["accepted"]) == (WATCHERS, WATCHERS)
    assert (changes["count"], changes["got"], changes["lost"]) == (CHANGES, CHANGES * WATCHERS, 0)
    assert (changes["final_wrong"], changes["went_back"], changes["wrong_ext"]) == (0, 0, 0)
    assert (report["notify"]["unparsed"], report["notify"]["unknown_dialog"]) == (0, 0)
