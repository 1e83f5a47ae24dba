"""The broker goes away, comes back, has forgotten, or says nothing any more (R1 to R5)."""

import asyncio
import time

import pytest

from faults.crossing_broker import crossing
from faults.house import WITHIN, house
from support.record import Confirmed, Published, value
from support.relay import TcpRelay

pytestmark = pytest.mark.faults

# Ten minutes in real life; as long as the pauses between tries still grow.
_AWAY = 20.0

KEEPALIVE = "keepalive_seconds = 5"


@pytest.mark.parametrize("way", ["SIGKILL", pytest.param("SIGTERM", marks=pytest.mark.thorough)])
def test_r1_a_broker_that_is_restarted_is_found_again_and_nobody_is_told_anything_old(tmp_path, way, figures):
    async def scenario():
        async with house(tmp_path, 6) as home:
            home.publisher.publish_all(home.extensions)
            await home.subscribe(24)
            await home.converged()
            told = home.phones.count["notifies"]
            with home.record.fault("broker"):
                home.broker.kill() if way == "SIGKILL" else home.broker.close()
                # What is said meanwhile waits in the publisher.
                home.publisher.publish_all(home.extensions[:3])
                await home.bridge.metrics_until(lambda seen: seen["mqtt_connected"] == 0)
                home.broker.start()
                back_at = time.monotonic()
                await home.bridge.metrics_until(lambda seen: seen["mqtt_connected"] == 1, 40)
            await home.converged()
            seconds = time.monotonic() - back_at
            assert seconds < WITHIN
            home.publisher.publish_all(home.extensions[3:])
            await home.converged()
            # Each phone once: of what the broker repeats, nothing was told again.
            assert home.phones.count["notifies"] == told + 24
            await home.refreshed()
            verdict = home.verdict()
            assert verdict.alive == 24
            figures.add("R1", way=way, seconds=seconds, phones=24, skipped=verdict.skipped)

    asyncio.run(scenario())


@pytest.mark.thorough
def test_r2_while_there_is_no_broker_phones_are_served(tmp_path, figures):
    async def scenario():
        async with house(tmp_path, 6) as home:
            home.publisher.publish_all(home.extensions)
            await home.subscribe(24)
            await home.converged()
            with home.record.fault("broker"):
                home.broker.kill()
                await home.bridge.metrics_until(lambda seen: seen["ready"] == 0)
                began_at = time.monotonic()
                # Refreshes are answered, new phones are told what was known, nobody is sent away.
                await home.refreshed()
                late = home.phones.add(home.extensions[0])
                late.subscribe()
                await home.phones.until(lambda: late.shown, 10, "a phone that comes meanwhile")
                assert late.shown == value(home.record.taken[late.extension])
                assert all(set(phone.statuses) == {200} for phone in home.phones)
                home.publisher.publish_all(home.extensions)
                while time.monotonic() < began_at + _AWAY:
                    await asyncio.sleep(0.1)
                home.broker.start()
                back_at = time.monotonic()
                await home.bridge.metrics_until(lambda seen: seen["ready"] == 1, 40)
                found = time.monotonic() - back_at
            seconds = await home.converged()
            assert seconds <= 2
            verdict = home.verdict()
            assert verdict.alive == 25
            figures.add("R2", found=found, seconds=seconds, away=back_at - began_at, phones=25)

    asyncio.run(scenario())


def test_r3_a_broker_that_has_lost_what_it_retained_changes_nothing(tmp_path, figures):
    async def scenario():
        async with house(tmp_path, 6) as home:
            home.publisher.publish_all(home.extensions)
            await home.subscribe(24)
            await home.converged()
            told = home.phones.count["notifies"]
            # This mosquitto keeps nothing on disk: killed, it has forgotten.
            with home.record.fault("broker"):
                home.broker.kill()
                home.broker.start()
                assert home.broker.retained(f"presence-bridge/presence/{home.extensions[0]}") == ""
                await home.bridge.metrics_until(lambda seen: seen["mqtt_connected"] == 1, 40)
            # A phone that comes now is told what stood.
            late = home.phones.add(home.extensions[1])
            late.subscribe()
            await home.phones.until(lambda: late.shown, 10, "a phone that comes afterwards")
            assert late.shown == value(1)
            await home.converged()
            assert home.phones.count["notifies"] == told + 1
            # The same after a restart of the bridge, with a broker that knows nothing.
            with home.record.fault("bridge"):
                home.bridge.kill()
                await home.bridge.up()
            await home.phones.until(
                lambda: home.phones.count["notifies"] >= told + 26, 20, "NOTIFYs after the restart"
            )
            verdict = home.verdict()
            assert verdict.alive == 25
            figures.add("R3", phones=25, states_lost=0)

    asyncio.run(scenario())


@pytest.mark.thorough
def test_r3_what_a_broker_has_confirmed_and_lost_is_shown_when_it_is_published_again(tmp_path, figures):
    """While the bridge cannot reach it, so that nobody else knows: why the soak's publisher says all again."""

    async def scenario():
        async with house(tmp_path, 4, started=False) as home:
            relay = TcpRelay(("127.0.0.1", home.broker.port), 1)
            await relay.start()
            text = home.bridge.config.read_text()
            home.bridge.config.write_text(
                text.replace(f"port = {home.broker.port}", f"port = {relay.address[1]}")
            )
            await home.bridge.up()
            home.publisher.publish_all(home.extensions)
            await home.subscribe(16)
            await home.converged()
            with home.record.fault("broker"):
                await relay.close()
                await home.bridge.metrics_until(lambda seen: seen["mqtt_connected"] == 0)
                home.publisher.publish_all(home.extensions)
                await home.publisher.settled()
                home.broker.kill()
                home.broker.start()
                await relay.start()
                await home.bridge.metrics_until(lambda seen: seen["ready"] == 1, 40)
                for extension in home.extensions:
                    assert home.broker.retained(f"presence-bridge/presence/{extension}") == ""
                assert {phone.shown for phone in home.phones} == {value(1)}
                for extension in home.extensions:
                    home.publisher.repeat(extension)
            await home.converged()
            assert home.verdict().alive == 16
            await relay.close()
            figures.add("R3", confirmed_and_lost=len(home.extensions), phones=16)

    asyncio.run(scenario())


@pytest.mark.thorough
def test_r4_a_connection_that_is_half_open_is_noticed(tmp_path, figures):
    async def scenario():
        async with house(tmp_path, 4, started=False) as home:
            # Between bridge and broker, and not between publisher and broker.
            relay = TcpRelay(("127.0.0.1", home.broker.port), 1)
            await relay.start()
            text = home.bridge.config.read_text()
            home.bridge.config.write_text(
                text.replace(f"port = {home.broker.port}", f"port = {relay.address[1]}\n{KEEPALIVE}")
            )
            await home.bridge.up()
            home.publisher.publish_all(home.extensions)
            await home.subscribe(16)
            await home.converged()
            with home.record.fault("broker"):
                relay.stall()
                began_at = time.monotonic()
                home.publisher.publish_all(home.extensions)
                await home.bridge.metrics_until(lambda seen: seen["mqtt_connected"] == 0, 15)
                noticed = time.monotonic() - began_at
                assert noticed < 2 * 5 + 2
                home.publisher.publish_all(home.extensions)
                relay.flow()
                await home.bridge.metrics_until(lambda seen: seen["mqtt_connected"] == 1, 40)
            seconds = await home.converged()
            verdict = home.verdict()
            await relay.close()
            figures.add(
                "R4", way="stalled connection", noticed=noticed, seconds=seconds, skipped=verdict.skipped
            )

    asyncio.run(scenario())


@pytest.mark.thorough
def test_r4_a_broker_that_hangs_is_noticed(tmp_path, figures):
    async def scenario():
        async with house(tmp_path, 4, started=False) as home:
            text = home.bridge.config.read_text()
            port = f"port = {home.broker.port}"
            home.bridge.config.write_text(text.replace(port, f"{port}\n{KEEPALIVE}"))
            await home.bridge.up()
            home.publisher.publish_all(home.extensions)
            await home.subscribe(16)
            await home.converged()
            with home.record.fault("broker"):
                home.broker.freeze()
                began_at = time.monotonic()
                home.publisher.publish_all(home.extensions)
                await home.bridge.metrics_until(lambda seen: seen["mqtt_connected"] == 0, 15)
                noticed = time.monotonic() - began_at
                home.broker.thaw()
                await home.bridge.metrics_until(lambda seen: seen["mqtt_connected"] == 1, 40)
            seconds = await home.converged()
            home.verdict()
            figures.add("R4", way="SIGSTOP of the broker", noticed=noticed, seconds=seconds)

    asyncio.run(scenario())


def test_r5_what_a_broker_repeats_doubles_and_crosses_is_told_once(tmp_path, figures):
    async def scenario():
        async with crossing() as broker, house(tmp_path, 1, mqtt_port=broker.port, started=False) as home:
            record, (extension,) = home.record, home.extensions
            topic = f"presence-bridge/presence/{extension}"

            def payload(number):
                if number > record.sent[extension]:
                    record.add(Published(record.clock(), extension, number))
                    record.add(Confirmed(record.clock(), extension, number))
                return ",".join(value(number)).encode()

            # While the bridge reads: retained, then live, then live again, then retained by another filter.
            broker.before = [
                (topic, payload(1), True),
                (topic, payload(2), False),
                (topic, payload(2), False),
                (topic, payload(2), True),
            ]
            await home.bridge.up()
            await home.subscribe(6)
            told = home.phones.count["notifies"]
            for number in range(3, 9):
                broker.deliver(topic, payload(number))
                broker.deliver(topic, payload(number), dup=True)
                broker.deliver(topic, payload(number), retained=True)
                await home.phones.until(
                    lambda: all(phone.shown == value(number) for phone in home.phones),  # noqa: B023
                    10,
                    f"m{number}",
                )
                broker.deliver(topic, payload(number))
            await home.bridge.metrics_until(lambda seen: seen["unconverged_subscriptions"] == 0)
            assert home.phones.count["notifies"] == told + 6 * 6
            assert home.verdict().alive == 6
            figures.add("R5", values=8, deliveries=28, notifies_for_each_phone=7)

    asyncio.run(scenario())
