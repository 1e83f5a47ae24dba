"""A directory with a broker in which the commands of a page are typed, one block after the other."""

import contextlib
import os
import pty
import shutil
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from integration.programs import Mosquitto, free_port
from pages.blocks import Block
from pages.lines import missing
from support.bridge_process import ROOT, free_udp_port

# Generous: a machine at work on something else is not a broken page.
PATIENCE = 40.0

_COPIED = ("config.example.toml", "Makefile", "pyproject.toml", "grafana")
_PUBLISH = '#!/bin/sh\n/usr/bin/mosquitto_pub -p {port} "$@" && sleep {pace}\n'
_LISTEN = '#!/bin/sh\nexec /usr/bin/mosquitto_sub -p {port} "$@"\n'
_COMMAND = '#!/bin/sh\nexec {python} -S {commands} {socket} - "$@"\n'

# What asks and changes nothing is asked again until the answer is that of the page.
_ASKS = ("explain", "health", "hints", "get", "check", "store")

_SUBSCRIBE = """\
SUBSCRIBE sip:{extension}@127.0.0.1:{port} SIP/2.0
Via: SIP/2.0/UDP {host};rport;branch=z9hG4bKsilent
Max-Forwards: 70
From: <sip:200@127.0.0.1>;tag=silent
To: <sip:{extension}@127.0.0.1>
Contact: <sip:200@{host}>
Call-ID: silent
CSeq: 1 SUBSCRIBE
Event: presence
Accept: application/pidf+xml
Expires: 600
Content-Length: 0

"""


@dataclass
class _Terminal:
    """A command that was typed, and what it has printed so far."""

    block: Block
    expected: list[str]
    output: Path
    process: subprocess.Popen[bytes]


class Sandbox:
    """Ports, the host's folders and programs are those of the sandbox, whatever the page calls them."""

    def __init__(self, folder: Path, commands: Path, pace: float) -> None:
        """`commands` is the socket of commands.py, `pace` how many seconds pass between what is typed."""
        folder.mkdir()
        self.folder = folder / "house"
        self._pace = pace
        self.sip, self.http = free_udp_port(), free_port()
        self.broker = Mosquitto(folder)
        self.broker.start()
        self._terminals: list[_Terminal] = []
        self._phone = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.folder.mkdir()
        self._furnish(commands)

    def write(self, name: str, text: str, mode: str = "w") -> None:
        """A file, with our ports in it."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open(mode) as file:
            file.write(("\n" if mode == "a" else "") + self._here(text))

    def type(self, block: Block) -> None:
        """Type a block, and see that it prints what the page shows."""
        if (at_first := block.marked("stays")) is not None:
            ((command, expected),) = block.commands
            terminal = self._start(block, command, expected)
            self._wait(terminal, expected[: int(at_first.split()[0]) if at_first else None])
        elif (typing := block.marked("typing")) is not None:
            ((command, expected),) = block.commands
            self._type_into(block, command, expected, typing.split(", "))
        elif block.marked("Ctrl-C") is not None:
            for line in block.text.splitlines():
                self._interrupt(self._start(block, line, []))
        else:
            for command, expected in block.commands:
                self._run(block, command, expected)

    def start(self, command: str, until: str) -> None:
        """Start what the page takes for granted, and wait for these words."""
        block = Block("what is there before", 0, "console", (), command)
        self._start(block, command, [])
        self.wait_until_printed(until)

    def wait_until_printed(self, words: str) -> None:
        """Wait for what the program that was started last says somewhere in a line."""
        until = time.monotonic() + PATIENCE
        while words not in self._printed(self._terminals[-1]):
            assert time.monotonic() < until, self._printed(self._terminals[-1])
            time.sleep(0.05)

    def subscribe(self, extension: str) -> None:
        """Be a phone that watches, and answers nothing."""
        self._phone.bind(("127.0.0.1", 0))
        host = "{}:{}".format(*self._phone.getsockname())
        request = _SUBSCRIBE.format(extension=extension, host=host, port=self.sip).replace("\n", "\r\n")
        self._phone.sendto(request.encode(), ("127.0.0.1", self.sip))
        self.wait_until_printed("subscribe_created")

    def finish(self) -> None:
        """See that what was left running has printed all that the page shows."""
        for terminal in self._terminals:
            self._wait(terminal, terminal.expected)
            assert "Traceback" not in self._printed(terminal), self._printed(terminal)

    def close(self) -> None:
        """End what was left running."""
        for terminal in reversed(self._terminals):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(terminal.process.pid, signal.SIGKILL)
            terminal.process.wait()
        self.broker.close()
        self._phone.close()

    def _run(self, block: Block, command: str, expected: list[str]) -> None:
        if command.endswith("&"):
            self._begin(block, command)
            return
        until = time.monotonic() + PATIENCE
        while True:
            terminal = self._start(block, command, expected)
            status = terminal.process.wait(PATIENCE)
            if not self._asks(command) or missing(expected, self._printed(terminal)) is None:
                break
            assert time.monotonic() < until, self._complaint(terminal, expected)
            self._terminals.remove(terminal)
            time.sleep(self._pace)
        self._wait(terminal, expected)
        may_fail = block.marked("fails") is not None
        assert (status != 0) == may_fail, (
            f"{block}: exit status {status} of {command}\n{self._printed(terminal)}"
        )

    def _begin(self, block: Block, command: str) -> None:
        """What goes on beside the rest; whoever listens is waited for, until he hears."""
        heard = self.broker.log().count("SUBACK")
        assert self._start(block, command, []).process.wait(PATIENCE) == 0
        until = time.monotonic() + PATIENCE
        while "mosquitto_sub" in command and self.broker.log().count("SUBACK") == heard:
            assert time.monotonic() < until, self.broker.log()
            time.sleep(0.05)

    def _start(
        self, block: Block, command: str, expected: list[str], terminal: int | None = None
    ) -> _Terminal:
        output = self.folder.parent / f"terminal-{len(list(self.folder.parent.glob('terminal-*')))}"
        with output.open("wb") as file:
            process = subprocess.Popen(
                ["bash", "-euc", self._here(command)],
                cwd=self.folder,
                env=self._environment(),
                stdin=subprocess.DEVNULL if terminal is None else terminal,
                stdout=file,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        found = _Terminal(block, expected, output, process)
        self._terminals.append(found)
        return found

    def _type_into(self, block: Block, command: str, expected: list[str], typed: list[str]) -> None:
        """A program that wants a terminal: what is typed is typed until it has had its effect."""
        ours, its = pty.openpty()
        try:
            terminal = self._start(block, command, expected, its)
            self._wait(terminal, expected[:2])
            until = time.monotonic() + PATIENCE
            while missing(expected, self._printed(terminal)) is not None:
                assert time.monotonic() < until, self._complaint(terminal, expected)
                os.write(ours, f"{typed[0]}\n".encode())
                time.sleep(2 * self._pace)
            os.write(ours, f"{typed[1]}\n".encode())
            assert terminal.process.wait(PATIENCE) == 0
        finally:
            os.close(ours)
            os.close(its)

    def _interrupt(self, terminal: _Terminal) -> None:
        """What runs until somebody ends it has nothing to say against how it was started."""
        time.sleep(6 * self._pace)
        assert terminal.process.poll() is None, self._printed(terminal)
        os.killpg(terminal.process.pid, signal.SIGINT)
        terminal.process.wait(PATIENCE)

    def _wait(self, terminal: _Terminal, expected: list[str]) -> None:
        """What goes on in the background prints into the same terminal, between or behind."""
        beside = [other for other in self._terminals if other.block is terminal.block]
        until = time.monotonic() + PATIENCE
        while all(missing(expected, self._printed(one)) is not None for one in (terminal, *beside)):
            assert time.monotonic() < until, self._complaint(terminal, expected)
            time.sleep(0.05)

    def _complaint(self, terminal: _Terminal, expected: list[str]) -> str:
        printed = self._printed(terminal)
        return f"{terminal.block}: never printed: {missing(expected, printed)}\nbut:\n{printed}"

    def _printed(self, terminal: _Terminal) -> str:
        text = terminal.output.read_text(errors="replace")
        for ours, theirs in self._names:
            text = text.replace(theirs, ours)
        return text

    def _here(self, text: str) -> str:
        for name, here in self._names:
            text = text.replace(name, here)
        return text

    @property
    def _names(self) -> list[tuple[str, str]]:
        """What the pages call things, and what they are called here."""
        return [
            ("127.0.0.1:9464", f"127.0.0.1:{self.http}"),
            ("127.0.0.1:5060", f"127.0.0.1:{self.sip}"),
            ("127.0.0.1:1883", f"127.0.0.1:{self.broker.port}"),
            ("@127.0.0.1>", f"@127.0.0.1:{self.sip}>"),
            ("/srv/", f"{self.folder}/srv/"),
            ("/etc/presence-bridge/", f"{self.folder}/etc/presence-bridge/"),
        ]

    def _asks(self, command: str) -> bool:
        words = command.split()
        return words[0] == "curl" or (words[0] == "presence-bridge" and words[1] in _ASKS)

    def _environment(self) -> dict[str, str]:
        return {
            "PATH": f"{self.folder / '.venv/bin'}:{os.environ['PATH']}:/usr/sbin",
            "HOME": str(self.folder),
            "TZ": "UTC",
            "TOKEN": "0123456789abcdef",
            "PRESENCE_BRIDGE_MQTT__HOST": "127.0.0.1",
            "PRESENCE_BRIDGE_MQTT__PORT": str(self.broker.port),
            "PRESENCE_BRIDGE_SIP__LISTEN": f'["udp://127.0.0.1:{self.sip}"]',
            "PRESENCE_BRIDGE_HTTP__LISTEN": f"127.0.0.1:{self.http}",
        }

    def _furnish(self, commands: Path) -> None:
        for name in _COPIED:
            source = ROOT / name
            (shutil.copytree if source.is_dir() else shutil.copy)(source, self.folder / name)
        programs = self.folder / ".venv/bin"
        programs.mkdir(parents=True)
        (self.folder / "srv").mkdir()
        for name, script in (
            ("presence-bridge", _COMMAND),
            ("mosquitto_pub", _PUBLISH),
            ("mosquitto_sub", _LISTEN),
            ("pip", "#!/bin/false\n"),  # `make setup` looks for it, and finds that nothing is left to install
        ):
            program = programs / name
            program.write_text(
                script.format(
                    python=sys.executable,
                    commands=Path(__file__).with_name("commands.py"),
                    socket=commands,
                    port=self.broker.port,
                    pace=self._pace,
                )
            )
            program.chmod(0o755)
        (self.folder / ".venv/.installed").touch()
