"""A whole house for one test: broker, bridge, phones, publisher, and the record of what they see."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path

from faults.process import FaultyBridge, FaultyBroker
from support.invariants import Verdict, check
from support.phones_outside import PhonesOutside
from support.publisher import Publisher
from support.record import Record
from support.relay import FAIR, UdpRelay, Weather

# Seconds within which all must be true again: the longest pause between two tries to reach the broker, and one.
WITHIN = 31.0


class House:
    """`extensions` are numbered from 2000, each with a provider of the same name."""

    def __init__(
        self,
        folder: Path,
        extensions: int,
        *,
        sip: str = "",
        extra: str = "",
        stream: str = "",
        mqtt_port: int = 0,
    ) -> None:
        self.record = Record()
        self.broker = FaultyBroker(folder)
        self.extensions = [str(2000 + number) for number in range(extensions)]
        hints = [f"{name} = ,CustomPresence:{name}" for name in self.extensions]
        port = mqtt_port or self.broker.port
        self.bridge = FaultyBridge(folder, port, hints, sip=sip, extra=extra, stream=stream)
        self.publisher = Publisher(self.record, self.broker.port)
        self.relay: UdpRelay | None = None
        self.phones: PhonesOutside

    async def subscribe(self, phones: int, within: float = 20.0) -> None:
        """So many phones, spread over the extensions; returns when each has been told something."""
        for number in range(phones):
            self.phones.add(self.extensions[number % len(self.extensions)]).subscribe()
        await self.phones.until(lambda: all(phone.shown for phone in self.phones), within, "first NOTIFYs")

    async def converged(self, within: float = WITHIN, *, phones: Iterable[object] | None = None) -> float:
        """Wait until all phones show what was published last; returns the seconds that it took."""
        began_at = self.record.clock()
        await self.publisher.settled(within)
        watched = [*self.phones] if phones is None else [*phones]

        def behind() -> list[str]:
            wanted = {name: f"m{self.record.taken[name]}" for name in self.extensions}
            return [
                f"{phone.call_id} shows {phone.shown}, not {wanted[phone.extension]}"
                for phone in watched
                if self.record.taken[phone.extension]
                and (phone.shown or ("", "", ""))[2] != wanted[phone.extension]
            ]

        until = began_at + within
        while found := behind():
            assert self.record.clock() < until, f"{len(found)} of {len(watched)} in vain: {found[:3]}"
            await asyncio.sleep(0.02)
        return self.record.clock() - began_at

    async def refreshed(self, within: float = 20.0) -> None:
        """Let every phone refresh, and wait for the answers: a dialog that is not known any more gets 481."""
        for phone in self.phones:
            if not phone.is_waiting:
                phone.refresh()
        await self.phones.until(
            lambda: not any(phone.is_waiting for phone in self.phones), within, "refreshes"
        )

    def verdict(self, *, clean: bool = True, converged: bool = True) -> Verdict:
        """What the record shows; raises AssertionError when a promise was not kept."""
        return check(self.record, clean=clean, converged=converged).require()


@asynccontextmanager
async def house(
    folder: Path,
    extensions: int = 4,
    *,
    weather: Weather | None = None,
    seed: int = 1,
    sockets: int = 2,
    started: bool = True,
    keeps: bool = False,
    prefix: tuple[str, ...] = (),
    environment: dict[str, str] | None = None,
    **options: object,
) -> AsyncIterator[House]:
    """All of it, running; with `weather`, phones speak through a relay. Everything ends with the test.

    `keeps` is that of the broker.
    """
    home = House(folder, extensions, **options)
    home.bridge.prefix, home.bridge.environment = prefix, environment or {}
    home.broker.keeps = keeps
    home.broker.start()
    target = ("127.0.0.1", home.bridge.port)
    if weather is not None:
        home.relay = UdpRelay(target, seed, FAIR)
        home.relay.start()
        target = home.relay.address
    home.phones = PhonesOutside(home.record, target, sockets=sockets, hidden=weather is not None)
    try:
        async with home.publisher:
            if started:
                await home.bridge.up()
            if home.relay is not None and weather is not None:
                home.relay.change(weather)
            yield home
        if home.bridge._process is not None:
            assert "Traceback" not in home.bridge.log(), home.bridge.log()
    finally:
        home.phones.close()
        if home.relay is not None:
            home.relay.close()
        home.bridge.kill()
        home.broker.close()
