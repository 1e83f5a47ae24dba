"""The log of a real process: its form, its level, and the journal."""

import json
import os
import signal
import socket
import subprocess
import sys
import time

from support.bridge_process import ROOT, BridgeProcess

BASE = "presence-bridge"
HINTS = ["2000 = SIP/2000,CustomPresence:2000"]
SUBSCRIBE = (
    "SUBSCRIBE sip:9@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:{own};rport;branch=z9hG4bK{number}\r\n"
    "From: <sip:200@127.0.0.1>;tag=1\r\nTo: <sip:9@127.0.0.1>\r\nCall-ID: {number}\r\nCSeq: 1 SUBSCRIBE\r\n"
    "Contact: <sip:200@127.0.0.1:{own}>\r\nEvent: presence\r\nContent-Length: 0\r\n\r\n"
)


def until(condition, within=15.0):
    deadline = time.monotonic() + within
    while not (found := condition()):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return found


def test_a_flood_is_ten_lines_and_a_sum_and_every_line_is_an_object(tmp_path, mosquitto):
    process = BridgeProcess(tmp_path, mosquitto.port, HINTS, extra='[log]\nformat = "json"')
    process.start()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as phone:
        phone.bind(("127.0.0.1", 0))
        phone.settimeout(10)
        for number in range(30):
            text = SUBSCRIBE.format(own=phone.getsockname()[1], number=number)
            phone.sendto(text.encode(), ("127.0.0.1", process.port))
            assert b" 404 " in phone.recv(65535)
    process.stop()
    lines = [json.loads(line) for line in process.log().splitlines()]
    refused = [line for line in lines if line["event"] == "subscribe_rejected"]
    assert [line.get("status") for line in refused[:10]] == [404] * 10
    (left_out,) = refused[10:]
    assert (left_out["left_out"], left_out["source"], left_out["level"]) == (20, "127.0.0.1", "info")
    assert all({"ts", "level", "event"} <= set(line) for line in lines)


def test_who_has_changed_a_presence_is_told(tmp_path, mosquitto):
    process = BridgeProcess(tmp_path, mosquitto.port, HINTS)
    process.start()
    mosquitto.publish(f"{BASE}/presence/2000/set", "dnd")
    line = until(lambda: next((one for one in process.log().splitlines() if "presence_changed" in one), ""))
    process.stop()
    assert line.endswith("INFO    presence_changed provider=2000 old=not_set new=dnd by=command")


def test_a_reload_takes_another_level(tmp_path, mosquitto):
    process = BridgeProcess(tmp_path, mosquitto.port, HINTS, extra='[log]\nlevel = "info"')
    process.start()
    process.config.write_text(process.config.read_text().replace('level = "info"', 'level = "debug"'))
    os.kill(process.pid, signal.SIGHUP)
    until(lambda: json.loads(mosquitto.retained(f"{BASE}/bridge/info"))["log_level"] == "debug")
    process.stop()


def test_in_the_journal_each_line_has_its_priority(tmp_path, mosquitto):
    bridge = BridgeProcess(tmp_path, mosquitto.port, HINTS)
    journal = tmp_path / "journal"
    with journal.open("w") as file:
        status = os.fstat(file.fileno())
        process = subprocess.Popen(
            [sys.executable, "-m", "bridge", "run", "--config", bridge.config],
            stderr=file,
            cwd=ROOT,
            env={**os.environ, "JOURNAL_STREAM": f"{status.st_dev}:{status.st_ino}"},
        )
        until(lambda: "broker_synchronised" in journal.read_text())
        mosquitto.publish(f"{BASE}/presence/2000", "nonsense")
        until(lambda: "mqtt_message_rejected" in journal.read_text())
        process.terminate()
        assert process.wait(10) == 0
    lines = journal.read_text().splitlines()
    assert all(line[:3] in ("<6>", "<4>") for line in lines)
    assert any(line.startswith("<6>broker_synchronised ") for line in lines)
    assert any(line.startswith("<4>mqtt_message_rejected ") for line in lines)
