"""The configuration is read anew while the bridge runs: a real process, a real broker, and a phone on a socket."""

import json
import os
import re
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from queue import Queue

import pytest
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

from bridge.cli import main
from support.bridge_process import BridgeProcess
from support.metrics import metrics_url, scrape

BASE = "presence-bridge"
HINTS = ["2000 = SIP/2000,CustomPresence:2000", "2001 = SIP/2001,CustomPresence:2001"]
USER = '[[sip.users]]\nname = "reception"\npassword = "very-secret"'
SUBSCRIBE = """SUBSCRIBE sip:2001@127.0.0.1:{port} SIP/2.0
Via: SIP/2.0/UDP 127.0.0.1:{own};rport;branch=z9hG4bKreload{own}
Max-Forwards: 70
From: <sip:200@127.0.0.1>;tag=reload
To: <sip:2001@127.0.0.1>
Contact: <sip:200@127.0.0.1:{own}>
Call-ID: reload-{own}
CSeq: 1 SUBSCRIBE
Event: presence
Accept: application/pidf+xml
Expires: 600
Content-Length: 0

"""


@pytest.fixture
def bridge(tmp_path, mosquitto) -> Iterator[BridgeProcess]:
    process = BridgeProcess(tmp_path, mosquitto.port, HINTS, extra=USER)
    process.start()
    yield process
    process.stop()


def edit(bridge, *changes):
    """Change the file."""
    text = bridge.config.read_text()
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    bridge.config.write_text(text)


def replace(file, text):
    """A file that is never seen half written."""
    new = file.with_suffix(".new")
    new.write_text(text)
    new.replace(file)


def hint(extension):
    return f'\n[[hints]]\nextension = "{extension}"\nhint = "SIP/{extension}"\n'


def reload(bridge):
    return main(["reload", "--config", str(bridge.config)])


def until(condition, within=10.0):
    deadline = time.monotonic() + within
    while not (found := condition()):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return found


def gauge(bridge, name):
    return scrape(metrics_url(bridge.log()))[name]


@contextmanager
def listening(port, *filters):
    """What comes on these topics, in order."""
    heard, ready = Queue(), Queue()
    client = Client(CallbackAPIVersion.VERSION2)
    client.on_message = lambda _client, _data, message: heard.put(message)
    client.on_connect = lambda *_: client.subscribe([(one, 1) for one in filters])
    client.on_subscribe = lambda *_: ready.put(None)
    client.connect("127.0.0.1", port)
    client.loop_start()
    try:
        ready.get(timeout=10)
        yield client, heard
    finally:
        client.disconnect()
        client.loop_stop()


def test_the_command_says_what_was_applied_and_what_needs_a_restart(bridge, mosquitto, capsys):
    assert reload(bridge) == 0
    assert capsys.readouterr().out == "nothing has changed\n"
    edit(bridge, ('extension = "2001"\nhint = "SIP/2001', 'extension = "2002"\nhint = "SIP/2002'))
    edit(bridge, ('listen = "127.0.0.1:0"', 'listen = "127.0.0.1:1"'), ("very-secret", "other-secret"))
    assert reload(bridge) == 0
    assert capsys.readouterr().out.splitlines() == [
        "applied: sip.users: reception changed",
        "applied: hints: 2002 added, 2001 removed",
        "needs a restart: http.listen",
    ]
    until(lambda: mosquitto.retained(f"{BASE}/hint/2002"))
    until(lambda: mosquitto.retained(f"{BASE}/hint/2001") == "", within=15)
    assert json.loads(mosquitto.retained(f"{BASE}/bridge/info"))["restart_needed"] == ["http.listen"]
    assert "http.listen is another in the configuration, and needs a restart" in bridge.log()
    assert "-secret" not in bridge.log()
    assert gauge(bridge, "config_last_reload_successful") == 1


def test_the_signal_reads_the_file_and_the_watcher_of_a_hint_that_is_gone_is_told(bridge):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as phone:
        phone.bind(("127.0.0.1", 0))
        phone.settimeout(5)
        text = SUBSCRIBE.format(port=bridge.port, own=phone.getsockname()[1]).replace("\n", "\r\n")
        phone.sendto(text.encode(), ("127.0.0.1", bridge.port))
        assert phone.recv(65_535).startswith(b"SIP/2.0 200")
        notify = phone.recv(65_535).decode()
        assert "Subscription-State: active" in notify
        copied = re.findall(r"(?:Via|From|To|Call-ID|CSeq): .*\r\n", notify)
        phone.sendto(
            f"SIP/2.0 200 OK\r\n{''.join(copied)}Content-Length: 0\r\n\r\n".encode(),
            ("127.0.0.1", bridge.port),
        )
        edit(bridge, ('extension = "2001"', 'extension = "2009"'))
        os.kill(bridge.pid, signal.SIGHUP)
        last = phone.recv(65_535).decode()
    assert "Subscription-State: terminated;reason=noresource" in last
    until(lambda: "the configuration was read anew; hints: 2009 added, 2001 removed" in bridge.log())


def test_of_a_file_that_is_wrong_nothing_is_applied_and_all_that_is_wrong_is_said(bridge, mosquitto):
    good = bridge.config.read_text()
    since = gauge(bridge, "config_last_reload_success_timestamp_seconds")
    edit(bridge, ("port = ", "prot = "), ('password = "very-secret"', "password = 4711"), ("2001", "2009"))
    with listening(mosquitto.port, f"{BASE}/bridge/response/reload") as (client, heard):
        client.publish(f"{BASE}/bridge/request/reload", '{"transaction": 1}', qos=1)
        answer = json.loads(heard.get(timeout=10).payload)
    assert (answer["status"], answer["transaction"]) == ("error", 1)
    lines = [line for line in answer["error"].splitlines() if line.startswith(str(bridge.config))]
    assert [line.removeprefix(str(bridge.config)) for line in lines] == [
        ":3:1: mqtt.prot is not a setting (did you mean 'port'?)",
        ":22:1: sip.users[0].password needs text in quotes, got (hidden)",
    ]
    assert "4711" not in answer["error"] + bridge.log()
    assert all(line[len(str(bridge.config)) :] in bridge.log() for line in lines)
    assert gauge(bridge, "config_last_reload_successful") == 0
    assert gauge(bridge, "config_last_reload_success_timestamp_seconds") == since
    assert mosquitto.retained(f"{BASE}/hint/2001")
    bridge.config.write_text(good)
    os.kill(bridge.pid, signal.SIGHUP)
    until(lambda: gauge(bridge, "config_last_reload_successful") == 1)
    assert gauge(bridge, "config_last_reload_success_timestamp_seconds") > since


def test_the_command_shows_what_is_wrong_with_the_file(bridge, capsys):
    edit(bridge, ("port = ", "prot = "))
    assert reload(bridge) == 78
    assert "mqtt.prot is not a setting" in capsys.readouterr().err
    assert "is wrong" not in bridge.log()


def test_a_file_that_is_gone_is_wrong(bridge):
    bridge.config.unlink()
    os.kill(bridge.pid, signal.SIGHUP)
    until(lambda: "cannot be read: No such file" in bridge.log())


def test_no_change_is_lost_while_the_configuration_is_read(bridge, mosquitto):
    text = bridge.config.read_text()
    more = "".join(map(hint, range(3000, 3200))) + '[sensors.door]\ntopic = "house/door"\n'
    versions = [text + more, text]
    with listening(mosquitto.port, f"{BASE}/presence/2000/event") as (client, heard):
        for number in range(600):
            client.publish(f"{BASE}/presence/2000", f"away,,{number}", qos=1, retain=True)
            if number % 40 == 0:
                replace(bridge.config, versions[number // 40 % 2])
                os.kill(bridge.pid, signal.SIGHUP)
            time.sleep(0.002)
        told = [json.loads(heard.get(timeout=10).payload)["presence"]["message"] for _ in range(600)]
    assert told == [str(number) for number in range(600)]
    # What is asked for while it is read is read once.
    assert bridge.log().count("the configuration was read anew; ") > 1
    assert "is wrong" not in bridge.log()
