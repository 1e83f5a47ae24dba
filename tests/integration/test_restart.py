"""A bridge as a process that is stopped or killed, and its phones, which go on as if nothing had been."""

import contextlib
import json
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.request

import pytest

from bridge.io.store import inspect, read_rows
from bridge.sip.message import Request
from bridge.sip.parser import parse
from support.bridge_process import ROOT, BridgeProcess

HINT = "2000 = SIP/2000,CustomPresence:2000"


class Phone:
    """A real socket, with one dialog."""

    def __init__(self, port):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.settimeout(10)
        self.bridge = ("127.0.0.1", port)
        self.port = self.socket.getsockname()[1]
        self.cseq = 0
        self.to_tag = ""
        self.notifies = {}

    def subscribe(self, expires=600):
        """The answer's status; NOTIFYs that come before it are answered too."""
        self.cseq += 1
        lines = [
            "SUBSCRIBE sip:2000@127.0.0.1 SIP/2.0",
            f"Via: SIP/2.0/UDP 127.0.0.1:{self.port};rport;branch=z9hG4bK{self.port}x{self.cseq}",
            f"From: <sip:a@127.0.0.1>;tag={self.port}",
            f"To: <sip:2000@127.0.0.1>{self.to_tag and f';tag={self.to_tag}'}",
            f"Call-ID: {self.port}",
            f"CSeq: {self.cseq} SUBSCRIBE",
            f"Contact: <sip:a@127.0.0.1:{self.port}>",
            "User-Agent: Digium D40",
            "Event: presence",
            f"Expires: {expires}",
            "Content-Length: 0",
        ]
        self.socket.sendto(("\r\n".join(lines) + "\r\n\r\n").encode(), self.bridge)
        while True:
            message = self.hear()
            if not isinstance(message, Request):
                self.to_tag = message.to.tag
                return message.status

    def hear(self):
        """The next message; a NOTIFY is answered."""
        message = parse(self.socket.recv(65_535))
        if isinstance(message, Request):
            copied = [
                f"{name}: {value}"
                for name in ("Via", "From", "To", "Call-ID", "CSeq")
                for value in message.lines(name.lower())
            ]
            answer = "\r\n".join(["SIP/2.0 200 OK", *copied, "Content-Length: 0"]) + "\r\n\r\n"
            self.socket.sendto(answer.encode(), self.bridge)
            self.notifies[message.top_via.branch] = message
        return message

    def told(self, word, within=10.0):
        """The NOTIFY that holds this; all before it are answered."""
        until = time.monotonic() + within
        while time.monotonic() < until:
            with contextlib.suppress(TimeoutError):
                message = self.hear()
                if isinstance(message, Request) and word.encode() in message.body:
                    return message
        raise AssertionError(f"{word} was not told")

    @property
    def cseqs(self):
        return [message.cseq.number for message in self.notifies.values()]


@pytest.fixture
def bridge(tmp_path, mosquitto):
    """Not started yet; ended after the test."""
    bridge = BridgeProcess(tmp_path, mosquitto.port, [HINT])
    yield bridge
    bridge.kill()


@pytest.fixture
def phone(bridge):
    phone = Phone(bridge.port)
    yield phone
    phone.socket.close()


def rows(bridge, table="subscriptions"):
    file = bridge.config.with_suffix(".db")
    assert inspect(file).faults == []
    return [json.loads(row.document) for row in read_rows(file) if row.table == table]


@pytest.mark.requirement("S13")
@pytest.mark.parametrize("end", ["kill", "stop"])
def test_a_phone_sees_nothing_of_a_restart_but_a_larger_cseq(bridge, phone, mosquitto, end):
    bridge.start()
    assert phone.subscribe() == 200
    mosquitto.publish("presence-bridge/presence/2000", "away,lunch", "-r")
    before = phone.told("lunch")
    getattr(bridge, end)()
    assert len(rows(bridge)) == 1
    mosquitto.publish("presence-bridge/presence/2000", "dnd,door closed", "-r")
    bridge.start()
    after = phone.told("door closed")
    for header in ("call-id", "from", "to", "contact"):
        assert after.get(header) == before.get(header)
    assert phone.subscribe() == 200
    assert phone.subscribe(expires=0) == 200
    assert phone.cseqs == sorted(set(phone.cseqs))
    assert not any(b"deactivated" in message.body for message in phone.notifies.values())
    bridge.stop()
    assert rows(bridge) == []


def test_states_are_shown_before_the_broker_is_there(bridge, phone, mosquitto):
    bridge.start()
    assert phone.subscribe() == 200
    mosquitto.publish("presence-bridge/presence/2000", "away,lunch", "-r")
    phone.told("lunch")
    bridge.stop()
    assert rows(bridge, "facts")[0]["subtype"] == "lunch"
    mosquitto.kill()
    with bridge._log.open("ab") as log:
        bridge._process = subprocess.Popen(
            [sys.executable, "-m", "bridge", "run", "--config", bridge.config], stderr=log, cwd=ROOT
        )
    # The broker might still come.
    notify = phone.told("lunch", within=30)
    assert "active;expires=5" in notify.get("subscription-state")
    late = Phone(bridge.port)
    assert late.subscribe() == 200
    assert b'subtype="lunch"' in late.told("digium_presence").body
    late.socket.close()


def test_a_second_process_on_the_same_store_is_refused_in_words(bridge, tmp_path, mosquitto):
    bridge.start()
    other = BridgeProcess(
        tmp_path, mosquitto.port, [HINT], extra=f'[store]\npath = "{bridge.config.with_suffix(".db")}"'
    )
    command = [sys.executable, "-m", "bridge", "run", "--config", other.config]
    refused = subprocess.run(command, capture_output=True, cwd=ROOT, timeout=20, text=True, check=False)
    assert refused.returncode == 1
    assert f"cannot be shared: process {bridge.pid} uses it" in refused.stderr
    bridge.stop()


def test_without_a_store_phones_are_sent_away_and_nothing_is_left(tmp_path, mosquitto):
    bridge = BridgeProcess(tmp_path, mosquitto.port, [HINT], extra='[store]\npath = ""')
    bridge.start()
    phone = Phone(bridge.port)
    try:
        assert phone.subscribe() == 200
        phone.told("presence")
        bridge._process.send_signal(signal.SIGTERM)
        while True:
            message = phone.hear()
            if message.get("subscription-state") == "terminated;reason=deactivated":
                break
        bridge.stop()
        assert not list(tmp_path.glob("*.db*"))
    finally:
        phone.socket.close()
        bridge.kill()


def test_a_store_that_cannot_be_written_to_stops_nothing_and_is_said(tmp_path, mosquitto):
    (tmp_path / "file").write_text("where a folder is needed")
    bridge = BridgeProcess(
        tmp_path, mosquitto.port, [HINT], extra=f'[store]\npath = "{tmp_path / "file" / "s.db"}"'
    )
    bridge.start()
    phone = Phone(bridge.port)
    try:
        assert phone.subscribe() == 200
        phone.told("presence")
        assert "store_lost reason=" in bridge.log()
        port = re.search(r"metrics are at http://127.0.0.1:(\d+)/", bridge.log())[1]
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/-/ready") as answer:
            store = json.load(answer)["parts"]["store"]
            assert store["ok"] is False
            assert store["why"].startswith("in memory: ")
        (tmp_path / "file").unlink()
        until = time.monotonic() + 20
        while "store_kept" not in bridge.log():
            assert time.monotonic() < until, bridge.log()
            time.sleep(0.05)
        with contextlib.closing(sqlite3.connect(tmp_path / "file" / "s.db")) as connection:
            assert connection.execute("SELECT count(*) FROM subscriptions").fetchone() == (1,)
        bridge.stop()
        assert bridge.log().count("store_lost") == 1
    finally:
        phone.socket.close()
        bridge.kill()


def test_a_store_that_is_out_of_reach_at_the_start_is_read_when_it_can_be(bridge, phone, mosquitto):
    bridge.start()
    assert phone.subscribe() == 200
    phone.told("presence")
    bridge.stop()
    file = bridge.config.with_suffix(".db")
    file.rename(file.with_suffix(".away"))
    file.mkdir()
    bridge.start()
    assert "store_lost reason=" in bridge.log()
    file.rmdir()
    file.with_suffix(".away").rename(file)
    mosquitto.publish("presence-bridge/presence/2000", "away,lunch", "-r")
    phone.told("lunch", within=20)
    assert phone.cseqs == sorted(set(phone.cseqs))
    bridge.stop()
    assert len(rows(bridge)) == 1
