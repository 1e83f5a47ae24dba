"""What the bridge says of itself, and what can be asked of it, by a real broker and by both versions of MQTT."""

import json
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from queue import Queue

import pytest
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from bridge.cli import main
from support.bridge_process import BridgeProcess

HINTS = ["2000 = SIP/2000,CustomPresence:2000"]
BASE = "presence-bridge"
ASKED, ANSWERED = f"{BASE}/bridge/request", f"{BASE}/bridge/response"


@pytest.fixture
def bridge(tmp_path, mosquitto) -> Iterator[BridgeProcess]:
    process = BridgeProcess(tmp_path, mosquitto.port, HINTS)
    process.start()
    yield process
    process.stop()


class Asker:
    """An MQTT client that hears what it has subscribed to."""

    def __init__(self, client: Client, heard: Queue) -> None:
        self.client = client
        self._heard = heard

    def ask(self, command: str, payload: str, **properties: object) -> None:
        """Publish a question, with properties of MQTT 5."""
        named = None
        if properties:
            named = Properties(PacketTypes.PUBLISH)
            for name, value in properties.items():
                setattr(named, name, value)
        self.client.publish(f"{ASKED}/{command}", payload, qos=1, properties=named)

    def hear(self):
        """The next message."""
        return self._heard.get(timeout=10)


@contextmanager
def asker(port: int, version: MQTTProtocolVersion, *filters: str) -> Iterator[Asker]:
    heard: Queue = Queue()
    ready: Queue = Queue()
    client = Client(CallbackAPIVersion.VERSION2, client_id="", protocol=version)
    client.on_message = lambda _client, _data, message: heard.put(message)
    client.on_connect = lambda *_: client.subscribe([(topic_filter, 1) for topic_filter in filters])
    client.on_subscribe = lambda *_: ready.put(None)
    client.connect("127.0.0.1", port)
    client.loop_start()
    try:
        ready.get(timeout=10)
        yield Asker(client, heard)
    finally:
        client.disconnect()
        client.loop_stop()


def until(condition, within=10.0):
    deadline = time.monotonic() + within
    while not (found := condition()):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return found


@pytest.mark.parametrize("version", [MQTTProtocolVersion.MQTTv311, MQTTProtocolVersion.MQTTv5])
def test_a_question_is_answered_on_the_topic_of_its_command(bridge, mosquitto, version):
    with asker(mosquitto.port, version, f"{ANSWERED}/#") as client:
        client.ask("health", '{"transaction": "a"}')
        message = client.hear()
        answer = json.loads(message.payload)
        assert (message.topic, message.retain) == (f"{ANSWERED}/health", False)
        assert (answer["status"], answer["transaction"]) == ("ok", "a")
        assert answer["data"]["ready"] is True
        client.ask("heath", "")
        error = json.loads(client.hear().payload)["error"]
        assert error.endswith("(did you mean health?)")


def test_with_mqtt_5_it_is_answered_where_the_question_says_with_its_correlation(bridge, mosquitto):
    with asker(mosquitto.port, MQTTProtocolVersion.MQTTv5, "me/answers", f"{ANSWERED}/#") as client:
        client.ask("health", "", ResponseTopic="me/answers", CorrelationData=b"\x00\xff")
        message = client.hear()
        assert (message.topic, message.properties.CorrelationData) == ("me/answers", b"\x00\xff")
        assert json.loads(message.payload)["status"] == "ok"
        # Not one that the bridge reads itself.
        client.ask("health", "", ResponseTopic=f"{BASE}/presence/2000/set", CorrelationData=b"1")
        message = client.hear()
        assert (message.topic, message.properties.CorrelationData) == (f"{ANSWERED}/health", b"1")
        assert "response topic" in json.loads(message.payload)["error"]
        client.ask("health", "")
        assert not hasattr(client.hear().properties, "CorrelationData")


@pytest.mark.parametrize("payload", ["debug", '{"level": "debug"}'])
def test_the_log_level_is_changed_while_the_bridge_runs(bridge, mosquitto, payload):
    def log_of_nonsense() -> str:
        before = len(bridge.log())
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
            peer.sendto(b"nonsense\r\n\r\n", ("127.0.0.1", bridge.port))
        # Behind it, so that it has been taken.
        mosquitto.publish(f"{BASE}/presence/2000", "nonsense")
        until(lambda: "mqtt_message_rejected" in bridge.log()[before:])
        return bridge.log()[before:]

    assert "sip_message_dropped" not in log_of_nonsense()
    with asker(mosquitto.port, MQTTProtocolVersion.MQTTv5, f"{ANSWERED}/#") as client:
        client.ask("log_level", payload)
        assert json.loads(client.hear().payload)["data"] == {"old": "info", "new": "debug"}
    until(lambda: json.loads(mosquitto.retained(f"{BASE}/bridge/info"))["log_level"] == "debug")
    assert "sip_message_dropped" in log_of_nonsense()


def test_what_is_retained_of_the_bridge(bridge, mosquitto):
    info = json.loads(mosquitto.retained(f"{BASE}/bridge/info"))
    assert (info["mqtt_protocol"], info["counts"]["hints"]) == ("5", 1)
    assert info["listeners"] == [f"udp://127.0.0.1:{bridge.port}"]
    health = json.loads(mosquitto.retained(f"{BASE}/bridge/health"))
    assert (health["ready"], health["parts"]["sip"]) == (True, {"ok": True, "why": "served"})


def test_phones_of_an_earlier_run_are_gone_after_a_start(bridge, mosquitto):
    bridge.stop()
    mosquitto.publish(f"{BASE}/phone/200@192.0.2.1", "{}", "-r")
    bridge.start()
    until(lambda: mosquitto.retained(f"{BASE}/phone/200@192.0.2.1") == "")


def test_events_are_told_as_they_happen(bridge, mosquitto):
    with asker(mosquitto.port, MQTTProtocolVersion.MQTTv311, f"{BASE}/bridge/event") as client:
        mosquitto.publish(f"{BASE}/presence/2000", "away", "-r")
        changed = json.loads(client.hear().payload)
        assert (changed["type"], changed["provider"], changed["new"]) == ("presence_changed", "2000", "away")
        mosquitto.publish(f"{BASE}/presence/2000", "bored")
        rejected = json.loads(client.hear().payload)
        assert (rejected["type"], rejected["value"]) == ("rejected", "bored")
        bridge.stop()
        assert json.loads(client.hear().payload)["type"] == "stopping"


# --- the commands that ask ------------------------------------------------------------------------------


def test_health_says_how_the_bridge_is_doing(bridge, capsys):
    assert main(["health", "--config", str(bridge.config)]) == 0
    first, *rest = capsys.readouterr().out.splitlines()
    assert first.startswith("ready, up for 0:00:")
    assert "  SIP          served" in rest
    assert main(["health", "--json", "--config", str(bridge.config)]) == 0
    assert json.loads(capsys.readouterr().out)["parts"]["sip"]["why"] == "served"


def test_loglevel_sets_it(bridge, capsys):
    assert main(["loglevel", "error", "--config", str(bridge.config)]) == 0
    assert capsys.readouterr().out == "error (was info)\n"
    assert main(["loglevel", "info", "--config", str(bridge.config)]) == 0
    assert capsys.readouterr().out == "info (was error)\n"


@pytest.mark.parametrize("command", [["health"], ["loglevel", "debug"]])
def test_without_a_bridge_that_is_said(bridge, capsys, command):
    bridge.stop()
    assert main([*command, "--config", str(bridge.config)]) == 1
    assert capsys.readouterr().err.startswith("no bridge is online at the broker at 127.0.0.1:")
