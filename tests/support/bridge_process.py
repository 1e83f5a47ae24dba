"""The bridge as a process of its own, on free ports of loopback."""

import contextlib
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent

_OPTIONS = (
    "OPTIONS sip:127.0.0.1:{port} SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:{own};rport;branch=z9hG4bKready{own}\r\n"
    "From: <sip:test@127.0.0.1>;tag=ready\r\nTo: <sip:127.0.0.1>\r\nCall-ID: ready-{own}\r\n"
    "CSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n"
)


def free_udp_port() -> int:
    """A port of 127.0.0.1 that nobody uses, by UDP or by TCP."""
    while True:
        with (
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe,
            socket.socket(socket.AF_INET, socket.SOCK_STREAM) as stream,
        ):
            probe.bind(("127.0.0.1", 0))
            with contextlib.suppress(OSError):
                stream.bind(probe.getsockname())
                return probe.getsockname()[1]


class BridgeProcess:
    """`python -m bridge run` with hints such as "2000 = SIP/2000,CustomPresence:2000".

    `sip` and `extra` are further lines for the section [sip] and for the end of the file. It listens on
    one port by UDP, and by the stream transport `stream` if one is named.
    """

    def __init__(
        self,
        folder: Path,
        mqtt_port: int,
        hints: list[str],
        *,
        sip: str = "",
        extra: str = "",
        stream: str = "",
    ) -> None:
        self.port = free_udp_port()
        self.config = folder / f"bridge-{self.port}.toml"
        self._log = folder / f"bridge-{self.port}.log"
        self._process: subprocess.Popen[bytes] | None = None
        self._log.touch()
        transports = ["udp", stream] if stream else ["udp"]
        sections = [
            f'[mqtt]\nhost = "127.0.0.1"\nport = {mqtt_port}',
            f"[sip]\nlisten = {[f'{transport}://127.0.0.1:{self.port}' for transport in transports]}\n{sip}",
            '[http]\nlisten = "127.0.0.1:0"',
        ]
        for hint in hints:
            extension, _, text = hint.partition(" = ")
            sections.append(f'[[hints]]\nextension = "{extension}"\nhint = "{text}"')
        self.config.write_text("\n\n".join([*sections, extra]))

    @property
    def pid(self) -> int:
        """The process id."""
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        """Start, and return when it answers by SIP and has read what the broker retains."""
        before = len(self.log())
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-W", "error", "-m", "bridge", "run", "--config", self.config],
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=ROOT,
            )
        until = time.monotonic() + 15
        while not (self._answers() and "broker_synchronised" in self.log()[before:]):
            assert self._process.poll() is None, self.log()
            assert time.monotonic() < until, self.log()
            time.sleep(0.02)

    def stop(self) -> None:
        """Ask it to end, as a service manager does, and see that it does so well."""
        process, self._process = self._process, None
        if process is None:
            return
        process.send_signal(signal.SIGTERM)
        try:
            assert process.wait(10) == 0, self.log()
        finally:
            process.kill()
        assert "Traceback" not in self.log(), self.log()

    def kill(self) -> None:
        """SIGKILL: no goodbye to anybody."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()

    def log(self) -> str:
        """What it has written so far."""
        return self._log.read_text()

    def _answers(self) -> bool:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.bind(("127.0.0.1", 0))
            probe.settimeout(0.1)
            request = _OPTIONS.format(port=self.port, own=probe.getsockname()[1])
            with contextlib.suppress(TimeoutError, ConnectionError):
                probe.sendto(request.encode(), ("127.0.0.1", self.port))
                return probe.recv(65535).startswith(b"SIP/2.0 200")
            return False
