"""Counts what happens: one call for each observation of the engine and each event of the broker."""

import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from bridge.effects import (
    AuthenticationFailed,
    Effect,
    FeatureCallAnswered,
    LargeRequest,
    MessageDropped,
    MessageRejected,
    NotifyAnswered,
    NotifySent,
    PresenceChanged,
    PublishAnswered,
    RegisterAnswered,
    RequestReceived,
    ResponseReceived,
    ResponseSent,
    Retransmitted,
    SubscribeAnswered,
    SubscriptionEnded,
)
from bridge.events import BrokerConnected, BrokerDisconnected, Event, MessageReceived
from bridge.metrics.families import Families
from bridge.metrics.series import PREFIX


class Observer(Collector):
    """`observe` is called on the loop, `collect` in the thread of the scraper.

    What is not counted costs one look into a table. `clock` must be the one that stamps
    MessageReceived.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._connected = False
        self._last_message_at: float | None = None
        self._families = families = Families()
        self._actions: Mapping[type, Callable[[Any], None]] = {
            BrokerConnected: self._broker_connected,
            BrokerDisconnected: self._broker_disconnected,
            MessageReceived: self._message_received,
            MessageRejected: lambda seen: families.mqtt_rejections.inc(seen.kind),
            PresenceChanged: lambda seen: families.presence_changes.inc(seen.new),
            RequestReceived: lambda seen: families.requests_received.inc(seen.method, seen.transport),
            ResponseSent: lambda seen: families.responses_sent.inc(seen.status),
            ResponseReceived: lambda seen: families.responses_received.inc(seen.status),
            Retransmitted: lambda seen: families.retransmissions.inc(seen.method),
            LargeRequest: lambda seen: families.large_requests.inc(seen.outcome),
            MessageDropped: lambda seen: families.drops.inc(seen.kind),
            AuthenticationFailed: lambda _seen: families.authentication_failures.inc(),
            SubscribeAnswered: lambda seen: families.subscribes.inc(seen.outcome),
            SubscriptionEnded: lambda seen: families.subscriptions_ended.inc(seen.reason),
            RegisterAnswered: lambda seen: families.registers.inc(seen.outcome),
            PublishAnswered: lambda seen: families.publishes.inc(seen.outcome),
            FeatureCallAnswered: lambda seen: families.feature_calls.inc(seen.outcome),
            NotifySent: self._notify_sent,
            NotifyAnswered: self._notify_answered,
        }

    def observe(self, seen: Effect | Event) -> None:
        """Count an observation, or an event of the broker; other kinds are passed over."""
        action = self._actions.get(type(seen))
        if action is not None:
            action(seen)

    def collect(self) -> Iterable[Metric]:
        """All families, for a scrape."""
        for family in self._families:
            yield from family.collect()
        yield self._last_message()

    def _broker_connected(self, _event: BrokerConnected) -> None:
        self._connected = True
        self._families.mqtt_connects.inc("success")

    def _broker_disconnected(self, _event: BrokerDisconnected) -> None:
        """Fed for an attempt that failed as well; without a connection before, it is that."""
        if self._connected:
            self._connected = False
            self._families.mqtt_disconnects.inc()
        else:
            self._families.mqtt_connects.inc("failure")

    def _message_received(self, event: MessageReceived) -> None:
        self._last_message_at = event.at
        self._families.mqtt_messages.inc("true" if event.retained else "false")

    def _notify_sent(self, seen: NotifySent) -> None:
        if seen.since is not None:
            self._families.send_latency.observe(self._clock() - seen.since)

    def _notify_answered(self, seen: NotifyAnswered) -> None:
        self._families.notifies.inc(seen.trigger, seen.outcome)
        if seen.status:
            self._families.round_trip.observe(seen.round_trip)
        if seen.latency is not None and seen.outcome == "acknowledged":
            self._families.ack_latency.observe(seen.latency)

    def _last_message(self) -> GaugeMetricFamily:
        """Wall time is made at the scrape: the moment itself is known on the monotonic clock."""
        family = GaugeMetricFamily(
            f"{PREFIX}mqtt_last_message_timestamp_seconds",
            "When the last MQTT message was received, in seconds since 1970.",
        )
        if self._last_message_at is not None:
            family.add_metric((), time.time() - (self._clock() - self._last_message_at))
        return family
