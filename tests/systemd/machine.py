"""A booted Debian with the bridge as its service, and phones and load on its network."""

import contextlib
import ctypes
import json
import os
import subprocess
import sys
import time
from pathlib import Path

from support.live_phone import LivePhone

SERVICE = "presence-bridge.service"
SOCKETS = "presence-bridge-udp.socket presence-bridge-tcp.socket"
CONFIG = "/etc/presence-bridge/config.toml"
LOAD = Path(__file__).parent / "load.py"

SETTINGS = """
[mqtt]
host = "127.0.0.1"
username = "bridge"

[sip]
listen = ["udp://*:5060", "tcp://*:5060"]
trusted_networks = ["127.0.0.0/8", "10.0.0.0/8", "203.0.113.0/24"]

[[hints]]
extension = "2000"
hint = "SIP/2000,CustomPresence:2000"
"""

_CLONE_NEWNET = 0x40000000
_LIBC = ctypes.CDLL(None, use_errno=True)


class Machine:
    """`booted` is a `packages.debian.Booted` in which the package is installed."""

    def __init__(self, booted, folder):
        self.booted, self._folder = booted, folder
        self.must, self.run = booted.must, booted.run

    # --- the service ---

    def configure(self, text):
        """Write the configuration, where the service reads it."""
        self.booted.path(CONFIG).write_text(text)

    def drop_in(self, text, unit=SERVICE):
        """Change a unit, as `systemctl edit` does."""
        folder = self.booted.path(f"/etc/systemd/system/{unit}.d")
        folder.mkdir(exist_ok=True)
        (folder / "test.conf").write_text(text)
        self.must("systemctl daemon-reload")

    def shown(self, name, unit=SERVICE):
        """What systemd says of a unit."""
        return self.must(f"systemctl show --property={name} --value {unit}").strip()

    @property
    def pid(self):
        """The process of the service, as the machine counts it."""
        return int(self.shown("MainPID"))

    def until(self, condition, within=60.0):
        """Wait for something, and give it back."""
        end = time.monotonic() + within
        while not (found := condition()):
            assert time.monotonic() < end, (
                f"{self.run(f'systemctl status {SERVICE}').stdout}\n{self.journal()}"
            )
            time.sleep(0.1)
        return found

    def until_ready(self):
        """Wait until the service runs and the broker has told everything."""
        self.until(
            lambda: self.shown("ActiveState") == "active" and self.shown("StatusText").startswith("Ready")
        )

    def mark(self):
        """A place in the journal. (A cursor is none: the first line behind it is left out where lines are chosen.)"""
        return self.must("date +@%s.%6N").strip()

    def journal(self, since=None, options=""):
        """What the service and systemd have said of it since a mark."""
        after = f"--since={since}" if since else "--lines=80"
        return self.must(f"journalctl --sync; journalctl --no-pager {after} {options} --unit={SERVICE}")

    # --- those who speak with it ---

    @contextlib.contextmanager
    def network(self):
        """Sockets that are made meanwhile, in this thread, are on the network of the machine."""
        inside = Path(f"/proc/{self.booted._init}/ns/net")
        with Path("/proc/thread-self/ns/net").open() as ours, inside.open() as theirs:
            _enter(theirs.fileno())
            try:
                yield
            finally:
                _enter(ours.fileno())

    @contextlib.contextmanager
    def phone(self, transport, extension="2000", host="127.0.0.1"):
        """A phone on its network."""
        with self.network():
            phone = LivePhone(transport, (host, 5060), extension)
        try:
            yield phone
        finally:
            phone.close()

    def set(self, presence):
        """Somebody sets the presence of 2000, at the broker."""
        self.must(
            f"mosquitto_pub -u bridge -P secret -q 1 -r -t presence-bridge/presence/2000 -m '{presence}'"
        )

    @contextlib.contextmanager
    def load(self, seconds, rate=1000):
        """OPTIONS while something happens; the dictionary that is given has the figures afterwards."""
        found, file = {}, self._folder / f"load-{time.monotonic_ns()}.json"
        command = [sys.executable, LOAD, str(seconds), str(rate), file]
        with subprocess.Popen(
            ["nsenter", f"--target={self.booted._init}", "--net", *command], stderr=subprocess.PIPE, text=True
        ) as process:
            # So that it has begun.
            time.sleep(0.5)
            yield found
            _, words = process.communicate(timeout=seconds + 60)
        assert process.returncode == 0, words
        found.update(json.loads(file.read_text()))


def _enter(namespace):
    if _LIBC.setns(namespace, _CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
