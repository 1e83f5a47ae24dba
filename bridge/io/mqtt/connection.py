"""One connection to an MQTT broker: what paho tells becomes events, what is published keeps to a window.

A client object serves one connection, so that nothing of a broken one lives on in the next.
"""

import asyncio
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags, MQTTMessage
from paho.mqtt.enums import MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from bridge.effects import Publish
from bridge.events import BrokerConnected, Feed, MessageReceived, PublishRefused
from bridge.io.mqtt import reasons
from bridge.io.mqtt.client import BrokerClient
from bridge.io.mqtt.driver import Driver, described, origin
from bridge.io.mqtt.options import MqttOptions
from bridge.io.mqtt.outbox import Outbox
from bridge.io.mqtt.properties import correlated, new_properties, way_back
from bridge.io.mqtt.reasons import Reason
from bridge.io.tasks import call_in_thread

# Seconds for the network and TLS, and for the broker to answer CONNECT.
_REACH_WITHIN = 5.0
_ACCEPT_WITHIN = 10.0

# Seconds between looks at the keepalive, and for the last packet to leave.
_TICK = 1.0

# Publications that the broker has not acknowledged yet. paho's loop_read reads as many packets in one
# go as this (its argument is ignored), so the number bounds a stretch of reading as well.
_WINDOW = 8

# MQTT 5 section 3.1.2.11.4. Larger than any truth; without it a payload of 100 MB is delivered.
_LARGEST_PACKET = 256 * 1024

# MQTT 5 section 3.1.2.11.3 says that leaving this out means the same, but mosquitto then keeps to 20
# messages in flight and 1,000 waiting: of 10,000 retained ones it delivers 1,020 and drops the rest.
_RECEIVE_MAXIMUM = 65_535

# Filters in one SUBSCRIBE: AWS IoT Core refuses more.
_FILTERS_AT_ONCE = 8


class Ending(NamedTuple):
    """Why a connection ended.

    `version_refused`: the broker does not know this MQTT version. `unanswered`: it took our CONNECT and
    answered nothing, which some brokers do with a version that they do not know.
    """

    reason: Reason
    version_refused: bool = False
    unanswered: bool = False


class Connection:
    """`serve()` connects, and returns when the connection has ended.

    `accepted_at` is the monotonic second at which the broker accepted us, None if it never did; `answered`
    tells whether it said anything to us, a refusal included.
    """

    def __init__(
        self,
        options: MqttOptions,
        protocol: MQTTProtocolVersion,
        feed: Feed,
        report: Callable[[str], None],
        clock: Callable[[], float],
    ) -> None:
        self.accepted_at: float | None = None
        self.answered = False
        self._options = options
        self._feed = feed
        self._report = report
        self._clock = clock
        self._speaks_5 = protocol is MQTTProtocolVersion.MQTTv5
        self._client = _new_client(options, protocol)
        self._driver = Driver(self._client, lambda: self._messages, self._failed, clock)
        self._ending: asyncio.Future[Ending] = asyncio.get_running_loop().create_future()
        self._drained: asyncio.Future[None] | None = None
        self._closed = False
        self._messages = 0
        self._window = _WINDOW
        self._outbox = Outbox()
        self._unacknowledged: dict[int, str] = {}
        self._subscribing: dict[int, tuple[str, ...]] = {}
        self._told: set[str] = set()

    @property
    def protocol(self) -> str:
        """The version of MQTT, `5` or `3.1.1`."""
        return "5" if self._speaks_5 else "3.1.1"

    @property
    def accepted(self) -> bool:
        """True from the broker's acceptance to the end."""
        return self.accepted_at is not None and not self._ending.done()

    async def serve(self) -> Ending:
        """Connect, carry messages until the connection ends, and tell why it did.

        A cancelled call closes the socket without a word, so that the broker publishes the last will.
        """
        try:
            await self._open()
            await self._watch()
            return self._ending.result()
        finally:
            self._end(Reason("closed"))
            self._closed = True
            self._driver.close()

    def publish(self, message: Publish) -> None:
        """Send, or keep until the broker has acknowledged what was sent before."""
        if not self._outbox.put(message):
            self._report_once("dropped", f"a message to {message.topic} was dropped: the broker is too slow")
        self._pump()

    def subscribe(self, filters: Iterable[str]) -> None:
        """Subscribe with QoS 1. A refused filter is reported."""
        wanted = list(dict.fromkeys(filters))
        for start in range(0, len(wanted), _FILTERS_AT_ONCE):
            some = wanted[start : start + _FILTERS_AT_ONCE]
            try:
                _, mid = self._client.subscribe([(topic_filter, 1) for topic_filter in some])
            except ValueError as error:
                self._report(f"cannot subscribe to {', '.join(map(repr, some))}: {error}")
                continue
            if mid is not None:
                self._subscribing[mid] = tuple(some)

    def unsubscribe(self, filters: Iterable[str]) -> None:
        """End the subscriptions to these."""
        self._client.unsubscribe(list(filters))

    async def finish(self, last: Publish, within: float) -> None:
        """Publish what waits and then `last`, give the broker `within` seconds to acknowledge, disconnect."""
        self._drained = asyncio.get_running_loop().create_future()
        self.publish(last)
        both: tuple[asyncio.Future[Any], ...] = (self._drained, self._ending)
        await asyncio.wait(both, timeout=within, return_when=asyncio.FIRST_COMPLETED)
        self._client.disconnect()
        await asyncio.wait((self._ending,), timeout=_TICK)
        self._end(Reason("disconnected"))

    async def _open(self) -> None:
        try:
            await call_in_thread("mqtt-connect", self._reach)
        except Exception as error:  # noqa: BLE001 - whatever the network and its libraries raise
            self._end(reasons.of_error(error, self._options.account))
            return
        client = self._client
        client.on_connect = self._guarded(self._on_connect)
        client.on_disconnect = self._guarded(self._on_disconnect)
        client.on_message = self._guarded(self._on_message)
        client.on_subscribe = self._guarded(self._on_subscribe)
        client.on_publish = self._guarded(self._on_publish)
        if not self._driver.attach():
            self._end(reasons.closed(self._options.account, self._client.alert), unanswered=True)

    def _reach(self) -> None:
        """Runs in a thread. No callback is set yet, so that paho calls nothing of ours in it."""
        self._client.reach(self._options.keepalive_seconds, _limits() if self._speaks_5 else None)
        sock = self._client.socket()
        if self._closed and sock is not None:
            sock.close()

    async def _watch(self) -> None:
        accept_by = self._clock() + _ACCEPT_WITHIN
        while not self._ending.done():
            await asyncio.wait((self._ending,), timeout=_TICK)
            if self.accepted_at is None and self._clock() > accept_by:
                self._end(reasons.unanswered(_ACCEPT_WITHIN), unanswered=True)
            self._driver.tick()

    def _failed(self, words: str) -> None:
        self._end(Reason(words))

    def _end(self, reason: Reason, version_refused: bool = False, unanswered: bool = False) -> None:
        """The first reason is the true one: paho reports a loss twice, and a refusal as a loss as well."""
        if not self._ending.done():
            self._ending.set_result(Ending(reason, version_refused, unanswered))

    # --- paho calls -------------------------------------------------------------------------------

    def _guarded(self, callback: Callable[..., None]) -> Callable[..., None]:
        """`callback`, whose failure is reported: inside paho it would end the reading in mid-packet."""

        def guarded(*arguments: object) -> None:
            try:
                callback(*arguments)
            except Exception as error:  # noqa: BLE001 - see above
                self._report_once(origin(error), f"an MQTT packet was not handled: {described(error)}")

        return guarded

    def _on_connect(
        self, _client: Client, _data: object, _flags: ConnectFlags, code: ReasonCode, properties: Properties
    ) -> None:
        self.answered = True
        if code.is_failure:
            refused = code.value == reasons.UNSUPPORTED_VERSION
            self._end(reasons.of_refusal(code, self._options.account), version_refused=refused)
            return
        if self.accepted_at is not None:
            self._end(reasons.BROKEN_PROTOCOL)  # [MQTT-3.2.0-2]: one CONNACK and no more
            return
        self._window = min(_WINDOW, getattr(properties, "ReceiveMaximum", _WINDOW))
        self.accepted_at = self._clock()
        self._feed(BrokerConnected(tells_refusals=self._speaks_5))

    def _on_disconnect(
        self, _client: Client, _data: object, flags: DisconnectFlags, code: ReasonCode, _props: Properties
    ) -> None:
        if flags.is_disconnect_packet_from_server:
            self._end(reasons.of_dismissal(code, self._options))
        elif self.accepted_at is None:
            self._end(reasons.of_silence(code, self._options.account, self._client.alert), unanswered=True)
        else:
            self._end(reasons.of_loss(code, self._options, self._client.alert))

    def _on_message(self, _client: Client, _data: object, message: MQTTMessage) -> None:
        at = self._clock()
        self._messages += 1
        try:
            topic = message.topic
        except UnicodeDecodeError:
            self._report_once("topic", "a message was ignored: its topic is not UTF-8")
            return
        payload = bytes(message.payload)
        self._feed(MessageReceived(topic, payload, message.retain, at, *way_back(message.properties)))

    def _on_subscribe(
        self, _client: Client, _data: object, mid: int, codes: list[ReasonCode], _props: Properties
    ) -> None:
        for topic_filter, code in zip(self._subscribing.pop(mid, ()), codes, strict=False):
            if code.is_failure:
                self._report(f"the broker refused the subscription to {topic_filter}: {code}")

    def _on_publish(
        self, _client: Client, _data: object, mid: int, code: ReasonCode, _props: Properties
    ) -> None:
        topic = self._unacknowledged.pop(mid, None)
        if code.is_failure:
            self._feed(PublishRefused(topic or "", str(code)))
        # Not at once: paho may be walking through its table of messages.
        asyncio.get_running_loop().call_soon(self._pump)

    # --- what is published ------------------------------------------------------------------------

    def _pump(self) -> None:
        """Hand over to paho what the window has room for."""
        while len(self._unacknowledged) < self._window and (message := self._outbox.take()) is not None:
            properties = correlated(message.correlation) if self._speaks_5 else None
            try:
                sent = self._client.publish(
                    message.topic, message.payload, message.qos, message.retain, properties
                )
            except ValueError as error:
                self._report(f"a message to {message.topic!r} cannot be published: {error}")
            else:
                self._unacknowledged[sent.mid] = message.topic
        if self._drained is not None and not self._drained.done() and not self._unacknowledged:
            self._drained.set_result(None)

    def _report_once(self, kind: str, text: str) -> None:
        if kind not in self._told:
            self._told.add(kind)
            self._report(f"{text} (not said again before the next connection)")


def _new_client(options: MqttOptions, protocol: MQTTProtocolVersion) -> BrokerClient:
    client = BrokerClient(options.account, protocol, options.client_id)
    client.connect_timeout = _REACH_WITHIN
    client.max_inflight_messages = 0  # without a limit: the window is ours
    client.will_set(options.will_topic, options.will_payload, qos=1, retain=True)
    return client


def _limits() -> Properties:
    """What CONNECT says of us; MQTT 3.1.1 has no words for it."""
    return new_properties(
        PacketTypes.CONNECT, MaximumPacketSize=_LARGEST_PACKET, ReceiveMaximum=_RECEIVE_MAXIMUM
    )
