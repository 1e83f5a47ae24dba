"""A connection to the broker beside the bridge's own: what is said there, and when it was heard."""

import asyncio
import secrets
from collections.abc import Callable, Sequence
from contextlib import suppress

from bridge.commands.stopwatch import Stopwatch
from bridge.events import BrokerConnected, BrokerDisconnected, Event, MessageReceived
from bridge.io.mqtt import Account, MqttLink, MqttOptions
from bridge.io.tasks import Tasks
from bridge.topics.route import FactRead, Rejected, Routes


class Ear:
    """A connection to the broker that stamps live messages, for stopwatches; it can also publish."""

    def __init__(
        self, account: Account, base_topic: str, stopwatches: Sequence[Stopwatch], warn: Callable[[str], None]
    ) -> None:
        self._routes = Routes(base_topic)
        self._stopwatches = tuple(stopwatches)
        self._warn = warn
        self._settled = asyncio.Event()
        self._down = False
        self._tasks = Tasks(lambda name, error: warn(f"{name} failed: {error!r}"))
        client_id = f"presence-bridge-watch-{secrets.token_hex(4)}"
        self._last_word = (f"{base_topic}/watch/{client_id}", b"")
        options = MqttOptions(
            account=account,
            client_id=client_id,
            # Nobody is to remember this client: an empty retained message leaves nothing behind.
            will_topic=self._last_word[0],
            will_payload=self._last_word[1],
            # Every broker speaks the older version, the embedded one included.
            mqtt5=False,
        )
        self._link = MqttLink(options, self._feed, warn)

    async def start(self, within: float) -> None:
        """Connect, and go on trying; return when the first try has ended, or after `within` seconds."""
        self._tasks.start("mqtt-ear", self._link.run())
        with suppress(TimeoutError):
            async with asyncio.timeout(within):
                await self._settled.wait()

    def publish(self, topic: str, payload: bytes) -> None:
        """Publish retained; dropped without a connection."""
        self._link.publish(topic, payload, retain=True, qos=1)

    async def stop(self) -> None:
        """Disconnect."""
        await self._link.stop(self._last_word)
        await self._tasks.stop()

    def _feed(self, event: Event) -> None:
        if isinstance(event, MessageReceived):
            if not event.retained:
                self._heard(event)
        elif isinstance(event, BrokerConnected):
            self._link.subscribe(self._routes.filters)
            self._down = False
            self._settled.set()
        elif isinstance(event, BrokerDisconnected):
            self._lost(event.reason)

    def _lost(self, reason: str) -> None:
        for stopwatch in self._stopwatches:
            stopwatch.forget()
        # Every further try fails as well, for the same reason as a rule.
        if not self._down:
            self._warn(reason)
        self._down = True
        self._settled.set()

    def _heard(self, event: MessageReceived) -> None:
        try:
            reading = self._routes.read(event.topic, event.payload, event.retained)
        except Rejected:
            return
        if isinstance(reading, FactRead):
            for stopwatch in self._stopwatches:
                stopwatch.heard(reading.key, event.at)
