"""`presence-bridge demo`: everything in one process and one terminal, with nothing needed beforehand."""

import argparse
import asyncio
import itertools
import signal
import sys
import tempfile
from contextlib import AsyncExitStack, suppress
from functools import partial
from pathlib import Path
from typing import Final

from bridge.commands.command import account_of
from bridge.commands.ear import Ear
from bridge.commands.phone import Phone
from bridge.commands.screen import choose_screen
from bridge.commands.stage import HOST, Stage, build_stage
from bridge.commands.stopwatch import GRACE, Stopwatch, begins_anew
from bridge.commands.wording import refusal
from bridge.composition import Bridge, StartError
from bridge.config import Listener, Settings, load
from bridge.effects import BrokerSynchronised, Observation
from bridge.events import Address
from bridge.io.embedded import EmbeddedBroker, EmbeddedBrokerError
from bridge.io.tasks import Tasks
from bridge.subscriber.reports import Refused, Report, Seen

NAME = "demo"
HELP = "show it working: a broker, the bridge and two watching phones, all in this terminal"
NEEDS_CONFIG = False

# Where everybody is when the demo begins, and what `--play` publishes after that: topics under the
# base topic.
_START: Final = (
    ("presence/2000", "available"),
    ("presence/2001", "available"),
    ("device/SIP/2000", "NOT_INUSE"),
    ("device/SIP/2001", "NOT_INUSE"),
)
_PLAY: Final = (
    ("presence/2000", "away,lunch,back at 13:00"),
    ("device/SIP/2001", "RINGING"),
    ("device/SIP/2001", "INUSE"),
    ("presence/2001", '{"state": "dnd", "message": "with a customer"}'),
    ("device/SIP/2001", "ONHOLD"),
    ("presence/2000", "available"),
    ("device/SIP/2001", "NOT_INUSE"),
    ("presence/2001", "chat,ask me anything"),
    ("device/SIP/2000", "UNAVAILABLE"),
    ("device/SIP/2000", "NOT_INUSE"),
)
_PLAY_SECONDS: Final = 1.5

# Seconds for each part to be ready, which needs milliseconds.
_PATIENCE: Final = 5.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """How long, how it looks, and whether something moves by itself."""
    parser.add_argument("--play", action="store_true", help="change some states by MQTT, one after the other")
    parser.add_argument("--plain", action="store_true", help="write lines, not a table")
    parser.add_argument("--seconds", type=float, metavar="N", help="end after N seconds")


def run(args: argparse.Namespace, _settings: Settings) -> int:
    """Run until a signal comes or the time is over (0); 1 if it cannot start."""
    with tempfile.TemporaryDirectory(prefix="presence-bridge-") as folder:
        return asyncio.run(_Demo(args, build_stage(Path(folder))).serve())


class _Demo:
    """One run of the command."""

    def __init__(self, args: argparse.Namespace, stage: Stage) -> None:
        self._stage = stage
        self._server = Listener("udp", HOST, stage.sip)
        self._seconds: float | None = args.seconds
        self._play: bool = args.play
        self._settings = load(stage.config, {})
        self._stopwatches = {hint.extension: Stopwatch(hint.keys) for hint in self._settings.parsed_hints}
        self._screen = choose_screen(tuple(self._stopwatches), plain=args.plain)
        self._last: dict[str, Seen] = {}
        self._stop = asyncio.Event()
        self._synchronised = asyncio.Event()

    async def serve(self) -> int:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._stop.set)
        async with AsyncExitStack() as stack:
            try:
                await self._open(stack)
            except (EmbeddedBrokerError, StartError) as error:
                print(error, file=sys.stderr)
                return 1
            with suppress(TimeoutError):
                async with asyncio.timeout(self._seconds):
                    await self._stop.wait()
        return 0

    async def _open(self, stack: AsyncExitStack) -> None:
        """Start one part after the other; the stack ends them in the opposite order."""
        broker = EmbeddedBroker(Address(HOST, self._stage.mqtt))
        stack.push_async_callback(broker.stop)
        await broker.start()

        ear = Ear(
            account_of(self._settings),
            self._settings.base_topic,
            tuple(self._stopwatches.values()),
            self._screen.note,
        )
        stack.push_async_callback(ear.stop)
        await ear.start(_PATIENCE)
        for topic, payload in _START:
            self._publish(ear, topic, payload)

        bridge = Bridge(self._settings, (self._observe,), mqtt5=False)
        stack.push_async_callback(bridge.stop)
        await bridge.start()
        with suppress(TimeoutError):
            async with asyncio.timeout(_PATIENCE):
                await self._synchronised.wait()

        for stopwatch in self._stopwatches.values():
            # What was published so far is the beginning, and nobody's change.
            stopwatch.forget()

        self._screen.open(self._stage.introduction)
        stack.callback(self._screen.close)
        server = self._server
        for extension in self._stopwatches:
            phone = Phone(extension, "demo", server, self._told)
            stack.push_async_callback(phone.stop)
            phone.start()

        if self._play:
            tasks = Tasks(lambda name, error: self._screen.note(f"{name} failed: {error!r}"))
            stack.push_async_callback(tasks.stop)
            tasks.start("play", self._keep_playing(ear))

    def _observe(self, observation: Observation) -> None:
        if isinstance(observation, BrokerSynchronised):
            self._synchronised.set()

    def _told(self, report: Report) -> None:
        if self._stop.is_set():
            return
        if isinstance(report, Refused):
            self._screen.note(refusal(report, self._server))
        elif isinstance(report, Seen):
            last = self._last.get(report.extension)
            if last is None or last.picture != report.picture:
                show = partial(self._show, report, begins_anew(last))
                asyncio.get_running_loop().call_later(GRACE, show)
            self._last[report.extension] = report

    def _show(self, seen: Seen, first: bool) -> None:
        self._screen.show(seen, self._stopwatches[seen.extension].latency(seen.at, first=first))

    async def _keep_playing(self, ear: Ear) -> None:
        for topic, payload in itertools.cycle(_PLAY):
            await asyncio.sleep(_PLAY_SECONDS)
            self._publish(ear, topic, payload)

    def _publish(self, ear: Ear, topic: str, payload: str) -> None:
        ear.publish(f"{self._settings.base_topic}/{topic}", payload.encode())
