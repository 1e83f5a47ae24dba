"""The clock jumps (R11), the disk is full (R12), payloads are absurd (R16), names do not resolve (R20)."""

import asyncio
import contextlib
import resource
import sqlite3
import subprocess
import time
from pathlib import Path

import pytest

from faults.house import house
from support.record import value

pytestmark = pytest.mark.faults

_DAY, _HOUR = 86_400, 3600


def _libfaketime():
    (library,) = {*Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1")}
    return str(library)


@pytest.mark.thorough
@pytest.mark.parametrize("jump", [_HOUR, -_HOUR, _DAY, -_DAY])
def test_r11_a_clock_that_jumps_ends_nothing_early_and_nothing_late(tmp_path, jump, figures):
    async def scenario():
        clock = tmp_path / "clock"
        clock.write_text("+0\n")
        environment = {
            "LD_PRELOAD": _libfaketime(),
            "FAKETIME_TIMESTAMP_FILE": str(clock),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }
        async with house(tmp_path, 2, environment=environment) as home:
            home.publisher.publish_all(home.extensions)
            await home.subscribe(6)
            short = home.phones.add(home.extensions[0])
            short.expires = 10
            short.subscribe()
            await home.phones.until(lambda: short.shown, 10, "a phone for ten seconds")
            # It is gone, and refreshes no more.
            asked_at = time.monotonic()
            short.stop()
            clock.write_text(f"{jump:+d}\n")
            for _ in range(5):
                home.publisher.publish_all(home.extensions)
                await home.converged()
            await home.refreshed()
            short.stop()
            count = "sip_subscriptions_ended_total"
            began_at = time.monotonic()
            seen = await home.bridge.metrics()
            assert seen.of(count, reason="expired") == 0
            await home.bridge.metrics_until(lambda seen: seen.of(count, reason="expired") == 1, 20)
            lived = time.monotonic() - began_at
            assert time.monotonic() - asked_at > 9
            assert lived < 12
            seen = await home.bridge.metrics()
            for name in ("notify_send_latency_seconds", "notify_ack_latency_seconds"):
                assert 0 < seen[f"{name}_sum"] < 10 * seen[f"{name}_count"]
            # And a restart, with the clock as it was: what was granted before still holds.
            with home.record.fault("bridge"):
                home.bridge.kill()
                await home.bridge.up()
            home.publisher.publish_all(home.extensions)
            await home.converged(phones=home.phones.all[:6])
            home.verdict(converged=False)
            figures.add("R11", jump_seconds=jump, latency_sum=seen["notify_ack_latency_seconds_sum"])

    asyncio.run(scenario())


def _may_mount():
    """Whether this machine lets us have mounts of our own."""
    command = ["unshare", "--mount", "true"]
    return subprocess.run(command, check=False, capture_output=True).returncode == 0


class _Disk:
    """A small disk of the bridge's own (tmpfs), or, where none may be mounted, a limit to the size of its files."""

    def __init__(self, folder, *, mounts):
        self.way = "tmpfs of 1 MB" if mounts else "RLIMIT_FSIZE"
        self._mounts = mounts
        self.folder = folder / "disk"
        self.folder.mkdir()
        mount = 'mount -t tmpfs -o size=1m tmpfs "$1" && shift && exec "$@"'
        self.prefix = ("unshare", "--mount", "sh", "-c", mount, "sh", str(self.folder)) if mounts else ()

    def seen(self, pid):
        """The folder, as the bridge sees it."""
        return Path(f"/proc/{pid}/root{self.folder}") if self._mounts else self.folder

    def fill(self, pid, store):
        if self._mounts:
            with (
                contextlib.suppress(OSError),
                (self.seen(pid) / "ballast").open("wb", buffering=0) as ballast,
            ):
                while True:
                    ballast.write(bytes(4096))
            return
        size = max(file.stat().st_size for file in store.parent.glob("*.db*"))
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))

    def empty(self, pid):
        if self._mounts:
            (self.seen(pid) / "ballast").unlink()
        else:
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


def test_r12_a_full_disk_stops_nothing_and_is_written_when_there_is_room(tmp_path, figures):
    async def scenario():
        disk = _Disk(tmp_path, mounts=_may_mount())
        store = disk.folder / "bridge.db"
        extra = f'[store]\npath = "{store}"'
        async with house(tmp_path, 4, extra=extra, prefix=disk.prefix) as home:
            home.publisher.publish_all(home.extensions)
            await home.subscribe(20)
            await home.converged()
            disk.fill(home.bridge.pid, disk.seen(home.bridge.pid) / store.name)
            began_at = time.monotonic()
            number = 0
            while not (await home.bridge.metrics())["store_degraded"]:
                assert time.monotonic() < began_at + 30, "the disk is never full"
                home.publisher.publish_all(home.extensions)
                home.phones.add(home.extensions[number % 4]).subscribe()
                number += 1
                await asyncio.sleep(0.02)
            await home.phones.until(
                lambda: all(p.is_confirmed for p in home.phones), 20, "answers without a disk"
            )
            await home.refreshed()
            await home.converged()
            disk.empty(home.bridge.pid)
            await home.bridge.metrics_until(lambda seen: seen["store_degraded"] == 0, 60)
            seconds = time.monotonic() - began_at
            rows = len(home.phones) + 4
            seen = await home.bridge.metrics_until(lambda seen: seen["store_rows"] >= rows)
            seen_by_us = disk.seen(home.bridge.pid)
            assert _integrity(seen_by_us, store.name, tmp_path) == ("ok", len(home.phones))
            assert home.verdict().alive == len(home.phones)
            figures.add(
                "R12", way=disk.way, phones=len(home.phones), degraded_for=seconds, rows=seen["store_rows"]
            )

    asyncio.run(scenario())


def _integrity(folder, name, copies):
    """Of a copy: SQLite would look for the file outside of the bridge's mounts."""
    for file in folder.glob(f"{name}*"):
        (copies / file.name).write_bytes(file.read_bytes())
    connection = sqlite3.connect(copies / name)
    try:
        (answer,) = connection.execute("PRAGMA integrity_check").fetchone()
        (rows,) = connection.execute("SELECT count(*) FROM subscriptions").fetchone()
        return answer, rows
    finally:
        connection.close()


_BOMBS = [
    ("deep JSON", b"[" * 200_000),
    ("deep JSON objects", b'{"state":' * 20_000),
    ("NaN", b'{"state":NaN}'),
    ("infinite", b'{"state":1e999}'),
    ("a number of many digits", b'{"state":' + b"9" * 10_000 + b"}"),
    ("no UTF-8", b"\xff\xfe\xfa away"),
    ("NUL", b"away\x00dnd"),
    ("an endless word", b"a" * 60_000),
]


@pytest.mark.parametrize(
    ("megabytes", "topics"), [(10, 3000), pytest.param(100, 100_000, marks=pytest.mark.thorough)]
)
def test_r16_absurd_payloads_are_rejected_and_counted(tmp_path, megabytes, topics, figures):
    async def scenario():
        async with house(tmp_path, 2) as home:
            home.publisher.publish_all(home.extensions)
            await home.subscribe(8)
            await home.converged()
            before, connects = home.bridge.rss, home.bridge.log().count("broker_synchronised")
            for _, payload in _BOMBS:
                home.publisher.send(f"presence-bridge/presence/{home.extensions[0]}", payload)
            await home.bridge.metrics_until(
                lambda seen: seen.sum("mqtt_messages_rejected_total") == len(_BOMBS)
            )
            home.publisher.send("presence-bridge/presence/bomb", bytes(megabytes << 20))
            for number in range(topics):
                home.publisher.send(f"presence-bridge/presence/none{number}", b"away")
                if number % 200 == 199:
                    await asyncio.sleep(0.01)
            home.publisher.publish_all(home.extensions)
            await home.converged(120)
            assert all(phone.shown == value(2) for phone in home.phones)
            grown = home.bridge.rss - before
            assert grown < 60_000 + topics
            assert home.bridge.log().count("broker_synchronised") == connects, "it was never disconnected"
            home.verdict()
            figures.add("R16", megabytes=megabytes, topics=topics, bombs=len(_BOMBS), grown_kb=grown)

    asyncio.run(scenario())


_RESOLVER = """
import os, socket
_getaddrinfo = socket.getaddrinfo

def getaddrinfo(host, *args, **options):
    if host == "broker.test":
        with open(os.environ["BROKER_IS_AT"]) as file:
            found = file.read().split()
        if not found:
            raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
        return [answer for one in found for answer in _getaddrinfo(one, *args, **options)]
    return _getaddrinfo(host, *args, **options)

socket.getaddrinfo = getaddrinfo
"""


@pytest.mark.thorough
def test_r20_a_name_that_does_not_resolve_and_an_address_that_is_lost_are_waited_out(tmp_path, figures):
    async def scenario():
        (tmp_path / "sitecustomize.py").write_text(_RESOLVER)
        addresses = tmp_path / "addresses"
        # The broker has no IPv6: the name has, and it stands first.
        addresses.write_text("::1 127.0.0.1")
        environment = {"PYTHONPATH": str(tmp_path), "BROKER_IS_AT": str(addresses)}
        async with house(tmp_path, 3, environment=environment, started=False) as home:
            text = home.bridge.config.read_text()
            home.bridge.config.write_text(text.replace('host = "127.0.0.1"', 'host = "broker.test"', 1))
            await home.bridge.up()
            home.publisher.publish_all(home.extensions)
            await home.subscribe(12)
            await home.converged()
            # A connection that stands needs no name.
            addresses.write_text("")
            home.publisher.publish_all(home.extensions)
            await home.converged()
            with home.record.fault("broker"):
                home.broker.kill()
                home.broker.start()
                until = time.monotonic() + 20
                while "cannot be resolved" not in home.bridge.log():
                    assert time.monotonic() < until, home.bridge.log()
                    await asyncio.sleep(0.05)
                home.publisher.publish_all(home.extensions)
                await home.refreshed()
                addresses.write_text("127.0.0.1")
                await home.bridge.metrics_until(lambda seen: seen["mqtt_connected"] == 1, 40)
            seconds = await home.converged()
            assert home.verdict().alive == 12
            figures.add("R20", way="name of the broker", seconds=seconds, phones=12)

    asyncio.run(scenario())
