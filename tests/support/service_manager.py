"""A pretended systemd: sockets that it holds, a store of descriptors, readiness, a watchdog, credentials.

It does by itself what systemd does by sd_notify(3), sd_listen_fds(3) and systemd.exec(5); when a service is
started and stopped, the test says.
"""

import os
import signal
import socket
import subprocess
import sys
import time

from support.bridge_process import ROOT
from support.notify_socket import NotifySocket

# Moves the descriptors whose numbers it is given to 3 and on, and becomes the program that follows.
LAUNCHER = """
import fcntl, os, sys
count = int(sys.argv[1])
free = [fcntl.fcntl(int(number), fcntl.F_DUPFD, 500) for number in sys.argv[2 : 2 + count]]
for index, number in enumerate(free):
    os.dup2(number, 3 + index)
os.closerange(3 + count, 1000)
os.environ["LISTEN_PID"] = os.environ["WATCHDOG_PID"] = str(os.getpid())
os.execv(sys.argv[2 + count], sys.argv[2 + count :])
"""

# The bridge, whose loop hangs when it is told to by a signal.
BRIDGE = """
import signal, sys, time
def hang(*_):
    time.sleep(600)
signal.signal(signal.SIGUSR1, hang)
from bridge.cli import main
sys.exit(main())
"""


class ServiceManager:
    """Runs `presence-bridge run --config FILE` with sockets by the name that their units give them."""

    def __init__(self, folder, config, *, watchdog=None):
        self.config, self.watchdog, self.credentials = config, watchdog, {}
        self.ear = NotifySocket(folder / "notify")
        self.process = None
        self.sockets, self.store = {}, []
        self._folder, self._log = folder, folder / "service.log"
        self._log.touch()
        self._fed_at = float("inf")

    # --- what it holds ---

    def bind(self, name, kind, host="127.0.0.1", port=0):
        """A socket unit; its port."""
        sock = self.sockets[name] = socket.socket(socket.AF_INET, kind)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        sock.bind((host, port))
        if kind == socket.SOCK_STREAM:
            sock.listen(128)
        return sock.getsockname()[1]

    # --- life ---

    def start(self):
        """Start the service; it is not waited for."""
        handed = [(name, sock.fileno()) for name, sock in self.sockets.items()] + self.store
        environ = {
            **os.environ,
            "NOTIFY_SOCKET": self.ear.address,
            "LISTEN_FDS": str(len(handed)),
            "LISTEN_FDNAMES": ":".join(name for name, _ in handed),
        }
        if self.watchdog is not None:
            environ["WATCHDOG_USEC"] = str(int(self.watchdog * 1e6))
        if self.credentials:
            environ["CREDENTIALS_DIRECTORY"] = str(self._credentials())
        numbers = [number for _, number in handed]
        program = [sys.executable, "-W", "error", "-c", BRIDGE, "run", "--config", str(self.config)]
        launcher = [sys.executable, "-c", LAUNCHER, str(len(numbers)), *map(str, numbers), *program]
        with self._log.open("ab") as log:
            self.process = subprocess.Popen(
                launcher, env=environ, pass_fds=numbers, stdout=log, stderr=log, cwd=ROOT
            )
        self._fed_at = float("inf")

    def started(self):
        """Start it, and wait until it says that it is ready."""
        self.start()
        self.until("READY")
        return self

    def until(self, key, value="", within=30.0):
        """What is said until this is, with this beginning if one is named: the last of it."""
        end = time.monotonic() + within
        while time.monotonic() < end:
            said = self._listen()
            if said is not None and key in said.lines and said.lines[key].startswith(value):
                return said.lines
            if self.process.poll() is not None and said is None:
                break
        raise AssertionError(f"{key} was not said, but {self.ear.said}\n{self.log()}")

    def guard(self, within=30.0):
        """Be the watchdog until the service hangs: the status with which it then ends."""
        end = time.monotonic() + within
        while time.monotonic() < end:
            self._listen()
            assert self.process.poll() is None, self.log()
            if time.monotonic() - self._fed_at > self.watchdog:
                return self.end(signal.SIGABRT)
        raise AssertionError(f"it lives: {self.ear.said}")

    def reload(self):
        """systemctl reload, without the check that is made before."""
        self.process.send_signal(signal.SIGHUP)

    def hang(self):
        """Let the loop of the service stand still."""
        self.process.send_signal(signal.SIGUSR1)

    def end(self, number=signal.SIGTERM):
        """Send a signal that ends it, and take in its last words: its exit status."""
        process = self.process
        process.send_signal(number)
        end = time.monotonic() + 30
        while process.poll() is None:
            assert time.monotonic() < end, self.log()
            self._listen()
        while self._listen(0.0) is not None:
            pass
        return process.returncode

    def log(self):
        """What it has written so far."""
        return self._log.read_text()

    def close(self):
        """End everything."""
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        for sock in self.sockets.values():
            sock.close()
        self.ear.close()

    # --- what it hears ---

    def _listen(self, timeout=0.05):
        said = self.ear.hear(timeout)
        if said is None:
            return None
        name = said.lines.get("FDNAME", "stored")
        if "FDSTORE" in said.lines:
            self.store += [(name, number) for number in said.descriptors]
        if "FDSTOREREMOVE" in said.lines:
            for each in [each for each in self.store if each[0] == name]:
                self.store.remove(each)
                self.ear.drop(each[1])
        if {"WATCHDOG", "READY"} & said.lines.keys():
            self._fed_at = time.monotonic()
        return said

    def _credentials(self):
        folder = self._folder / "credentials"
        folder.mkdir(mode=0o700, exist_ok=True)
        for name, content in self.credentials.items():
            (folder / name).write_text(content)
        return folder
