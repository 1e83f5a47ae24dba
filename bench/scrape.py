"""What a scrape costs a NOTIFY: one watcher, with and without a scraper, A B A B in the same run.

    make bench-scrape [ROUNDS=5]
    python bench/scrape.py --rounds 5 --extensions 1000 --rate 5

Each turn is a new bridge with a series for every extension, and 2,000 changes one after the other, whose
NOTIFYs presload times with the kernel's time stamps. The scraper is a process of its own, as Prometheus is
one. What counts is the 99th percentile of all NOTIFYs of all rounds, with a scraper and without. The last column
shows those alone whose change came during a scrape: at one scrape in 15 seconds that is one of
some thousands.
"""

import argparse
import http.client
import json
import multiprocessing
import socket
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from servers import ROOT, bridge, build, free_port, mosquitto, run

# Milliseconds that a scrape may add to the 99th percentile.
GOAL = 1.0

CHANGES = 2000
QUANTILES = (0.5, 0.9, 0.99, 0.999)


class Told(NamedTuple):
    """A NOTIFY: how many milliseconds after its change it arrived, and when that was, in Unix nanoseconds."""

    latency: float
    arrived: int

    def met(self, scrapes: Sequence[tuple[int, int]]) -> bool:
        """Whether its change came during one of these.

        Not whether it was on its way in one: of those that are late for any other reason, more would be.
        """
        changed = self.arrived - self.latency * 1e6
        return any(begun <= changed <= ended for begun, ended in scrapes)


@dataclass
class Figures:
    """Milliseconds, of all rounds."""

    alone: list[float] = field(default_factory=list)
    scraped: list[float] = field(default_factory=list)
    met: list[float] = field(default_factory=list)
    scrapes: list[float] = field(default_factory=list)

    @property
    def cost(self) -> float:
        """What scrapes add to the 99th percentile."""
        return quantile(self.scraped, 0.99) - quantile(self.alone, 0.99)


def main() -> int:
    """Measure and print; 1 when the goal is missed."""
    parser = argparse.ArgumentParser(description="Measure what a scrape costs a NOTIFY.")
    parser.add_argument("--rounds", type=int, default=5, help="how often each is measured (default: 5)")
    parser.add_argument("--extensions", type=int, default=1000, help="with a series each (default: 1000)")
    parser.add_argument("--rate", type=float, default=5, help="scrapes in a second (default: 5)")
    parser.add_argument("--json", type=Path, help="where to write the figures")
    args = parser.parse_args()
    figures = measure(args.rounds, args.extensions, args.rate)
    print(table(figures, args.extensions, args.rate))
    if args.json is not None:
        args.json.write_text(json.dumps(vars(figures)) + "\n")
    return 0 if figures.cost < GOAL else 1


def measure(rounds: int, extensions: int, rate: float) -> Figures:
    """Turn by turn, first without a scraper."""
    figures = Figures()
    with tempfile.TemporaryDirectory() as name, ExitStack() as programs:
        folder = Path(name)
        presload = build(folder)
        broker = programs.enter_context(mosquitto(folder))
        for number in range(rounds):
            told, _ = turn(folder, presload, broker, extensions, 0)
            figures.alone += [one.latency for one in told]
            told, scrapes = turn(folder, presload, broker, extensions, rate)
            figures.scraped += [one.latency for one in told]
            figures.met += [one.latency for one in told if one.met(scrapes)]
            figures.scrapes += [(ended - begun) / 1e6 for begun, ended in scrapes]
            print(f"round {number + 1} of {rounds}", file=sys.stderr)
    return figures


def turn(
    folder: Path, presload: Path, broker: int, extensions: int, rate: float
) -> tuple[list[Told], list[tuple[int, int]]]:
    """All NOTIFYs of a bridge of its own, and when it was scraped; with a rate of 0 it is not."""
    dump = folder / "told.csv"
    arguments = ("--mode", "latency", "--changes", str(CHANGES), "--interval", "5", "--dump", str(dump))
    port = free_port(socket.SOCK_STREAM)
    scrapes: list[tuple[int, int]] = []
    with (
        bridge(folder, broker, ROOT, http=port, extensions=extensions) as server,
        scraper(port, rate, scrapes) if rate else nullcontext(),
    ):
        run(presload, ("--ext", "1000", *arguments), server, broker)
    rows = (line.split(",") for line in dump.read_text().splitlines())
    return [Told(float(row[2]) / 1000, int(row[3])) for row in rows], scrapes


def quantile(values: Sequence[float], share: float) -> float:
    """The value that this share of all does not exceed."""
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def table(figures: Figures, extensions: int, rate: float) -> str:
    """What a person reads."""
    took = statistics.median(figures.scrapes)
    lines = [
        f"{extensions} extensions, {rate:g} scrapes/s; a scrape takes {took:.1f} ms",
        f"{'NOTIFY, ms':12}{'alone':>10}{'scraped':>10}{'more':>10}{'met one':>10}",
    ]
    for share in QUANTILES:
        alone, scraped, met = (quantile(of, share) for of in (figures.alone, figures.scraped, figures.met))
        lines.append(
            f"p{share * 100:<11g}{alone:>10.2f}{scraped:>10.2f}{scraped - alone:>+10.2f}{met:>10.2f}"
        )
    lines.append(f"{'how many':12}{len(figures.alone):>10}{len(figures.scraped):>10}{len(figures.met):>20}")
    verdict = "met" if figures.cost < GOAL else "MISSED"
    lines.append(f"goal: scrapes add less than {GOAL:g} ms to p99: {verdict}")
    return "\n".join(lines)


@contextmanager
def scraper(port: int, rate: float, scrapes: list[tuple[int, int]]) -> Iterator[None]:
    """A process that scrapes as long as the block lasts; when it did is added to `scrapes`."""
    context = multiprocessing.get_context("fork")
    stop, done = context.Event(), context.Queue()
    process = context.Process(target=_scrape, args=(port, rate, stop, done), daemon=True)
    process.start()
    try:
        yield
    finally:
        stop.set()
        scrapes += done.get(timeout=10)
        process.join(10)


def _scrape(port: int, rate: float, stop: Any, done: Any) -> None:
    """On one connection that is kept, as Prometheus does."""
    found = []
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    due = time.monotonic()
    while not stop.is_set():
        begun = time.time_ns()
        connection.request("GET", "/metrics")
        answer = connection.getresponse()
        body = answer.read()
        if answer.status != 200 or b"presence_bridge_extension_presence_state{" not in body:
            raise SystemExit(f"/metrics answered {answer.status}")
        found.append((begun, time.time_ns()))
        due += 1 / rate
        stop.wait(max(0.0, due - time.monotonic()))
    done.put(found)


if __name__ == "__main__":
    sys.exit(main())
