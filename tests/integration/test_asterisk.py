"""Beside an Asterisk: the real bridge, a real broker, and a pretended PBX by TCP."""

import json
import random
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from urllib.parse import urlsplit

import pytest
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

from integration.programs import Mosquitto
from support.asterisk.dialplan import Dialplan
from support.asterisk.manager import User
from support.asterisk.server import AsteriskDouble
from support.bridge_process import BridgeProcess
from support.metrics import metrics_url, scrape, scrape_until

BASE = "presence-bridge"
SECRET = "hush"

# As Asterisk's page on presence state has them, for 2000.
EXAMPLES = """
    exten => 2000,1,Answer()
    same => n,Set(CURRENT_PRESENCE=${PRESENCE_STATE(CustomPresence:2000,value)})
    same => n,GotoIf($[${CURRENT_PRESENCE}=available]?set_unavailable:set_available)
    same => n(set_available),Set(PRESENCE_STATE(CustomPresence:2000)=available,,)
    same => n,Goto(finished)
    same => n(set_unavailable),Set(PRESENCE_STATE(CustomPresence:2000)=unavailable,,)
    same => n(finished),Playback(queue-thankyou)
    same => n,Hangup

    exten => 2001,1,GotoIf($[${PRESENCE_STATE(CustomPresence:2000,value)}!=available]?voicemail)
    same => n,Dial(SIP/2000)
    same => n,Hangup
    same => n(voicemail),VoiceMail(2000@default)
"""


def until(condition, within=20.0):
    """What `condition` gives, as soon as it is true."""
    deadline = time.monotonic() + within
    while not (found := condition()):
        assert time.monotonic() < deadline, "it does not come about"
        time.sleep(0.01)
    return found


class Mqtt:
    """A client that hears all of `<base>/device/#` and `<base>/presence/#`, and remembers it in order."""

    def __init__(self, port: int) -> None:
        self.heard: dict[str, list[str]] = defaultdict(list)
        self._ready = False
        self._client = client = Client(CallbackAPIVersion.VERSION2)
        client.on_message = self._on_message
        client.on_connect = lambda *_: client.subscribe([(f"{BASE}/device/#", 1), (f"{BASE}/presence/#", 1)])
        client.on_subscribe = self._on_subscribe
        client.connect("127.0.0.1", port)
        client.loop_start()
        until(lambda: self._ready)

    def _on_message(self, _client, _data, message):
        self.heard[message.topic.removeprefix(f"{BASE}/")].append(message.payload.decode())

    def _on_subscribe(self, *_):
        self._ready = True

    def say(self, topic: str, payload: str, *, retain: bool = True) -> None:
        self._client.publish(f"{BASE}/{topic}", payload, qos=1, retain=retain).wait_for_publish(10)

    def presence(self, provider: str) -> tuple[str, str, str] | None:
        """What is the truth about a provider."""
        heard = self.heard[f"presence/{provider}"]
        if not heard:
            return None
        said = heard[-1]
        if not said.startswith("{"):
            return tuple([*said.split(","), "", ""][:3])
        document = json.loads(said)
        return document["state"], document["subtype"], document["message"]

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


@pytest.fixture(scope="module")
def shared_broker(tmp_path_factory) -> Iterator[Mosquitto]:
    broker = Mosquitto(tmp_path_factory.mktemp("broker"))
    broker.start()
    yield broker
    broker.close()


@pytest.fixture(scope="module")
def asterisk() -> Iterator[AsteriskDouble]:
    with AsteriskDouble() as double:
        yield double


@pytest.fixture(scope="module")
def mqtt(shared_broker) -> Iterator[Mqtt]:
    client = Mqtt(shared_broker.port)
    yield client
    client.close()


@pytest.fixture
def lone_asterisk() -> Iterator[AsteriskDouble]:
    """One of the test's own, to break it."""
    with AsteriskDouble() as double:
        yield double


@pytest.fixture
def lone_mqtt(mosquitto) -> Iterator[Mqtt]:
    client = Mqtt(mosquitto.port)
    yield client
    client.close()


@contextmanager
def running(tmp_path, mosquitto, asterisk, more="", secret=SECRET):
    section = f'[asterisk]\nport = {asterisk.port}\nusername = "bridge"\nsecret = "{secret}"\n{more}'
    hints = ["2000 = PJSIP/2000,CustomPresence:2000"]
    bridge = BridgeProcess(tmp_path, mosquitto.port, hints, extra=section)
    bridge.start()
    try:
        yield bridge
    finally:
        bridge.stop()


@pytest.fixture(scope="module")
def bridge(tmp_path_factory, shared_broker, asterisk) -> Iterator[BridgeProcess]:
    with running(tmp_path_factory.mktemp("bridge"), shared_broker, asterisk) as process:
        until(lambda: "asterisk_connected" in process.log())
        yield process


def health(bridge):
    """What the bridge says of its Asterisk."""
    connection = HTTPConnection(urlsplit(metrics_url(bridge.log())).netloc, timeout=10)
    connection.request("GET", "/-/ready")
    answer = json.load(connection.getresponse())
    connection.close()
    return answer["parts"]["asterisk"]


# --- devices --------------------------------------------------------------------------------------


def test_a_thousand_changes_in_five_seconds_arrive_in_order_and_none_is_lost(bridge, asterisk, mqtt):
    devices = [f"PJSIP/{2000 + number}" for number in range(40)]
    states = ("RINGING", "INUSE", "ONHOLD", "INUSE", "NOT_INUSE")
    said = defaultdict(list)
    began = time.monotonic()
    for number in range(1000):
        device, state = devices[number % 40], states[number // 40 % 5]
        said[device].append(state)
        asterisk.do(lambda pbx, device=device, state=state: pbx.device(device, state))
        time.sleep(max(0.0, began + number * 0.005 - time.monotonic()))
    topics = {f"device/{device}": changes for device, changes in said.items()}
    until(lambda: sum(len(mqtt.heard[topic]) for topic in topics) >= 1000)
    assert {topic: mqtt.heard[topic] for topic in topics} == topics


def test_a_burst_of_changes_of_one_device_arrives_whole(bridge, asterisk, mqtt):
    states = ["RINGING", "INUSE", "NOT_INUSE"] * 100
    for state in states:
        asterisk.do(lambda pbx, state=state: pbx.device("PJSIP/burst", state))
    until(lambda: len(mqtt.heard["device/PJSIP/burst"]) >= len(states))
    assert mqtt.heard["device/PJSIP/burst"] == states


# --- presences ------------------------------------------------------------------------------------


def same(asterisk, mqtt, providers):
    return all(
        asterisk.presence(provider) == (mqtt.presence(provider) or ("not_set", "", ""))
        for provider in providers
    )


def is_quiet(asterisk):
    """Whether nobody writes there for half a second."""
    before = asterisk.pbx.writes
    time.sleep(0.5)
    return asterisk.pbx.writes == before


def test_two_hundred_changes_on_either_side_converge_and_nothing_goes_in_circles(bridge, asterisk, mqtt):
    providers = [f"p{number}" for number in range(10)]
    before = asterisk.pbx.writes
    for number in range(200):
        provider, state = providers[number % 10], ("away", "xa", "dnd", "chat")[number // 10 % 4]
        mqtt.say(f"presence/{provider}", f"{state},,mqtt {number}")
        if number % 20 == 19:
            until(lambda: same(asterisk, mqtt, providers))
    until(lambda: same(asterisk, mqtt, providers))
    writes = asterisk.pbx.writes
    assert writes <= before + 200
    assert all(len(mqtt.heard[f"presence/{provider}"]) == 20 for provider in providers)
    for number in range(200):
        provider, state = providers[number % 10], ("away", "xa", "dnd", "chat")[number // 10 % 4]
        asterisk.set(provider, f"{state},,asterisk {number}")
        if number % 20 == 19:
            until(lambda: same(asterisk, mqtt, providers))
    until(lambda: same(asterisk, mqtt, providers))
    assert asterisk.presence("p9")[2] == "asterisk 199"
    # Each write in Asterisk was the test's own.
    assert asterisk.pbx.writes == writes + 200
    counted = scrape(metrics_url(bridge.log()))
    assert counted.of("asterisk_changes_taken_total", kind="presence") <= 200


def test_both_sides_at_once_converge(bridge, asterisk, mqtt):
    providers = [f"both{number}" for number in range(5)]
    for number in range(100):
        provider = providers[number % 5]
        mqtt.say(f"presence/{provider}", f"away,,mqtt {number}")
        asterisk.set(provider, f"xa,,asterisk {number}")
    until(lambda: is_quiet(asterisk) and same(asterisk, mqtt, providers))


def test_the_link_goes_down_and_up_under_changes(bridge, asterisk, mqtt):
    providers = [f"link{number}" for number in range(6)]
    for number in range(60):
        if number % 15 == 7:
            asterisk.drop()
        if number == 30:
            asterisk.stop()
        if number == 40:
            asterisk.do(lambda pbx: pbx.restart())
            asterisk.start()
        if number % 2:
            mqtt.say(f"presence/{providers[number % 6]}", f"dnd,,{number}")
        else:
            asterisk.set(providers[number % 6], f"chat,,{number}")
        asterisk.do(
            lambda pbx, number=number: pbx.device(
                f"PJSIP/{number % 3}", ("INUSE", "RINGING")[number // 3 % 2]
            )
        )
        time.sleep(0.01)
    until(lambda: asterisk.connected == 1)
    until(lambda: same(asterisk, mqtt, providers))
    states = {f"device/SIP/{n}": asterisk.pbx.device_cache.get(f"SIP/{n}") for n in range(3)}
    until(lambda: all(state is None or mqtt.heard[topic][-1] == state for topic, state in states.items()))


def test_the_broker_goes_down_and_up_under_changes(tmp_path, mosquitto, lone_asterisk):
    with running(tmp_path, mosquitto, lone_asterisk) as bridge:
        until(lambda: "asterisk_connected" in bridge.log())
        lone_asterisk.set("2000", "away")
        until(lambda: "away" in mosquitto.retained(f"{BASE}/presence/2000"))
        mosquitto.kill()
        lone_asterisk.set("2000", "xa,,said without a broker")
        lone_asterisk.do(lambda pbx: pbx.device("PJSIP/2000", "INUSE"))
        mosquitto.start()
        until(lambda: mosquitto.retained(f"{BASE}/device/PJSIP/2000") == "INUSE")
        until(lambda: "said without a broker" in mosquitto.retained(f"{BASE}/presence/2000"))
        assert lone_asterisk.presence("2000") == ("xa", "", "said without a broker")


# --- the two examples of Asterisk's page ----------------------------------------------------------


def test_the_dialplan_follows_what_mqtt_says_and_mqtt_what_the_dialplan_says(bridge, asterisk, mqtt):
    dialplan = Dialplan(EXAMPLES)

    def dial(exten):
        return asterisk.do(lambda pbx: dialplan.call(exten, pbx))

    assert dial("2001")[-1] == "VoiceMail(2000@default)"
    mqtt.say("presence/2000", "available")
    until(lambda: asterisk.presence("2000")[0] == "available")
    assert dial("2001")[1] == "Dial(SIP/2000)"
    # 2000 toggles.
    dial("2000")
    until(lambda: mqtt.presence("2000") == ("unavailable", "", ""))
    assert dial("2001")[-1] == "VoiceMail(2000@default)"
    dial("2000")
    until(lambda: mqtt.presence("2000") == ("available", "", ""))


# --- what goes wrong ------------------------------------------------------------------------------


def test_a_slow_asterisk_that_speaks_in_pieces_and_in_no_order(tmp_path, mosquitto, lone_asterisk, lone_mqtt):
    lone_asterisk.pieces, asterisk.slow = 7, 0.005
    lone_asterisk.pbx.shuffle = random.Random(1)
    lone_asterisk.pbx.hint("2000", "PJSIP/2000,CustomPresence:2000")
    with running(tmp_path, mosquitto, lone_asterisk):
        lone_mqtt.say("presence/2000", '{"state": "away", "message": "two\\nlines, and a comma"}')
        until(lambda: lone_asterisk.presence("2000") == ("away", "", "two\nlines, and a comma"))
        lone_asterisk.do(lambda pbx: pbx.device("PJSIP/2000", "INUSE"))
        until(lambda: lone_mqtt.heard["device/PJSIP/2000"] == ["INUSE"])


def test_a_wrong_secret_is_told_and_asterisk_is_left_alone(tmp_path, mosquitto, lone_asterisk):
    with running(tmp_path, mosquitto, lone_asterisk, secret="another-one") as bridge:
        until(lambda: "asterisk_lost" in bridge.log())
        part = health(bridge)
        assert not part["ok"]
        assert "look at [bridge] in manager.conf" in part["why"]
        assert "another-one" not in bridge.log()


def test_a_manager_that_is_not_enabled_is_told(tmp_path, mosquitto, lone_asterisk):
    lone_asterisk.stop()
    with running(tmp_path, mosquitto, lone_asterisk) as bridge:
        until(lambda: "asterisk_lost" in bridge.log())
        assert "enabled = yes" in health(bridge)["why"]
        assert scrape(metrics_url(bridge.log()))["asterisk_connected"] == 0
        lone_asterisk.start()
        scrape_until(metrics_url(bridge.log()), lambda found: found["asterisk_connected"] == 1)
        assert health(bridge)["ok"]


def test_a_missing_right_is_told(tmp_path, mosquitto, lone_asterisk, lone_mqtt):
    lone_asterisk.users["bridge"] = User("hush", write=("reporting", "system"))
    with running(tmp_path, mosquitto, lone_asterisk) as bridge:
        until(lambda: "asterisk_connected" in bridge.log())
        lone_mqtt.say("presence/2000", "away")
        until(lambda: "add call to `write =`" in health(bridge)["why"])
        assert "add call to `write =`" in bridge.log()
