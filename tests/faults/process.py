"""Bridge and broker as processes that are killed, hung and started again, at the same ports."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from integration.programs import Mosquitto
from support.bridge_process import ROOT, BridgeProcess
from support.metrics import Scrape, metrics_url, scrape


class FaultyBroker(Mosquitto):
    """Mosquitto, that can be thawed. With `keeps` it writes down what is retained when SIGTERM ends it, and reads it
    when it is started again; a kill makes it forget everything.
    """

    keeps = False

    def start(self, *lines: str) -> None:
        """With these lines in place of anonymous access."""
        kept = ("persistence true", f"persistence_location {self._folder}/") if self.keeps else ()
        super().start(*(lines or ("allow_anonymous true",)), *kept)

    def kill(self) -> None:
        """SIGKILL. What an earlier one has written down is old by now, and goes with it."""
        super().kill()
        (self._folder / "mosquitto.db").unlink(missing_ok=True)

    def thaw(self) -> None:
        """Go on after `freeze`."""
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)


class FaultyBridge(BridgeProcess):
    """`prefix` are words before the command, `environment` is added to that of the tests."""

    prefix: tuple[str, ...] = ()
    environment: dict[str, str]

    def __init__(self, *args: object, **options: object) -> None:
        super().__init__(*args, **options)
        self.environment = {}

    def begin(self) -> None:
        """Start, and do not wait."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [*self.prefix, sys.executable, "-W", "error", "-m", "bridge", "run", "--config", self.config],
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=ROOT,
                env=os.environ | self.environment,
            )

    async def up(self, within: float = 30.0, *, broker: bool = True) -> None:
        """Start, and wait until it answers by SIP and, with a `broker`, has read what that retains."""
        seen = len(self.log())
        self.begin()
        until = time.monotonic() + within
        while not (
            await asyncio.to_thread(self._answers)
            and (not broker or "broker_synchronised" in self.log()[seen:])
        ):
            assert self._process is not None
            assert self._process.poll() is None, self.log()[-3000:]
            assert time.monotonic() < until, self.log()[-3000:]
            await asyncio.sleep(0.02)

    async def down(self) -> None:
        """SIGTERM, as a service manager does."""
        await asyncio.to_thread(self.stop)

    def kill(self) -> None:
        """SIGKILL: no goodbye to anybody."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()

    def signal(self, number: signal.Signals) -> None:
        """Any other signal."""
        os.kill(self.pid, number)

    @property
    def store(self) -> Path:
        """The file of the store."""
        return self.config.with_suffix(".db")

    @property
    def rss(self) -> int:
        """Resident memory in kB."""
        for line in Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1])
        raise AssertionError("no VmRSS")

    @property
    def descriptors(self) -> int:
        """How many files and sockets are open."""
        return sum(1 for _ in Path(f"/proc/{self.pid}/fd").iterdir())

    async def metrics(self) -> Scrape:
        """What it exposes now."""
        return await asyncio.to_thread(scrape, metrics_url(self.log()))

    async def metrics_until(self, condition, within: float = 10.0) -> Scrape:
        """The first scrape of which `condition` is true."""
        until = time.monotonic() + within
        while True:
            if condition(seen := await self.metrics()):
                return seen
            assert time.monotonic() < until, "it does not come about"
            await asyncio.sleep(0.05)
