"""Phones are silent (R8), reboot (R9), come all at once (R14), read slowly (R17), or are forged (R18)."""

import asyncio
import re
import socket
import time

import pytest

from faults.house import house
from support.record import value

pytestmark = pytest.mark.faults

_NOTIFY = re.compile(rb"^NOTIFY ")


def test_r8_a_silent_phone_is_asked_again_and_holds_nobody_up(tmp_path, figures):
    async def scenario():
        async with house(tmp_path, 2) as home:
            home.publisher.publish_all(home.extensions)
            await home.subscribe(20)
            await home.converged()
            silent = home.phones.all[0]
            silent.status = None
            others = home.phones.all[1:]
            began_at = time.monotonic()
            home.publisher.publish(home.extensions[0])
            while time.monotonic() < began_at + 3.0:
                home.publisher.publish_all(home.extensions)
                await home.converged(phones=others)
                await asyncio.sleep(0.2)
            assert silent.shown == value(1)
            silent.status = 200
            # It shows the newest value with the repetition that it answers, or with the next NOTIFY.
            await home.converged()
            await home.refreshed()
            verdict = home.verdict()
            assert verdict.copies >= 2
            assert verdict.skipped > 0
            figures.add("R8", way="silent for 3 s", copies=verdict.copies, others_p90=verdict.latency(0.9))

    asyncio.run(scenario())


@pytest.mark.thorough
def test_r8_silence_ends_a_subscription_after_three_misses_and_one_that_never_answered_after_one(
    tmp_path, figures
):
    async def scenario():
        async with house(tmp_path, 3) as home:
            away, back, stranger = home.extensions
            home.publisher.publish_all(home.extensions)
            gone, late = home.phones.add(away), home.phones.add(back)
            for phone in (gone, late):
                phone.subscribe()
            await home.phones.until(lambda: gone.shown and late.shown, 10, "first NOTIFYs")
            never = home.phones.add(stranger)
            never.status, gone.status, late.status = None, None, None
            never.subscribe()
            home.publisher.publish_all(home.extensions)
            began_at = time.monotonic()
            await asyncio.sleep(36)
            home.publisher.publish(back)
            late.status = 200
            # Ten seconds after the miss it is told the newest value, and lives.
            await home.phones.until(lambda: late.shown == value(3), 12, "the second try")
            never.refresh()
            await home.phones.until(lambda: never.statuses[481], 5, "481 for the one that never answered")
            never.stop()
            counted = home.bridge.metrics_until
            ended = "sip_subscriptions_ended_total"
            assert (await home.bridge.metrics()).of(ended, reason="notify_timeout") == 1
            await counted(lambda seen: seen.of(ended, reason="notify_timeout") == 2, 140)
            seconds = time.monotonic() - began_at
            assert 160 < seconds < 180
            late.refresh()
            await home.phones.until(lambda: not late.is_waiting, 5, "the refresh of the one that lives")
            assert not late.statuses[481]
            verdict = home.verdict(converged=False)
            figures.add("R8", way="silent for good", ended_after=seconds, copies=verdict.copies)

    asyncio.run(scenario())


def test_r9_a_phone_that_reboots_has_its_lamps_at_once(tmp_path, figures):
    async def scenario():
        async with house(tmp_path, 4) as home:
            home.publisher.publish_all(home.extensions)
            await home.subscribe(16)
            home.publisher.publish_all(home.extensions)
            await home.converged()
            began_at = time.monotonic()
            for phone in home.phones.all[:8]:
                phone.reboot()
            await home.converged()
            seconds = time.monotonic() - began_at
            assert seconds < 5
            home.publisher.publish_all(home.extensions)
            await home.converged()
            seen = await home.bridge.metrics_until(lambda seen: seen["unconverged_subscriptions"] == 0)
            assert seen.of("sip_subscriptions", transport="udp") == 16, "the old dialogs are gone"
            assert home.verdict().alive == 16
            figures.add("R9", phones=8, seconds=seconds)

    asyncio.run(scenario())


def test_i7_the_metrics_agree_with_what_phones_and_publisher_have_counted(tmp_path, figures):
    async def scenario():
        async with house(tmp_path, 5) as home:
            await home.subscribe(25)
            for _ in range(10):
                home.publisher.publish_all(home.extensions)
                await home.converged()
            await home.refreshed()
            await home.phones.until(lambda: home.phones.count["notifies"] >= 25 * 12, 10, "all NOTIFYs")
            phones, verdict = home.phones, home.verdict()
            seen = await home.bridge.metrics_until(lambda seen: seen["unconverged_subscriptions"] == 0)
            counted = {
                "published": seen.sum("presence_changes_total"),
                "subscriptions": seen.sum("sip_subscriptions"),
                "notifies": seen.sum("notifies_total", outcome="acknowledged"),
                "answered": seen.sum("sip_subscribe_requests_total"),
            }
            assert counted == {
                "published": verdict.published,
                "subscriptions": verdict.alive,
                "notifies": sum(phone.replies[200] for phone in phones),
                "answered": sum(phone.statuses[200] for phone in phones),
            }
            assert seen.sum("sip_retransmissions_total") == verdict.copies
            figures.add("I7", **counted)

    asyncio.run(scenario())


async def _crowd(folder, count, figures):
    async with house(folder, 50, sockets=40) as home:
        home.publisher.publish_all(home.extensions)
        began_at = time.monotonic()
        with home.record.fault("load"):
            for number in range(count):
                home.phones.add(home.extensions[number % 50]).subscribe()
                if number % 100 == 99:
                    await asyncio.sleep(0)
            sent = time.monotonic() - began_at
            await home.phones.until(
                lambda: not any(phone.is_waiting for phone in home.phones), 60, "answers to all"
            )
            answered = time.monotonic() - began_at
            await home.phones.until(
                lambda: all(phone.shown for phone in home.phones), 60, "all first NOTIFYs"
            )
            told = time.monotonic() - began_at
        assert all(phone.statuses[200] == 1 for phone in home.phones)
        seen = await home.bridge.metrics()
        # What does not fit into the socket's buffer is repeated by the phones: it is late, and not lost.
        drops = seen.of("sip_socket_drops_total", transport="udp")
        await home.converged()
        figures.add(
            "R14", phones=count, sent=sent, answered=answered, told=told, drops=drops, rss_kb=home.bridge.rss
        )
        assert answered <= 10


def test_r14_a_crowd_of_phones_at_once(tmp_path, figures):
    asyncio.run(_crowd(tmp_path, 1500, figures))


@pytest.mark.thorough
def test_r14_ten_thousand_phones_at_once(tmp_path, figures):
    asyncio.run(_crowd(tmp_path, 10_000, figures))


_SUBSCRIBE = (
    "SUBSCRIBE sip:{extension}@127.0.0.1 SIP/2.0\r\n"
    "Via: SIP/2.0/{way} {host}:{port};rport;branch=z9hG4bK{host}.{number}\r\nMax-Forwards: 70\r\n"
    "From: <sip:f{number}@127.0.0.1>;tag=f{number}\r\nTo: <sip:{extension}@127.0.0.1>\r\n"
    "Call-ID: {way}{host}{number}\r\nCSeq: 1 SUBSCRIBE\r\nContact: <sip:f{number}@{host}:{port};transport={way}>\r\n"
    "Event: presence\r\nExpires: 3600\r\nUser-Agent: Digium D40\r\nContent-Length: 0\r\n\r\n"
)


def _received(sock):
    found = []
    while True:
        try:
            found.append(sock.recv(65_535))
        except BlockingIOError:
            return found


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.9"])
def test_r18_a_forged_source_is_sent_little_and_one_that_is_not_trusted_next_to_nothing(
    tmp_path, host, figures
):
    """The victim never answers. Of a trusted network it gets three transmissions, of another one refusal."""

    async def scenario():
        async with house(tmp_path, 2, sip='trusted_networks = ["127.0.0.1/32"]') as home:
            home.publisher.publish_all(home.extensions)
            await home.subscribe(4)
            victim = socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
            victim.bind((host, 0))
            port, sent, got = victim.getsockname()[1], 0, []
            flood = 300
            for number in range(flood):
                text = _SUBSCRIBE.format(extension=2000, way="UDP", host=host, port=port, number=number)
                sent += victim.sendto(text.encode(), ("127.0.0.1", home.bridge.port))
                if number % 20 == 19:
                    await asyncio.sleep(0.01)
                    got += _received(victim)
            # A fourth transmission would come after 3.5 s.
            until = time.monotonic() + (5 if host == "127.0.0.1" else 1)
            while time.monotonic() < until:
                await asyncio.sleep(0.05)
                got += _received(victim)
            home.publisher.publish_all(home.extensions)
            await home.converged()
            got += _received(victim)
            victim.close()
            notifies = sum(bool(_NOTIFY.match(data)) for data in got)
            amplification = sum(map(len, got)) / sent
            if host == "127.0.0.1":
                assert 0 < notifies <= 3 * flood
                assert amplification < 12
            else:
                assert notifies == 0
                assert {data[:11] for data in got} == {b"SIP/2.0 403"}
                assert len(got) == flood
                assert amplification < 1
            assert home.verdict().alive == 4
            trust = "trusted network" if host == "127.0.0.1" else "other network"
            figures.add("R18", source=trust, requests=flood, notifies=notifies, amplification=amplification)

    asyncio.run(scenario())


@pytest.mark.thorough
def test_r17_a_phone_that_does_not_read_its_stream_is_left_and_nobody_else_notices(tmp_path, figures):
    async def scenario():
        async with house(tmp_path, 2, stream="tcp") as home:
            home.publisher.publish_all(home.extensions)
            await home.subscribe(20)
            slow = socket.socket()
            slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            slow.connect(("127.0.0.1", home.bridge.port))
            port = slow.getsockname()[1]
            for number in range(1000):
                text = _SUBSCRIBE.format(
                    extension=2000, way="TCP", host="127.0.0.1", port=port, number=number
                )
                await asyncio.to_thread(slow.sendall, text.encode())
                if number == 200:
                    await home.bridge.metrics_until(
                        lambda seen: seen.of("sip_connections", transport="tcp") == 1
                    )
            before = home.bridge.rss
            began_at = time.monotonic()
            most = before

            async def is_open():
                return (await home.bridge.metrics()).of("sip_connections", transport="tcp")

            while await is_open():
                assert time.monotonic() < began_at + 60
                home.publisher.publish_all(home.extensions)
                await home.converged(5)
                most = max(most, home.bridge.rss)
                await asyncio.sleep(0.5)
            seconds = time.monotonic() - began_at
            slow.close()
            verdict = home.verdict()
            assert verdict.alive == 20
            assert most < before + 30_000
            figures.add("R17", left_after=seconds, grown_kb=most - before, others_p99=verdict.latency(0.99))

    asyncio.run(scenario())
