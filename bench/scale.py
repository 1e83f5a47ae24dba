"""What one bridge carries, and what becomes of the phones of one of two: rows with a goal of their own.

    make bench-scale
    python bench/scale.py [--works many,slices,start,failover] [--json FILE]

many      50,000 subscriptions of 5,000 extensions: the time to take them, memory, a change with 10 watchers
slices    one watcher of an extension of its own, while another one's 10,000 watchers are told again and again
start     10,000 retained messages at the broker: from the start of the process until phones are told the truth
failover  two bridges on one broker, each with half of the phones, and one is killed
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion
from phones import Phone, live
from servers import ROOT, bridge, build, mosquitto, run


class Row(NamedTuple):
    """One figure; `goal` is the largest value that is good, None where there is none."""

    name: str
    value: float
    unit: str
    goal: float | None = None


class Bench(NamedTuple):
    """What the works need."""

    folder: Path
    presload: Path
    broker: int


def many(bench: Bench) -> Iterator[Row]:
    """A large site on one process."""
    with bridge(bench.folder, bench.broker, ROOT, extensions=5000) as server:
        arguments = ("--mode", "latency", "--subs", "50000", "--exts", "5000", *_NUMBERED, "--sockets", "64")
        more = ("--changes", "300", "--interval", "20", "--sub-timeout", "300000", "--no-unsubscribe")
        report = run(bench.presload, (*arguments, *more, "--no-prime"), server, bench.broker)
    subscribed, changes = report["subscribe"], report["changes"]
    yield Row("50,000 subscriptions taken in", subscribed["secs"], "s")
    yield Row("memory of one", report["memory"]["bytes_per_sub"], "bytes", 4000)
    yield Row("a change, its 10 watchers, p50", changes["notify_us"]["p50"] / 1000, "ms")
    yield Row("a change, its 10 watchers, p99", changes["notify_us"]["p99"] / 1000, "ms")


def slices(bench: Bench) -> Iterator[Row]:
    """What the watcher of a quiet extension waits for one that thousands watch."""
    crowd, quiet = bench.folder / "crowd.csv", bench.folder / "quiet.csv"
    with bridge(bench.folder, bench.broker, ROOT, extensions=2) as server:
        fan = (
            "--mode",
            "fanout",
            "--subs",
            "10000",
            "--sockets",
            "8",
            "--changes",
            "20",
            "--interval",
            "200",
        )
        told = threading.Thread(
            target=run,
            args=(bench.presload, ("--ext", "1000", *fan, "--dump", str(crowd)), server, bench.broker),
            kwargs={"all_told": False},
        )
        told.start()
        latency = ("--mode", "latency", "--changes", "6000", "--interval", "5")
        run(
            bench.presload,
            ("--ext", "1001", *latency, "--dump", str(quiet)),
            server,
            bench.broker,
            all_told=False,
        )
        told.join()
    busy = _busy(crowd)
    beside = sorted(delay for delay, at in _told(quiet) if any(begun <= at <= ended for begun, ended in busy))
    alone = sorted(delay for delay, at in _told(quiet) if at < busy[0][0])
    if not beside or not alone:
        raise SystemExit("the one watcher was told nothing while the others were: the machine is too slow")
    yield Row("one watcher, before the crowd is told, p50", alone[len(alone) // 2], "ms")
    yield Row("one watcher, while the crowd is told, p50", beside[len(beside) // 2], "ms")
    yield Row("one watcher, while the crowd is told, p99", beside[len(beside) * 99 // 100], "ms", 50)
    yield Row("how often it was told then", len(beside), "NOTIFYs")


def start(bench: Bench) -> Iterator[Row]:
    """A broker that has much to say."""
    _publish(bench.broker, [(f"presence-bridge/presence/{number}", PRESENCE) for number in range(1000, 6000)])
    _publish(
        bench.broker, [(f"presence-bridge/device/SIP/{number}", "INUSE") for number in range(1000, 6000)]
    )
    began = time.monotonic()
    with bridge(bench.folder, bench.broker, ROOT, extensions=5000):
        yield Row("from the start until 10,000 retained messages are read", time.monotonic() - began, "s")
    log = max(bench.folder.glob("bridge-*.log"), key=lambda file: file.stat().st_mtime)
    line = next(line for line in log.read_text().splitlines() if "broker_synchronised" in line)
    words = dict(word.split("=") for word in line.split() if "=" in word)
    yield Row("of these, messages", float(words["messages"]), "")
    yield Row("to read them, once connected", float(words["seconds"]), "s", 2.0)


PHONES = 200
EXPIRES = 20


def failover(bench: Bench) -> Iterator[Row]:
    """Phones that know both bridges, as DNS SRV tells them, and go to the other when theirs refuses."""
    with ExitStack() as stack:
        second = stack.enter_context(bridge(bench.folder, bench.broker, ROOT, extensions=PHONES))
        first = stack.enter_context(bridge(bench.folder, bench.broker, ROOT, extensions=PHONES))
        servers = (first.port, second.port)
        phones = [
            Phone(1000 + number, servers if number % 2 else servers[::-1], EXPIRES)
            for number in range(PHONES)
        ]
        _until(phones, 30.0, lambda phone: phone.told_by is not None)
        # Each refreshes when half of its interval is over, and they have not come at once.
        for number, phone in enumerate(phones):
            phone.refresh_at = time.monotonic() + EXPIRES / 2 * number / PHONES
        killed = time.monotonic()
        os.kill(first.pid, 9)
        theirs = [phone for phone in phones if phone.told_by == first.port]
        _until(phones, EXPIRES + 40.0, lambda phone: phone.told_by == second.port)
        waited = sorted(phone.told_at - killed for phone in theirs)
        changed = time.monotonic()
        for phone in phones:
            phone.told_at = 0.0
        _publish(
            bench.broker,
            [
                (f"presence-bridge/presence/{phone.extension}", PRESENCE.replace("away", "dnd"))
                for phone in phones
            ],
        )
        _until(phones, 30.0, lambda phone: phone.told_at > changed)
    yield Row("phones of the bridge that is killed", len(waited), "")
    yield Row(
        f"until half of them are served by the other (refresh after {EXPIRES // 2} s)",
        waited[len(waited) // 2],
        "s",
    )
    yield Row("until all of them are", waited[-1], "s")
    yield Row("all are told a change then", 1, "yes")


WORKS: dict[str, Callable[[Bench], Iterator[Row]]] = {
    "many": many,
    "slices": slices,
    "start": start,
    "failover": failover,
}

PRESENCE = '{"state":"away","subtype":"","message":"Back at noon"}'

_NUMBERED = ("--ext", "{x}", "--ext-start", "1000")


def main() -> int:
    """Do the works, print their rows; 1 when a goal is missed."""
    parser = argparse.ArgumentParser(description="Measure what one bridge carries.")
    parser.add_argument("--works", default="", help=f"some of {','.join(WORKS)}")
    parser.add_argument("--json", type=Path, help="where to write the figures")
    args = parser.parse_args()
    chosen = args.works.split(",") if args.works else list(WORKS)
    rows: list[Row] = []
    for work in chosen:
        with tempfile.TemporaryDirectory() as name, ExitStack() as programs:
            folder = Path(name)
            bench = Bench(folder, build(folder), programs.enter_context(mosquitto(folder)))
            for row in WORKS[work](bench):
                rows.append(row)
                print(_shown(row), flush=True)
    if args.json is not None:
        args.json.parent.mkdir(parents=True, exist_ok=True)
        args.json.write_text(json.dumps(_document(rows), indent=1) + "\n")
    return 0 if all(row.goal is None or row.value <= row.goal for row in rows) else 1


def _shown(row: Row) -> str:
    goal = ""
    if row.goal is not None:
        goal = f"  <= {row.goal:g}  {'met' if row.value <= row.goal else 'MISSED'}"
    return f"{row.name:70} {row.value:10,.2f} {row.unit:8}{goal}"


def _document(rows: Sequence[Row]) -> dict[str, Any]:
    revision = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False, cwd=ROOT
    ).stdout.strip()
    return {
        "revision": revision,
        "at": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
        "load": os.getloadavg(),
        "rows": [row._asdict() for row in rows],
    }


def _told(dump: Path) -> list[tuple[float, int]]:
    """Of each NOTIFY the milliseconds since its change, and when it arrived, in Unix nanoseconds."""
    rows = (line.split(",") for line in dump.read_text().splitlines())
    return [(float(row[2]) / 1000, int(row[3])) for row in rows if row[2].replace(".", "").isdigit()]


def _busy(dump: Path) -> list[tuple[int, int]]:
    """From when to when a crowd was told, for each change."""
    arrived: dict[str, list[int]] = {}
    for line in dump.read_text().splitlines():
        change, _, latency, at = line.split(",")[:4]
        if latency.replace(".", "").isdigit():
            arrived.setdefault(change, []).append(int(at))
    return [(min(times), max(times)) for times in arrived.values()]


def _publish(broker: int, messages: Sequence[tuple[str, str]]) -> None:
    """Retained, and until the broker has them."""
    client = Client(CallbackAPIVersion.VERSION2)
    client.max_queued_messages_set(0)
    client.connect("127.0.0.1", broker)
    client.loop_start()
    sent = [client.publish(topic, payload, qos=1, retain=True) for topic, payload in messages]
    for one in sent:
        one.wait_for_publish(30)
    client.disconnect()
    client.loop_stop()


def _until(phones: Sequence[Phone], within: float, so: Callable[[Phone], bool]) -> None:
    """Let the phones live until all are so."""
    give_up = time.monotonic() + within
    while not all(map(so, phones)):
        if time.monotonic() > give_up:
            raise SystemExit(f"{sum(not so(phone) for phone in phones)} phones are not served")
        live(phones)


if __name__ == "__main__":
    sys.exit(main())
