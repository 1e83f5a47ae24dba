"""Everything put together: what works without a broker, what a start says when it cannot, what a stop leaves."""

import asyncio
import json
import socket
import urllib.request
from urllib.error import HTTPError

import pytest

from bridge.composition import Bridge, StartError
from bridge.config import load
from integration.programs import free_port
from support.bridge_process import free_udp_port


class House:
    """A configuration of its own, and a phone that can be asked for."""

    def __init__(self, folder, mqtt_port, **changes):
        self.sip, self.http = free_udp_port(), free_port()
        self.phones = []
        file = folder / f"{self.sip}.toml"
        text = [
            f'[mqtt]\nhost = "127.0.0.1"\nport = {mqtt_port}' if mqtt_port else "",
            f"[sip]\nlisten = {changes.get('listen', [f'udp://127.0.0.1:{self.sip}'])}",
            f'[http]\nlisten = "127.0.0.1:{changes.get("http", self.http)}"',
            '[[hints]]\nextension = "2000"\nhint = "SIP/2000,CustomPresence:2000"',
        ]
        file.write_text("\n\n".join(text))
        self.settings = load(file, {})

    def get(self, path):
        """Status and text of an HTTP request; to be called in a thread."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.http}{path}", timeout=5) as answer:
                return answer.status, answer.read().decode()
        except HTTPError as error:
            return error.code, error.read().decode()


class Phone:
    """A real socket that speaks just enough SIP."""

    def __init__(self, house):
        house.phones.append(self)
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.setblocking(False)
        self.socket.connect(("127.0.0.1", house.sip))
        self.port = self.socket.getsockname()[1]

    async def say(self, method, **headers):
        lines = [
            f"{method} sip:2000@127.0.0.1 SIP/2.0",
            f"Via: SIP/2.0/UDP 127.0.0.1:{self.port};rport;branch=z9hG4bK{method}{self.port}",
            f"From: <sip:a@127.0.0.1>;tag={self.port}",
            "To: <sip:2000@127.0.0.1>",
            f"Call-ID: {self.port}",
            f"CSeq: 1 {method}",
            f"Contact: <sip:a@127.0.0.1:{self.port}>",
            *(f"{name}: {value}" for name, value in headers.items()),
            "Content-Length: 0",
        ]
        self.socket.send(("\r\n".join(lines) + "\r\n\r\n").encode())
        return await self.hear()

    async def hear(self):
        async with asyncio.timeout(5):
            return (await asyncio.get_running_loop().sock_recv(self.socket, 65_535)).decode()

    def answer(self, notify):
        copied = [
            line
            for line in notify.split("\r\n")
            if line.split(":")[0] in ("Via", "From", "To", "Call-ID", "CSeq")
        ]
        self.socket.send(
            ("\r\n".join(["SIP/2.0 200 OK", *copied, "Content-Length: 0"]) + "\r\n\r\n").encode()
        )


@pytest.fixture
def house(tmp_path):
    """Make houses; their phones are hung up after the test."""
    houses = []

    def build(mqtt_port, **changes):
        houses.append(House(tmp_path, mqtt_port, **changes))
        return houses[-1]

    yield build
    for one in houses:
        for phone in one.phones:
            phone.socket.close()


async def until(condition):
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.01)


def test_phones_are_served_while_there_is_no_broker_and_told_when_it_comes(house, broker):
    async def scenario():
        home = house(broker.port)
        bridge = Bridge(home.settings)
        await bridge.start()
        phone = Phone(home)
        try:
            assert (await phone.say("SUBSCRIBE", Event="presence", Expires="600")).startswith(
                "SIP/2.0 200 OK"
            )
            notify = await phone.hear()
            assert "<basic>open</basic>" in notify
            phone.answer(notify)
            await until(lambda: bridge._core.session.last_loss is not None)
            status, text = await asyncio.to_thread(home.get, "/-/ready")
            assert status == 503
            refused = f"connection refused by 127.0.0.1:{broker.port}: nothing listens there"
            assert json.loads(text) == {
                "ready": False,
                "parts": {
                    "mqtt": {"ok": False, "why": refused},
                    "sip": {"ok": True, "why": "served"},
                    "store": {"ok": True, "why": "off"},
                },
            }
            status, text = await asyncio.to_thread(home.get, "/-/healthy")
            assert status == 200
            assert json.loads(text)["parts"]["loop"]["ok"]

            await asyncio.to_thread(broker.start)
            await asyncio.to_thread(broker.publish, "presence-bridge/device/SIP/2000", "INUSE", "-r")
            assert "<note>On the phone</note>" in await phone.hear()
            await until(lambda: bridge._core.session.link.value == "synchronised")
            status, text = await asyncio.to_thread(home.get, "/-/ready")
            assert (status, json.loads(text)["parts"]["mqtt"]["why"]) == (200, "synchronised")
            health = json.loads(await asyncio.to_thread(broker.retained, "presence-bridge/bridge/health"))
            assert {name: health[name] for name in ("ready", "parts")} == json.loads(text)
        finally:
            await bridge.stop()

    asyncio.run(scenario())


def test_states_and_latencies_are_at_metrics(house, mosquitto):
    async def scenario():
        home = house(mosquitto.port)
        bridge = Bridge(home.settings)
        await bridge.start()
        try:
            phone = Phone(home)
            await phone.say("SUBSCRIBE", Event="presence", Expires="600", **{"User-Agent": "Digium D40"})
            phone.answer(await phone.hear())
            await until(lambda: bridge._core.session.link.value == "synchronised")
            await asyncio.to_thread(mosquitto.publish, "presence-bridge/presence/2000", "away,lunch", "-r")
            notify = await phone.hear()
            assert '<digium_presence type="away" subtype="lunch" />' in notify
            phone.answer(notify)
            await asyncio.sleep(0.05)
            _, text = await asyncio.to_thread(home.get, "/metrics")
        finally:
            await bridge.stop()
        values = dict(line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
        prefix = "presence_bridge_"
        assert values[f"{prefix}mqtt_connected"] == "1.0"
        assert values[f'{prefix}sip_subscriptions{{transport="udp"}}'] == "1.0"
        assert values[f'{prefix}extension_presence_state{{extension="2000"}}'] == "3.0"
        assert values[f"{prefix}notify_send_latency_seconds_count"] == "1.0"
        assert values[f"{prefix}notify_ack_latency_seconds_count"] == "1.0"
        sent, acknowledged = (
            float(values[f"{prefix}notify_{kind}_latency_seconds_sum"]) for kind in ("send", "ack")
        )
        assert 0 < sent < acknowledged < 5
        assert values[f'{prefix}notifies_total{{outcome="acknowledged",trigger="state"}}'] == "1.0"
        assert values[f"{prefix}unconverged_subscriptions"] == "0.0"

    asyncio.run(scenario())


def test_a_loop_that_is_silent_is_told_as_hung(house, mosquitto):
    async def scenario():
        bridge = Bridge(house(mosquitto.port).settings)
        await bridge.start()
        try:
            assert bridge._healthy().ok
            bridge._heartbeat._beat_at -= 11.0
            health = bridge._healthy()
            assert (health.ok, health.document["healthy"]) == (False, False)
            assert "last beat 11." in health.document["parts"]["loop"]["why"]
            await until(lambda: bridge._healthy().ok)
        finally:
            await bridge.stop()

    asyncio.run(scenario())


def test_a_stop_says_goodbye_to_phones_and_broker(house, mosquitto):
    async def scenario():
        home = house(mosquitto.port)
        bridge = Bridge(home.settings)
        await bridge.start()
        phone = Phone(home)
        await phone.say("SUBSCRIBE", Event="presence", Expires="600")
        phone.answer(await phone.hear())
        await until(lambda: bridge._core.session.link.value == "synchronised")
        stopping = asyncio.ensure_future(bridge.stop())  # noqa: TID251 - held by this function
        notify = await phone.hear()
        assert "Subscription-State: terminated;reason=deactivated" in notify
        phone.answer(notify)
        await stopping
        assert await asyncio.to_thread(mosquitto.retained, "presence-bridge/bridge/state") == "offline"

    asyncio.run(scenario())


def test_a_phone_that_does_not_answer_does_not_hold_up_the_stop(house, mosquitto):
    async def scenario():
        home = house(mosquitto.port)
        bridge = Bridge(home.settings)
        await bridge.start()
        await Phone(home).say("SUBSCRIBE", Event="presence", Expires="600")
        async with asyncio.timeout(5):
            await bridge.stop()

    asyncio.run(scenario())


@pytest.mark.parametrize("what", ["sip", "http"])
def test_a_port_that_is_taken_is_said_in_words_and_nothing_stays_open(house, mosquitto, what):
    async def scenario():
        first = house(mosquitto.port)
        running = Bridge(first.settings)
        await running.start()
        changes = {"listen": [f"udp://127.0.0.1:{first.sip}"]} if what == "sip" else {"http": first.http}
        second = Bridge(house(mosquitto.port, **changes).settings)
        with pytest.raises(StartError, match=r"cannot listen on .*[Aa]ddress already in use"):
            await second.start()
        await second.stop()
        await running.stop()

    asyncio.run(scenario())
