"""Programs of the system that the tests run: started on loopback, ended by the object that started them."""

import contextlib
import signal
import socket
import subprocess
import time
from pathlib import Path


def free_port() -> int:
    """A TCP port of 127.0.0.1 that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Mosquitto:
    """Debian's broker with its defaults, or with other lines of mosquitto.conf in place of anonymous access."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self._folder = folder
        self._log = folder / f"mosquitto-{self.port}.log"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, *lines: str) -> None:
        """Start with empty memory and wait until it listens."""
        configuration = self._folder / f"mosquitto-{self.port}.conf"
        text = "\n".join(
            [f"listener {self.port} 127.0.0.1", "user root", *(lines or ["allow_anonymous true"]), ""]
        )
        configuration.write_text(text)
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                ["mosquitto", "-c", configuration, "-v"], stdout=log, stderr=subprocess.STDOUT
            )
        wait_for_port(self.port)

    def log(self) -> str:
        """What the broker wrote so far."""
        return self._log.read_text()

    def kill(self) -> None:
        """SIGKILL: no goodbye to anybody, retained messages are gone."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()
        self._process = None

    def freeze(self) -> None:
        """Keep the connections open and say nothing more."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def close(self) -> None:
        """End the broker, if it runs."""
        if self._process is not None:
            self._process.send_signal(signal.SIGCONT)
            self._process.terminate()
            self._process.wait(10)
            self._process = None

    def publish(self, topic: str, payload: str, *options: str) -> None:
        """Publish with QoS 1 by mosquitto_pub; `-r` among the options retains."""
        command = ["mosquitto_pub", "-p", str(self.port), "-q", "1", "-t", topic, "-m", payload, *options]
        subprocess.run(command, check=True, timeout=10)

    def publish_file(self, topic: str, file: Path) -> None:
        """Publish what a file holds, with QoS 1."""
        command = ["mosquitto_pub", "-p", str(self.port), "-q", "1", "-t", topic, "-f", file]
        subprocess.run(command, check=True, timeout=10)

    def retained(self, topic: str) -> str:
        """The retained payload of a topic; empty if there is none."""
        command = [
            "mosquitto_sub",
            "-p",
            str(self.port),
            "-t",
            topic,
            "-C",
            "1",
            "-W",
            "1",
            "--retained-only",
        ]
        return subprocess.run(command, check=False, capture_output=True, timeout=10, text=True).stdout.strip()


def wait_for_port(port: int, within: float = 10.0) -> None:
    """Return as soon as somebody listens."""
    until = time.monotonic() + within
    while time.monotonic() < until:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.01)
    raise AssertionError(f"nothing listens on port {port}")
