"""What the bridge says of a broker's access rules (ACL): a real mosquitto with an acl_file, MQTT 5 and 3.1.1."""

import asyncio
import subprocess
from contextlib import AsyncExitStack, asynccontextmanager

import pytest

from bridge.composition import Bridge
from bridge.config import load
from bridge.effects import Warned
from bridge.io.mqtt import Account
from bridge.io.oneshot import BrokerError, read_retained
from integration.programs import Mosquitto, free_port
from support.bridge_process import free_udp_port

BASE = "presence-bridge"
MEND = "Mend the broker's access rules"
OWNER = ("-u", "owner", "-P", "secret")


class Watched:
    """A bridge, and what it warns of."""

    def __init__(self, folder, mqtt_port, *, mqtt5):
        file = folder / f"mqtt{5 if mqtt5 else 311}.toml"
        sections = [
            f'[mqtt]\nhost = "127.0.0.1"\nport = {mqtt_port}\nclient_id = "{file.stem}"',
            'username = "bridge"\npassword = "secret"',
            f'[sip]\nlisten = ["udp://127.0.0.1:{free_udp_port()}"]',
            f'[http]\nlisten = "127.0.0.1:{free_port()}"',
            '[[hints]]\nextension = "2000"\nhint = "SIP/2000,CustomPresence:2000"',
        ]
        file.write_text("\n".join(sections))
        self.warnings = []
        self.bridge = Bridge(load(file, {}), [self._observe], mqtt5=mqtt5)

    def _observe(self, effect):
        if isinstance(effect, Warned):
            self.warnings.append(effect.text)

    async def until(self, *beginnings):
        """Wait until it has warned of each; the warnings in that order."""
        async with asyncio.timeout(20):
            while True:
                found = [next((w for w in self.warnings if w.startswith(b)), None) for b in beginnings]
                if None not in found:
                    return found
                await asyncio.sleep(0.02)


@asynccontextmanager
async def bridges(folder, broker: Mosquitto):
    """One that speaks MQTT 5, and one that speaks MQTT 3.1.1."""
    async with AsyncExitStack() as stack:
        both = [Watched(folder, broker.port, mqtt5=mqtt5) for mqtt5 in (True, False)]
        for one in both:
            stack.push_async_callback(one.bridge.stop)
            await one.bridge.start()
        yield both


@pytest.fixture
def guarded(broker: Mosquitto, tmp_path):
    """Starts mosquitto with these rights for the user of the bridge."""

    def start(*rights):
        passwords, rules = tmp_path / "passwords", tmp_path / "acl"
        passwords.touch(0o600)
        for user in ("bridge", "owner"):
            subprocess.run(["mosquitto_passwd", "-b", passwords, user, "secret"], check=True, timeout=10)
        lines = ["user owner", "topic readwrite #", "user bridge", *(f"topic {right}" for right in rights)]
        rules.write_text("\n".join([*lines, ""]))
        broker.start("allow_anonymous false", f"password_file {passwords}", f"acl_file {rules}")
        return broker

    return start


def test_a_user_that_may_only_write(guarded, tmp_path):
    broker = guarded("write #")

    async def scenario():
        async with bridges(tmp_path, broker) as (five, three):
            (of_five,) = await five.until(f"user bridge may not read {BASE}/bridge/#: {BASE}/bridge/sync/")
            (of_three,) = await three.until(
                f"user bridge may not read or write {BASE}/bridge/#: {BASE}/bridge/sync/"
            )
            for warning in (of_five, of_three):
                assert warning.endswith(f" did not come back within 5 s. {MEND}")

    asyncio.run(scenario())


def test_a_user_that_may_only_read(guarded, tmp_path):
    broker = guarded("read #")
    # What an earlier run has left shows that reading is not the matter.
    broker.publish(f"{BASE}/bridge/state", "offline", "-r", *OWNER)

    async def scenario():
        async with bridges(tmp_path, broker) as (five, three):
            branches = [f"user bridge may not write {BASE}/{branch}/#: " for branch in ("bridge", "hint")]
            refused, _ = await five.until(*branches)
            assert refused.startswith(f"{branches[0]}the broker refused {BASE}/bridge/sync/")
            assert refused.endswith(f". {MEND}")
            (lost,) = await three.until(branches[0])
            assert lost.endswith(f" did not come back within 5 s, though others there did. {MEND}")

    asyncio.run(scenario())


def test_a_user_that_may_not_write_some_of_our_topics(guarded, tmp_path):
    broker = guarded("read #", f"write {BASE}/bridge/#", f"write {BASE}/phone/#", "write homeassistant/#")

    async def scenario():
        async with bridges(tmp_path, broker) as (five, three):
            async with asyncio.timeout(10):
                while not all(one.bridge._core.is_synchronised() for one in (five, three)):
                    await asyncio.sleep(0.02)
            command = (f"{BASE}/presence/2000/set", "away", *OWNER)
            await asyncio.to_thread(broker.publish, *command)
            begin = f"user bridge may not write {BASE}/presence/#: "
            for one, reason in (
                (five, f"the broker refused {BASE}/presence/2000"),
                (three, f"{BASE}/presence/2000 did not come back within 10 s, though others there did"),
            ):
                (warning,) = await one.until(begin)
                assert warning == f"{begin}{reason}. {MEND}"
            (of_five,) = await five.until(f"user bridge may not write {BASE}/hint/#: ")
            assert (
                of_five
                == f"user bridge may not write {BASE}/hint/#: the broker refused {BASE}/hint/2000. {MEND}"
            )
            (of_three,) = await three.until(f"user bridge may not read or write {BASE}/hint/#: ")
            assert of_three.endswith(f": {BASE}/hint/2000 did not come back within 10 s. {MEND}")

    asyncio.run(scenario())


def test_a_user_with_all_rights_is_told_nothing(guarded, tmp_path):
    broker = guarded(f"readwrite {BASE}/#", "readwrite homeassistant/#")

    async def scenario():
        async with bridges(tmp_path, broker) as both:
            await asyncio.to_thread(broker.publish, f"{BASE}/presence/2000/set", "away", *OWNER)
            await asyncio.sleep(11)
            assert [one.warnings for one in both] == [[], []]

    asyncio.run(scenario())


def test_commands_need_no_other_topics_than_the_bridge(guarded):
    broker = guarded(f"readwrite {BASE}/#")
    broker.publish(f"{BASE}/presence/2000", "away", "-r", *OWNER)
    account = Account("127.0.0.1", broker.port, "bridge", "secret")
    assert read_retained(account, BASE, "presence/#") == {f"{BASE}/presence/2000": b"away"}


def test_a_command_that_is_given_nothing_back_says_which_right_it_needs(guarded):
    broker = guarded("write #")
    account = Account("127.0.0.1", broker.port, "bridge", "secret")
    with pytest.raises(BrokerError, match=f"does not let us read and write {BASE}/bridge/sync/#"):
        read_retained(account, BASE, "presence/#")


def test_hints_that_are_gone_are_deleted(mosquitto: Mosquitto, tmp_path):
    mosquitto.publish(f"{BASE}/hint/1999", "{}", "-r")
    mosquitto.publish(f"{BASE}/hint/2000", "{}", "-r")

    async def scenario():
        async with bridges(tmp_path, mosquitto):
            async with asyncio.timeout(10):
                while await asyncio.to_thread(mosquitto.retained, f"{BASE}/hint/1999"):
                    await asyncio.sleep(0.05)
            assert '"extension":"2000"' in await asyncio.to_thread(mosquitto.retained, f"{BASE}/hint/2000")

    asyncio.run(scenario())
