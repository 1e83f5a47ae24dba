"""What a phone says, shown by a running bridge; and that no secret is shown, there or in the log."""

import json
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

from bridge.cli import main
from support.bridge_process import ROOT, BridgeProcess

BASE = "presence-bridge"
SECRET = "SeCrEt"
HINTS = ["2000 = SIP/2000,CustomPresence:2000"]
USERS = f'[[sip.users]]\nname = "alice"\npassword = "{SECRET}-of-alice"'


@pytest.fixture
def bridge(tmp_path, mosquitto, monkeypatch):
    """It says everything, and asks phones for a password."""
    monkeypatch.setenv("PRESENCE_BRIDGE_MQTT__USERNAME", "bridge")
    monkeypatch.setenv("PRESENCE_BRIDGE_MQTT__PASSWORD", f"{SECRET}-of-the-bridge")
    process = BridgeProcess(
        tmp_path,
        mosquitto.port,
        HINTS,
        sip='trusted_networks = ["192.0.2.0/24"]',
        extra=f'{USERS}\n[log]\nlevel = "debug"',
    )
    process.start()
    yield process
    process.stop()


class Trace:
    """`presence-bridge trace`, and what it has printed."""

    def __init__(self, bridge: BridgeProcess, folder: Path, *arguments: str) -> None:
        self._file = folder / "trace.txt"
        with self._file.open("w") as file:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "bridge", "trace", "--config", bridge.config, *arguments],
                stdout=file,
                stderr=subprocess.STDOUT,
                cwd=ROOT,
            )

    def text(self) -> str:
        return self._file.read_text()


@contextmanager
def tracing(bridge, folder, *arguments):
    trace = Trace(bridge, folder, *arguments)
    try:
        until(lambda: say(bridge, options()) and trace.text())
        yield trace
    finally:
        trace.process.kill()
        trace.process.wait()


def until(condition, within=15.0):
    deadline = time.monotonic() + within
    while not (found := condition()):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return found


def say(bridge: BridgeProcess, text: str) -> str:
    """Send one datagram, and return the answer to it; nothing if there is none."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as phone:
        phone.bind(("127.0.0.1", 0))
        phone.settimeout(0.3)
        own = phone.getsockname()[1]
        phone.sendto(text.replace("OWN", str(own)).encode(), ("127.0.0.1", bridge.port))
        try:
            return phone.recv(65535).decode()
        except TimeoutError:
            return ""


def request(method: str, *headers: str, uri: str = "sip:2000@127.0.0.1", body: str = "") -> str:
    token = f"{time.monotonic_ns():x}"
    lines = [
        f"{method} {uri} SIP/2.0",
        f"Via: SIP/2.0/UDP 127.0.0.1:OWN;rport;branch=z9hG4bK{token}",
        f"From: <sip:alice:{SECRET}-of-uri@127.0.0.1>;tag=1",
        f"To: <{uri}>",
        f"Call-ID: {token}",
        f"CSeq: 1 {method}",
        "Contact: <sip:alice@127.0.0.1:OWN>",
        *headers,
        f"Content-Length: {len(body)}",
    ]
    return "\r\n".join([*lines, "", body])


def options() -> str:
    return request("OPTIONS")


DIGEST = (
    f'Authorization: Digest username="alice", realm="presence-bridge", nonce="{SECRET}", uri="sip:2000@127.0.0.1",'
    f' response="{SECRET}"'
)


def test_a_real_phone_is_shown_in_both_directions_and_its_password_is_not(bridge, tmp_path):
    with tracing(bridge, tmp_path, "--phone", "127.0.0.1", "--seconds", "40") as trace:
        watching = ["watch", "2000", "--count", "1", "--user", "alice", "--config", str(bridge.config)]
        assert main(watching) == 0
        until(lambda: "terminated" in trace.text())
        trace.process.send_signal(signal.SIGINT)
        assert trace.process.wait(10) == 130
    text = trace.text()
    for shown in (
        "SIP/2.0 401 Unauthorized",
        "NOTIFY sip:",
        "SIP/2.0 200 OK",
        "Authorization: Digest (hidden)",
    ):
        assert shown in text
    assert " -> 127.0.0.1" in text
    assert " <- 127.0.0.1" in text
    assert "</presence>" in text
    assert SECRET not in text
    assert "response=" not in text


def test_a_summary_is_one_line_for_each_message(bridge, tmp_path):
    with tracing(bridge, tmp_path, "--phone", "127.0.0.1", "--summary", "--seconds", "3") as trace:
        assert trace.process.wait(15) == 0
    lines = trace.text().splitlines()
    assert any("OPTIONS sip:2000@127.0.0.1 SIP/2.0  1 OPTIONS" in line for line in lines)
    assert any("SIP/2.0 200 OK  1 OPTIONS" in line for line in lines)
    assert all(line[2] == line[5] == ":" for line in lines)


def test_by_mqtt_it_ends_by_itself_and_costs_nothing_then(bridge, mosquitto):
    listening = subprocess.Popen(
        ["mosquitto_sub", "-p", str(mosquitto.port), "-t", f"{BASE}/bridge/trace/#", "-C", "3", "-W", "20"],
        stdout=subprocess.PIPE,
        text=True,
    )
    until(lambda: "Sending SUBACK" in mosquitto.log() and f"{BASE}/bridge/trace/#" in mosquitto.log())
    mosquitto.publish(f"{BASE}/bridge/request/trace", '{"phone": "127.0.0.1", "seconds": 3, "id": "mine"}')
    until(lambda: f"{BASE}/bridge/response/trace" in mosquitto.log())
    assert say(bridge, options())
    out, _ = listening.communicate(timeout=20)
    first, second, end = map(json.loads, out.splitlines())
    assert (first["direction"], second["direction"]) == ("in", "out")
    assert (end["end"], end["messages"]) == ("time is over", 2)


def test_what_cannot_be_asked_is_said_in_words(bridge, capsys):
    config = ["--config", str(bridge.config)]
    assert main(["trace", *config]) == 2
    assert "--phone" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main(["trace", "--phone", "anna", *config])
    assert "'anna' is no address of a phone" in capsys.readouterr().err
    bridge.stop()
    assert main(["trace", "--phone", "127.0.0.1", *config]) == 1
    assert "no bridge is online" in capsys.readouterr().err
    bridge.start()


@pytest.mark.requirement("A7")
def test_secrets_that_come_by_every_way_are_in_no_line_and_in_no_trace(bridge, mosquitto, tmp_path):
    with tracing(bridge, tmp_path, "--phone", "127.0.0.1") as trace:
        for text in (
            request("SUBSCRIBE", "Event: presence", DIGEST),
            request("SUBSCRIBE", "Event: presence", f"Proxy-Authorization: Basic {SECRET}=="),
            request("REGISTER", DIGEST, uri=f"sip:alice:{SECRET}@127.0.0.1"),
            request("PUBLISH", "Event: presence", DIGEST, uri=f"sip:alice:{SECRET}@127.0.0.1", body="x"),
            request("INVITE", f"Authorization: Bearer {SECRET}", uri=f"sip:*78:{SECRET}@127.0.0.1"),
            request("OPTIONS", f"Authorization: Digest\r\n response={SECRET}"),
            f"nonsense\r\nAuthorization: Digest response={SECRET}\r\n\r\n",
            f"SUBSCRIBE sip:2000@127.0.0.1\r\n{DIGEST}\r\n\r\n",
        ):
            say(bridge, text)
        for topic, payload in (
            ("presence/2000", f'{{"state": "bored", "password": "{SECRET}"}}'),
            ("presence/2000", f"mqtt://u:{SECRET}@h"),
            ("device/SIP/2000", f"token={SECRET}"),
            ("bridge/request/log_level", f'{{"level": "password={SECRET}"}}'),
        ):
            mosquitto.publish(f"{BASE}/{topic}", payload)
        say(bridge, request("OPTIONS", "X-Last: yes"))
        until(lambda: "X-Last" in trace.text() and bridge.log().count("mqtt_message_rejected") >= 3)
    for text in (bridge.log(), trace.text()):
        assert "(hidden)" in text
        assert SECRET not in text
    assert "authentication_failed" in bridge.log() or "sip_message_dropped" in bridge.log()


def test_a_broker_that_goes_away_is_said(bridge, mosquitto, tmp_path):
    with tracing(bridge, tmp_path, "--phone", "127.0.0.1") as trace:
        mosquitto.kill()
        assert trace.process.wait(15) == 1
        assert "is gone" in trace.text()
