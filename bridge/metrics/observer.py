"""Counts what happens: one call for each observation of the engine and each event of the broker."""

import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from bridge.effects import (
    AuthenticationFailed,
    ChangesCoalesced,
    CheckSyncAnswered,
    Effect,
    FeatureCallAnswered,
    LargeRequest,
    MessageDropped,
    MessageRejected,
    MessageUnreadable,
    NotifyAnswered,
    NotifySent,
    PhoneFileAnswered,
    PresenceChanged,
    PublishAnswered,
    RegisterAnswered,
    RequestReceived,
    ResponseReceived,
    ResponseSent,
    Retransmitted,
    RuleDecided,
    SensorChanged,
    SubscribeAnswered,
    SubscriptionEnded,
)
from bridge.events import (
    BrokerConnected,
    BrokerDisconnected,
    Event,
    MessageReceived,
    Remembered,
    StoreLost,
)
from bridge.metrics.families import Families
from bridge.metrics.family import Family, Group
from bridge.pbx import AsteriskHeard, AsteriskTaken, AsteriskWritten


class Observer(Group):
    """`observe` is called on the loop (and for the files of phones in the thread of their server).

    What is not counted costs one look into a table. `clock` must be the one that stamps
    MessageReceived; `sensors` are the names that have a series of their own.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic, sensors: Iterable[str] = ()) -> None:
        self._clock = clock
        self._connected = False
        self._last_message_at: float | None = None
        self._families = families = Families(sensors)
        self._actions: Mapping[type, Callable[[Any], None]] = {
            BrokerConnected: self._broker_connected,
            BrokerDisconnected: self._broker_disconnected,
            MessageReceived: self._message_received,
            Remembered: lambda event: families.store_commit.observe(event.seconds),
            StoreLost: lambda _event: families.store_errors.inc(),
            MessageRejected: lambda seen: families.mqtt_rejections.inc(seen.kind),
            PresenceChanged: lambda seen: families.presence_changes.inc(seen.new),
            ChangesCoalesced: lambda seen: families.coalesced.inc(by=seen.watchers),
            SensorChanged: lambda seen: families.sensor_changes.inc(seen.sensor),
            RuleDecided: lambda seen: families.rule_decisions.inc(seen.kind),
            RequestReceived: lambda seen: families.requests_received.inc(seen.method, seen.transport),
            ResponseSent: lambda seen: families.responses_sent.inc(seen.status),
            ResponseReceived: lambda seen: families.responses_received.inc(seen.status),
            Retransmitted: lambda seen: families.retransmissions.inc(seen.method),
            LargeRequest: lambda seen: families.large_requests.inc(seen.outcome),
            MessageUnreadable: lambda seen: families.parse_errors.inc(seen.transport),
            MessageDropped: lambda seen: families.drops.inc(seen.kind),
            AuthenticationFailed: lambda _seen: families.authentication_failures.inc(),
            SubscribeAnswered: lambda seen: families.subscribes.inc(seen.outcome),
            SubscriptionEnded: lambda seen: families.subscriptions_ended.inc(seen.reason),
            RegisterAnswered: lambda seen: families.registers.inc(seen.outcome),
            PublishAnswered: lambda seen: families.publishes.inc(seen.outcome),
            FeatureCallAnswered: lambda seen: families.feature_calls.inc(seen.outcome),
            CheckSyncAnswered: lambda seen: families.check_syncs.inc(seen.outcome),
            PhoneFileAnswered: lambda seen: families.phone_files.inc(seen.status),
            AsteriskHeard: lambda seen: families.asterisk_events.inc(seen.kind),
            AsteriskWritten: lambda seen: families.asterisk_writes.inc(seen.kind, seen.outcome),
            AsteriskTaken: lambda seen: families.asterisk_taken.inc(seen.kind),
            NotifySent: self._notify_sent,
            NotifyAnswered: self._notify_answered,
        }

    def observe(self, seen: Effect | Event) -> None:
        """Count an observation, or an event of the broker; other kinds are passed over."""
        action = self._actions.get(type(seen))
        if action is not None:
            action(seen)

    def handler(self, kind: type) -> Callable[[Any], None] | None:
        """What counts observations of this kind; None where they are passed over."""
        return self._actions.get(kind)

    def admit_sensors(self, sensors: Iterable[str]) -> None:
        """These have a series of their own from now on; those that had one keep it."""
        self._families.sensor_changes.admit(*sensors)

    def lagged(self, seconds: float) -> None:
        """A timer of the event loop ran so late."""
        self._families.loop_lag.observe(seconds)

    def families(self) -> Iterable[Family]:
        """All of them. The moment of the last message is known on another clock than people have."""
        at = self._last_message_at
        self._families.mqtt_last_message.set(0 if at is None else time.time() - (self._clock() - at))
        return self._families

    def _broker_connected(self, _event: BrokerConnected) -> None:
        self._connected = True
        self._families.mqtt_connects.inc("success")

    def _broker_disconnected(self, event: BrokerDisconnected) -> None:
        """Fed for an attempt that failed as well; without a connection before, it is that."""
        if self._connected:
            self._connected = False
            self._families.mqtt_disconnects.inc(event.kind)
        else:
            self._families.mqtt_connects.inc(event.kind)

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
