"""What is measured, and what measures: the floor, the bridge and mosquitto as processes, and presload."""

import json
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).parents[1]
BENCH = ROOT / "bench"

Report = dict[str, Any]


class Server(NamedTuple):
    """What is measured: its name, its SIP port, its process."""

    name: str
    port: int
    pid: int


def run(
    presload: Path, arguments: Sequence[str], server: Server, broker: int, *, all_told: bool = True
) -> Report:
    """Run presload once; its report. `all_told`: a change that somebody was not told of in time is an error."""
    command = [presload, "--target", f"127.0.0.1:{server.port}", "--trigger", "mqtt"]
    command += ["--mqtt", f"127.0.0.1:{broker}", "--mqtt-topic", "presence-bridge/presence/{e}"]
    command += ["--mqtt-payload", '{{"state":"{v}","subtype":"","message":"{m}"}}']
    command += ["--server-pid", str(server.pid), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=600)
    if done.returncode:
        raise SystemExit(f"presload failed with the {server.name}: {done.stderr or done.stdout}")
    report: Report = json.loads(done.stdout)
    lost = report.get("changes", {}).get("lost", 0) if all_told else 0
    if lost or report["subscribe"]["failed"]:
        raise SystemExit(f"the {server.name} lost {lost} and failed {report['subscribe']['failed']}")
    return report


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
def bridge(
    folder: Path, broker: int, tree: Path, *, http: int = 0, extensions: int = 1, name: str = "bridge"
) -> Iterator[Server]:
    """The bridge of a checkout as a process, with a store of its own; the first extension is 1000."""
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
    state = folder / f"state-{port}"
    state.mkdir()
    environment = {"STATE_DIRECTORY": str(state), "HOME": str(folder)}
    with process(
        command, folder / f"bridge-{port}.log", "broker_synchronised", cwd=tree, env=environment
    ) as pid:
        yield Server(name, port, pid)


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
    give_up = time.monotonic() + 60
    while not condition():
        if time.monotonic() > give_up:
            raise SystemExit(trouble)
        time.sleep(0.02)
