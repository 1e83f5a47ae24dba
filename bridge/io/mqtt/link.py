"""The link to the broker: one connection after the other, for as long as the bridge runs."""

import asyncio
import time
from collections.abc import Callable, Iterable
from contextlib import suppress

from paho.mqtt.enums import MQTTProtocolVersion

from bridge.effects import Publish
from bridge.events import BrokerDisconnected, Feed
from bridge.io.backoff import Backoff
from bridge.io.mqtt.connection import Connection, Ending
from bridge.io.mqtt.options import MqttOptions

# Seconds after which a connection counts as good: the pauses begin anew.
_LIVED = 10.0

# Seconds between two tries while nobody answers: what has changed meanwhile shows within two seconds of a
# broker's return. A broker that has refused us is not asked as often.
_KNOCK_FIRST, _KNOCK_LAST = 0.25, 1.25

# Connections in a row that were accepted and lost at once: two clients with one id throw each other
# out for ever, and brokers rarely give that as the reason.
_SUSPICIOUS = 3

# Seconds that the last message may take when the bridge stops.
_FAREWELL_WITHIN = 2.0


class MqttLink:
    """Keeps a connection, tells the engine when there is one, and carries its messages.

    `feed` gets BrokerConnected, MessageReceived and BrokerDisconnected; `report` what else the operator
    should read. All calls and callbacks are on the loop that runs `run()`.
    """

    def __init__(
        self,
        options: MqttOptions,
        feed: Feed,
        report: Callable[[str], None],
        clock: Callable[[], float] = time.monotonic,
        backoff: Backoff | None = None,
        knocking: Backoff | None = None,
    ) -> None:
        """`backoff`: pauses after a broker has refused or dismissed us; `knocking`: while none answers."""
        self._options = options
        self._feed = feed
        self._report = report
        self._clock = clock
        self._backoff = backoff or Backoff()
        self._knocking = knocking or Backoff(_KNOCK_FIRST, _KNOCK_LAST)
        self._knows_5 = options.mqtt5
        self._guess_311 = False
        self._connection: Connection | None = None
        self._short_lives = 0
        self._stopping = asyncio.Event()

    @property
    def connected(self) -> bool:
        """True from the broker's acceptance to the loss of the connection."""
        return self._connection is not None and self._connection.accepted

    async def run(self) -> None:
        """Keep connected until `stop` or until cancelled; a cancelled call makes the broker publish the will."""
        while not self._stopping.is_set():
            connection = Connection(self._options, self._version(), self._feed, self._report, self._clock)
            self._connection = connection
            try:
                ending = await connection.serve()
            finally:
                self._connection = None
            if not self._stopping.is_set():
                await self._recover(ending, connection)

    @property
    def protocol(self) -> str:
        """The version of MQTT that is spoken, `5` or `3.1.1`; empty without a connection."""
        connection = self._connection
        return connection.protocol if connection is not None and connection.accepted else ""

    def publish(
        self,
        topic: str,
        payload: bytes,
        retain: bool,
        qos: int,
        correlation: bytes = b"",
        every: bool = False,
    ) -> None:
        """Publish; without a connection nothing is kept, since the engine publishes its set after each one."""
        if self._connection is not None and self._connection.accepted:
            self._connection.publish(Publish(topic, payload, retain, qos, correlation, every))

    def subscribe(self, filters: Iterable[str]) -> None:
        """Subscribe with QoS 1, for the life of this connection."""
        if self._connection is not None and self._connection.accepted:
            self._connection.subscribe(filters)

    def unsubscribe(self, filters: Iterable[str]) -> None:
        """End the subscriptions to these."""
        if self._connection is not None and self._connection.accepted:
            self._connection.unsubscribe(filters)

    async def stop(self, final: tuple[str, bytes]) -> None:
        """Publish `final` (topic, payload) retained, see to it that the broker has it, disconnect and end `run`.

        Takes three seconds at most; at once without a connection.
        """
        self._stopping.set()
        if self._connection is not None and self._connection.accepted:
            topic, payload = final
            await self._connection.finish(Publish(topic, payload, retain=True), within=_FAREWELL_WITHIN)

    def _version(self) -> MQTTProtocolVersion:
        use_5 = self._knows_5 and not self._guess_311
        return MQTTProtocolVersion.MQTTv5 if use_5 else MQTTProtocolVersion.MQTTv311

    async def _recover(self, ending: Ending, connection: Connection) -> None:
        if ending.version_refused and self._knows_5:
            self._knows_5 = False
            self._report("the broker does not know MQTT 5: the bridge uses MQTT 3.1.1 from now on")
            return
        # amqtt leaves a CONNECT of MQTT 5 unanswered. The guess holds for one connection: the silence
        # may have had another cause.
        self._guess_311 = ending.unanswered and not self._guess_311
        accepted_at = connection.accepted_at
        suspicion = "" if accepted_at is None else self._judge(self._clock() - accepted_at)
        words, kind = ending.reason
        self._feed(BrokerDisconnected(words + suspicion, kind))
        pauses = self._backoff if connection.answered else self._knocking
        with suppress(TimeoutError):
            async with asyncio.timeout(pauses.pause()):
                await self._stopping.wait()

    def _judge(self, lived: float) -> str:
        """Take note of a connection that was accepted for `lived` seconds; words, if there is a pattern."""
        if lived >= _LIVED:
            self._backoff.reset()
            self._short_lives = 0
            return ""
        self._short_lives += 1
        if self._short_lives < _SUSPICIOUS:
            return ""
        return (
            f"; {self._short_lives} times in a row, each shortly after the broker had accepted the bridge: "
            f"does another client use the client id {self._options.client_id}?"
        )
