"""A link to a broker under test, and all that it fed and reported."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import fields

from bridge.events import BrokerConnected, BrokerDisconnected, Event, MessageReceived
from bridge.io.backoff import Backoff
from bridge.io.mqtt import Account, MqttLink, MqttOptions

_ACCOUNT = frozenset(field.name for field in fields(Account))


class Recorder:
    """Takes the place of the engine."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.reports: list[str] = []

    def feed(self, event: Event) -> None:
        """Remember the event."""
        self.events.append(event)

    @property
    def messages(self) -> list[tuple[str, bytes, bool]]:
        """Topic, payload and whether it was retained."""
        received = (event for event in self.events if isinstance(event, MessageReceived))
        return [(event.topic, event.payload, event.retained) for event in received]

    @property
    def losses(self) -> list[str]:
        """The reasons of all disconnections."""
        return [event.reason for event in self.events if isinstance(event, BrokerDisconnected)]

    @property
    def connections(self) -> int:
        """How often the broker accepted us."""
        return sum(isinstance(event, BrokerConnected) for event in self.events)

    async def until(self, condition: Callable[[], object], within: float = 10.0) -> None:
        """Wait until the condition holds."""
        deadline = time.monotonic() + within
        while not condition():
            if time.monotonic() > deadline:
                raise AssertionError(f"waited in vain; {self.reports} {self.events[-5:]}")
            await asyncio.sleep(0.005)


@asynccontextmanager
async def linked(
    port: int,
    recorder: Recorder,
    clock: Callable[[], float] = time.monotonic,
    backoff: Backoff | None = None,
    knocking: Backoff | None = None,
    **options: object,
) -> AsyncIterator[MqttLink]:
    """A running link, with short pauses between its tries unless told; cancelled at the end if it still runs."""
    account = {name: options.pop(name) for name in _ACCOUNT & options.keys()}
    settings = {"client_id": "bridge-under-test", "will_topic": "b/bridge/state", **options}
    link = MqttLink(
        MqttOptions(account=Account(**{"host": "127.0.0.1", "port": port, **account}), **settings),
        recorder.feed,
        recorder.reports.append,
        clock,
        backoff or Backoff(first=0.05, last=0.2),
        knocking or Backoff(first=0.05, last=0.2),
    )
    task = asyncio.get_running_loop().create_task(link.run())
    try:
        yield link
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
