"""The bridge beside the floor, on the same work in the same run: A B A B, medians and ratios.

    make bench [ROUNDS=5] [WORKS=one,fan1000]
    python bench/run.py --rounds 5 --json bench/history/REVISION.json

floor     bench/floor.py: the least Python that does the protocol
bridge    the whole bridge, store and metrics on, with `notify_min_interval_seconds = 0`
presload  bench/presload.c asks, listens and measures with the kernel's time stamps

Machines differ and are shared; what counts is the ratio of two medians, taken in turn.
"""

import argparse
import json
import platform
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).parents[1]
BENCH = ROOT / "bench"

Report = dict[str, Any]


class Figure(NamedTuple):
    """One row: where it stands in presload's report, and the ratio to the floor that is wanted.

    `at_least`: more is better, so the goal is a least ratio; else a greatest.
    """

    name: str
    unit: str
    read: Callable[[Report], float]
    goal: float
    at_least: bool = False


class Work(NamedTuple):
    """One run of presload, and what is read from its report."""

    name: str
    arguments: Sequence[str]
    figures: Sequence[Figure]


def _fan(watchers: int, changes: int) -> Work:
    figures = (
        Figure(
            f"fan-out to {watchers}", "NOTIFY/s", lambda r: r["changes"]["rate_t0_to_last"]["p50"], 0.5, True
        ),
        Figure(f"CPU, {watchers} watchers", "us/NOTIFY", lambda r: r["changes"]["server_us_per_notify"], 2.0),
    )
    arguments = ("--mode", "fanout", "--subs", str(watchers), "--sockets", "8", "--changes", str(changes))
    return Work(f"fan{watchers}", arguments, figures)


WORKS = (
    Work(
        "one",
        ("--mode", "latency", "--changes", "300", "--interval", "5"),
        (
            Figure("one watcher, p50", "us", lambda r: r["changes"]["notify_us"]["p50"], 1.3),
            Figure("one watcher, p99", "us", lambda r: r["changes"]["notify_us"]["p99"], 2.0),
        ),
    ),
    _fan(1_000, 20),
    _fan(10_000, 5),
    Work(
        "subscribe",
        ("--mode", "subscribe", "--subs", "5000", "--sockets", "8", "--window-on", "both"),
        (Figure("SUBSCRIBE", "accepted/s", lambda r: r["subscribe"]["accepted_per_s"], 0.4, True),),
    ),
    Work(
        "refresh",
        ("--mode", "refresh", "--subs", "2000", "--rounds", "3", "--sockets", "8"),
        (Figure("refresh", "accepted/s", lambda r: r["refresh"][-1]["accepted_per_s"], 0.4, True),),
    ),
    Work(
        "memory",
        ("--mode", "hold", "--subs", "10000", "--sockets", "8", "--duration", "500"),
        (Figure("memory", "bytes/subscription", lambda r: r["memory"]["bytes_per_sub"], 4000),),
    ),
)


class Server(NamedTuple):
    """What is measured: its name, its SIP port, its process."""

    name: str
    port: int
    pid: int


def main() -> int:
    """Measure, print the table, write what was measured; 1 when a goal is missed."""
    parser = argparse.ArgumentParser(description="Measure the bridge beside the floor.")
    parser.add_argument("--rounds", type=int, default=5, help="how often each work is done (default: 5)")
    parser.add_argument("--works", default="", help=f"some of {','.join(work.name for work in WORKS)}")
    parser.add_argument("--json", type=Path, help="where to write the figures")
    parser.add_argument("--tree", type=Path, default=ROOT, help="the checkout whose bridge is measured")
    args = parser.parse_args()
    chosen = args.works.split(",") if args.works else [work.name for work in WORKS]
    rows = list(measure([work for work in WORKS if work.name in chosen], args.rounds, args.tree))
    print(table(rows))
    if args.json is not None:
        args.json.parent.mkdir(parents=True, exist_ok=True)
        args.json.write_text(json.dumps(document(rows, args.rounds), indent=1) + "\n")
    return 0 if all(row.met for row in rows) else 1


class Row(NamedTuple):
    """A figure, measured: all values of each server."""

    figure: Figure
    floor: list[float]
    bridge: list[float]

    @property
    def ratio(self) -> float:
        """Of the medians; for memory, where the floor is no measure, the bridge's own value."""
        bridge = statistics.median(self.bridge)
        return bridge if self.figure.name == "memory" else bridge / statistics.median(self.floor)

    @property
    def met(self) -> bool:
        """Whether the goal is reached."""
        return self.ratio >= self.figure.goal if self.figure.at_least else self.ratio <= self.figure.goal


def measure(works: Sequence[Work], rounds: int, tree: Path) -> Iterator[Row]:
    """Do each work in turns, floor first; both servers are new for each work."""
    with tempfile.TemporaryDirectory() as name, ExitStack() as programs:
        folder = Path(name)
        presload = build(folder)
        broker = programs.enter_context(mosquitto(folder))
        for work in works:
            values: dict[str, list[list[float]]] = {"floor": [], "bridge": []}
            for turn in range(rounds):
                with floor(folder, broker) as server:
                    values["floor"].append(run(presload, work, server, broker))
                with bridge(folder, broker, tree) as server:
                    values["bridge"].append(run(presload, work, server, broker))
                print(f"{work.name}: round {turn + 1} of {rounds}", file=sys.stderr)
            for index, figure in enumerate(work.figures):
                of = {server: [row[index] for row in rows] for server, rows in values.items()}
                yield Row(figure, of["floor"], of["bridge"])


def run(presload: Path, work: Work, server: Server, broker: int) -> list[float]:
    """Run presload once; the figures of the work in their order."""
    command = [presload, "--target", f"127.0.0.1:{server.port}", "--ext", "1000", "--trigger", "mqtt"]
    command += ["--mqtt", f"127.0.0.1:{broker}", "--mqtt-topic", "presence-bridge/presence/{e}"]
    command += ["--mqtt-payload", '{{"state":"{v}","subtype":"","message":"{m}"}}']
    command += ["--server-pid", str(server.pid), *work.arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    if done.returncode:
        raise SystemExit(
            f"presload failed on {work.name} with the {server.name}: {done.stderr or done.stdout}"
        )
    report = json.loads(done.stdout)
    lost = report.get("changes", {}).get("lost", 0)
    if lost or report["subscribe"]["failed"]:
        raise SystemExit(
            f"{work.name}: the {server.name} lost {lost} and failed {report['subscribe']['failed']}"
        )
    return [figure.read(report) for figure in work.figures]


def table(rows: Sequence[Row]) -> str:
    """What a person reads."""
    lines = [("", "", "floor", "bridge", "ratio", "goal", "")]
    for row in rows:
        sign = ">=" if row.figure.at_least else "<="
        medians = [f"{statistics.median(values):,.0f}" for values in (row.floor, row.bridge)]
        verdict = "met" if row.met else "MISSED"
        ratio = f"{row.ratio:,.2f}" if row.ratio < 100 else f"{row.ratio:,.0f}"
        lines.append(
            (row.figure.name, row.figure.unit, *medians, ratio, f"{sign} {row.figure.goal:g}", verdict)
        )
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(
            f"{c:{w}}" if i < 2 else f"{c:>{w}}" for i, (c, w) in enumerate(zip(line, widths, strict=True))
        )
        for line in lines
    )


def document(rows: Sequence[Row], rounds: int) -> Report:
    """What is kept."""
    return {
        "revision": _output("git", "rev-parse", "--short", "HEAD"),
        "at": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
        "machine": f"{platform.machine()}, Python {platform.python_version()}",
        "rounds": rounds,
        "rows": [
            {
                "name": row.figure.name,
                "unit": row.figure.unit,
                "floor": row.floor,
                "bridge": row.bridge,
                "ratio": round(row.ratio, 3),
                "goal": row.figure.goal,
                "met": row.met,
            }
            for row in rows
        ],
    }


def build(folder: Path) -> Path:
    """Compile presload."""
    program = folder / "presload"
    source = BENCH / "presload.c"
    subprocess.run(["gcc", "-O2", "-w", "-DWITH_MQTT", "-o", program, source, "-lmosquitto"], check=True)
    return program


@contextmanager
def mosquitto(folder: Path) -> Iterator[int]:
    """A broker of our own; its port."""
    port = free_port(socket.SOCK_STREAM)
    config = folder / "mosquitto.conf"
    config.write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\nset_tcp_nodelay true\n")
    program = shutil.which("mosquitto", path="/usr/sbin:/usr/bin") or "mosquitto"
    with process([program, "-c", config], folder / "mosquitto.log", ready="running"):
        yield port


@contextmanager
def floor(folder: Path, broker: int) -> Iterator[Server]:
    """The floor as a process."""
    port = free_port(socket.SOCK_DGRAM)
    command = [sys.executable, BENCH / "floor.py", "127.0.0.1", str(port), "127.0.0.1", str(broker)]
    with process(command, folder / "floor.log", ready="ready") as pid:
        yield Server("floor", port, pid)


@contextmanager
def bridge(folder: Path, broker: int, tree: Path, *, http: int = 0, extensions: int = 1) -> Iterator[Server]:
    """The bridge as a process, with a store of its own if it has one; the first extension is 1000."""
    port = free_port(socket.SOCK_DGRAM)
    config = folder / f"bridge-{port}.toml"
    hints = "\n".join(
        f'[[hints]]\nextension = "{number}"\nhint = "SIP/{number},CustomPresence:{number}"\n'
        for number in range(1000, 1000 + extensions)
    )
    config.write_text(
        f'[mqtt]\nport = {broker}\n\n[sip]\nlisten = ["udp://127.0.0.1:{port}"]\nnotify_min_interval_seconds = 0\n\n'
        f'[http]\nlisten = "127.0.0.1:{http}"\n\n{hints}'
    )
    command = [sys.executable, "-m", "bridge", "run", "--config", config]
    environment = {"STATE_DIRECTORY": str(folder), "HOME": str(folder)}
    with process(command, folder / "bridge.log", "broker_synchronised", cwd=tree, env=environment) as pid:
        yield Server("bridge", port, pid)


@contextmanager
def process(command: Sequence[object], log: Path, ready: str, **options: Any) -> Iterator[int]:
    """A process that ends with the block; its id, as soon as its log holds `ready`."""
    with log.open("w") as file:
        words = [str(part) for part in command]
        running = subprocess.Popen(words, stdout=file, stderr=subprocess.STDOUT, **options)
    try:
        _until(lambda: ready in log.read_text(), f"{words[0]} is not ready: see its log")
        yield running.pid
    finally:
        running.terminate()
        try:
            running.wait(timeout=15)
        except subprocess.TimeoutExpired:
            running.kill()


def free_port(kind: int) -> int:
    """A port of 127.0.0.1 that nobody uses."""
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _until(condition: Callable[[], bool], trouble: str) -> None:
    give_up = time.monotonic() + 15
    while not condition():
        if time.monotonic() > give_up:
            raise SystemExit(trouble)
        time.sleep(0.02)


def _output(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT).stdout.strip()


if __name__ == "__main__":
    sys.exit(main())
