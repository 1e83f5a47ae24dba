"""The bridge as a service of systemd: told when it is ready, how it is, and that it lives; and what is kept between runs."""

import asyncio
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Final

from bridge.composition.core import Core
from bridge.composition.distribution import Observe
from bridge.effects import BrokerSynchronised, Observation
from bridge.events import Asked
from bridge.io import log
from bridge.io.runner import Runner
from bridge.io.store import Store
from bridge.io.systemd.channel import Channel
from bridge.io.systemd.descriptors import handed_over
from bridge.io.systemd.inheritance import Inheritance
from bridge.io.systemd.keeping import Keeping
from bridge.io.systemd.watchdog import pause
from bridge.topics.readiness import Readiness
from bridge.topics.requests import Answer

# Seconds that the broker has to tell what it retains, before the service counts as started without it: phones
# are served with what the last run knew, and what comes after the bridge in the boot need not wait.
_PATIENCE: Final = 5.0

# Seconds between two looks at how all is.
_STATUS: Final = 5.0

# Seconds for which a slice of work may be due before the engine counts as dead: it is done between two events.
_DEAD: Final = 10.0


class Supervision:
    """`environ` and `pid` are those of the process; without systemd in them nothing is said, and nothing kept.

    `inheritance` and `keeping` are for the listeners.
    """

    def __init__(self, environ: Mapping[str, str], pid: int = 0) -> None:
        self._channel = Channel.of(environ, log.warn)
        self._pause = min(_STATUS, pause(environ, pid) or _STATUS)
        self.inheritance = Inheritance(handed_over(environ, pid), log.warn)
        self.keeping = Keeping(self._channel) if self._channel.is_open else None
        self._synchronised = asyncio.Event()
        self._is_ready = False
        self._reloads = 0
        # What was wrong with the configuration when it was read last.
        self._refusal = ""
        self._status = ""
        self._trouble = ""

    @property
    def is_wanted(self) -> bool:
        """Whether systemd, or what stands in for it, is there to be told."""
        return self._channel.is_open

    async def run(self, core: Core, runner: Runner, store: Store | None) -> None:
        """Say that the bridge is ready, and then how it is and that it lives, for ever."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._synchronised.wait(), _PATIENCE)
        self._is_ready = True
        self._channel.say("READY=1")
        while True:
            self._feed_watchdog(what_is_dead(runner, store))
            self._say_status(self._words(core.readiness(), len(core.notifier)))
            await asyncio.sleep(self._pause)

    def handler(self, kind: type) -> Observe | None:
        """What takes observations of this kind; None where they are passed over."""
        return self._synchronise if kind is BrokerSynchronised else None

    def reloading(self, answer: Answer) -> Answer:
        """Say that the configuration is read anew; `answer`, to be used in place of the one given, ends that."""
        self._reloads += 1
        if self._is_ready and self._reloads == 1:
            # As systemd.service(5) wants it for Type=notify-reload.
            micros = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
            self._channel.say("RELOADING=1", f"MONOTONIC_USEC={micros}")

        def reloaded(error: str, data: Mapping[str, object]) -> None:
            self._reloads -= 1
            self._refusal = error.partition("\n")[0]
            if self._is_ready and not self._reloads:
                self._channel.say("READY=1")
            answer(error, data)

        return reloaded

    def stopping(self) -> None:
        """Say that the bridge ends."""
        self._channel.say("STOPPING=1", "STATUS=Stopping")

    async def close(self) -> None:
        """Say what is still unsaid; nothing is said any more."""
        await self._channel.close()

    def _synchronise(self, _: Observation) -> None:
        self._synchronised.set()

    def _feed_watchdog(self, trouble: str) -> None:
        if not trouble:
            self._channel.say("WATCHDOG=1")
        elif trouble != self._trouble:
            log.fail(f"the watchdog of systemd is not fed any more: {trouble}")
        self._trouble = trouble

    def _say_status(self, words: str) -> None:
        if words != self._status:
            self._status = words
            self._channel.say(f"STATUS={words}")

    def _words(self, readiness: Readiness, subscriptions: int) -> str:
        served = f"{subscriptions} subscription{'' if subscriptions == 1 else 's'}"
        parts = {"broker": readiness.mqtt, "SIP": readiness.sip, "store": readiness.store}
        found = [f"{name}: {part.why}" for name, part in parts.items() if not part.ok]
        if self._trouble:
            found.append(self._trouble)
        if self._refusal:
            found.append(f"the configuration is wrong, the one before is in use: {self._refusal}")
        return "; ".join(("Ready" if readiness.ready else "Not ready", served, *found))


def what_is_dead(runner: Runner, store: Store | None) -> str:
    """Why only another start helps, in words; empty while loop, engine and store live.

    The loop lives, or nobody would ask. The engine answers here and now, and does what is due. A disk that
    hangs is no reason: all goes on in memory, and another start would wait for it.
    """
    if runner.overdue > _DEAD:
        return f"nothing has been done for {runner.overdue:.0f} seconds, though it was due"
    if store is not None and not store.is_alive:
        return "the thread of the store has ended"
    try:
        runner.feed(Asked(lambda _now: None))
    except Exception as error:  # noqa: BLE001 - whatever it is, no event is handled any more
        return f"the engine fails: {error!r}"
    return ""
