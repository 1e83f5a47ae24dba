"""`watch` and `demo` as a person runs them: programs, judged by what they write and how they end."""

import json
import re
import signal
import subprocess
import sys
import threading

import pytest

from support.bridge_process import ROOT

BRIDGE = (sys.executable, "-W", "error", "-m", "bridge")


# Seconds after which a command is ended, so that nobody waits for its output for ever.
PATIENCE = 30


@pytest.fixture
def start():
    """Start a command of the bridge; it is ended after the test, if it has not ended by itself."""
    processes = []

    def popen(*arguments):
        process = subprocess.Popen(
            [*BRIDGE, *map(str, arguments)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        timer = threading.Timer(PATIENCE, process.kill)
        timer.start()
        processes.append((process, timer))
        return process

    yield popen
    for process, timer in processes:
        timer.cancel()
        process.kill()
        process.communicate()


def test_watch_measures_what_a_message_takes(mosquitto, run_bridge, start):
    bridge = run_bridge("2000 = SIP/2000,CustomPresence:reception")
    watch = start("watch", "2000", "--config", bridge.config, "--json", "--count", "3")
    first = json.loads(watch.stdout.readline())
    assert (first["lamp"], first["presence"], first["latency_seconds"]) == ("Ready", "not_set", None)
    mosquitto.publish("presence-bridge/presence/reception", "away,lunch,back at 13:00", "-r")
    second = json.loads(watch.stdout.readline())
    assert (second["presence"], second["subtype"], second["message"]) == ("away", "lunch", "back at 13:00")
    mosquitto.publish("presence-bridge/device/SIP/2000", "INUSE", "-r")
    third = json.loads(watch.stdout.readline())
    assert third["lamp"] == "On the phone"
    for seen in (second, third):
        assert -0.05 <= seen["latency_seconds"] < 5
    assert watch.communicate(timeout=10) == ("", "")
    assert watch.returncode == 0


def test_watch_says_what_is_wrong(run_bridge, start):
    bridge = run_bridge("2000 = SIP/2000")
    watch = start("watch", "2009", "--config", bridge.config)
    out, err = watch.communicate(timeout=10)
    assert (watch.returncode, out) == (1, "")
    assert err == f"extension 2009 has no hint at udp://127.0.0.1:{bridge.port}\n"


def test_watch_comes_back_to_a_bridge_that_was_started_anew(mosquitto, run_bridge, start):
    bridge = run_bridge("2000 = SIP/2000")
    watch = start("watch", "2000", "--config", bridge.config, "--json")
    assert json.loads(watch.stdout.readline())["lamp"] == "Ready"
    bridge.stop()
    bridge.start()
    mosquitto.publish("presence-bridge/device/SIP/2000", "RINGING", "-r")
    assert json.loads(watch.stdout.readline())["lamp"] == "Ringing"
    watch.send_signal(signal.SIGINT)
    out, err = watch.communicate(timeout=10)
    assert (watch.returncode, out) == (0, "")
    assert "Traceback" not in err


def test_demo_moves_and_ends_without_a_word(start):
    demo = start("demo", "--play", "--plain")
    seen = (line.split() for line in demo.stdout if re.match(r"\d\d:\d\d:\d\d", line))
    assert [next(seen)[1:4] for _ in range(3)] == [
        ["2000", "Ready", "available"],
        ["2001", "Ready", "available"],
        ["2000", "Ready", "away"],
    ]
    demo.send_signal(signal.SIGINT)
    _, err = demo.communicate(timeout=10)
    assert (demo.returncode, err) == (0, "")
