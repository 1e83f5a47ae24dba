import time

import pytest
from prometheus_client import CollectorRegistry

from bridge.effects import (
    AuthenticationFailed,
    ChangesCoalesced,
    CheckSyncAnswered,
    FeatureCallAnswered,
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
    Subscribe,
    SubscribeAnswered,
    SubscriptionEnded,
    Warned,
)
from bridge.events import (
    Address,
    BrokerConnected,
    BrokerDisconnected,
    Flow,
    MessageReceived,
    Remembered,
    StoreLost,
    Wake,
)
from bridge.metrics.observer import Observer

FLOW = Flow("udp", Address("127.0.0.1", 5060), Address("127.0.0.1", 5062))


class Book:
    """An observer on a pretended clock, and what a scrape of it shows."""

    def __init__(self) -> None:
        self.now = 100.0
        self.observer = Observer(lambda: self.now, sensors=("door", "window"))
        self._registry = CollectorRegistry()
        self._registry.register(self.observer)

    def see(self, *seen) -> None:
        for one in seen:
            self.observer.observe(one)

    def value(self, name: str, **labels: str) -> float | None:
        return self._registry.get_sample_value(f"presence_bridge_{name}", labels)

    def total(self) -> float:
        """All counters and histograms together: 0 when nothing was counted."""
        return sum(
            sample.value
            for family in self._registry.collect()
            for sample in family.samples
            if sample.name.endswith(("_total", "_count"))
        )


@pytest.mark.parametrize(
    ("seen", "name", "labels"),
    [
        (
            MessageRejected("b/x", "payload", "?", "no state"),
            "mqtt_messages_rejected_total",
            {"reason": "payload"},
        ),
        (PresenceChanged("2000", "away", "dnd"), "presence_changes_total", {"presence": "dnd"}),
        (
            RequestReceived("SUBSCRIBE", "udp"),
            "sip_requests_received_total",
            {"method": "SUBSCRIBE", "transport": "udp"},
        ),
        (
            RequestReceived("FLOOD", "carrier-pigeon"),
            "sip_requests_received_total",
            {"method": "other", "transport": "other"},
        ),
        (ResponseSent("SUBSCRIBE", 200), "sip_responses_sent_total", {"code": "200"}),
        (ResponseReceived(481, matched=True), "sip_responses_received_total", {"code": "481"}),
        (ResponseReceived(499, matched=False), "sip_responses_received_total", {"code": "other"}),
        (Retransmitted("NOTIFY"), "sip_retransmissions_total", {"method": "NOTIFY"}),
        (MessageDropped(FLOW, "malformed", "no Via"), "sip_messages_dropped_total", {"reason": "malformed"}),
        (MessageUnreadable("tls"), "sip_parse_errors_total", {"transport": "tls"}),
        (SensorChanged("door", "", "open", "closed"), "sensor_changes_total", {"sensor": "door"}),
        (SensorChanged("gate", "", "open", "closed"), "sensor_changes_total", {"sensor": "other"}),
        (RuleDecided("2000", "door", "dnd", "presence"), "rule_decisions_total", {"kind": "presence"}),
        (RuleDecided("Custom/lamp", "door", "INUSE", "device"), "rule_decisions_total", {"kind": "device"}),
        (
            CheckSyncAnswered("192.0.2.1:5060", "timeout", 0),
            "sip_check_syncs_total",
            {"outcome": "timeout"},
        ),
        (PhoneFileAnswered("a.cfg", "192.0.2.1", "D40", 404), "phone_file_requests_total", {"code": "404"}),
        (AuthenticationFailed("192.0.2.1", "200"), "sip_authentication_failures_total", {}),
        (
            SubscribeAnswered("created", 200, "2000", "phone", "id"),
            "sip_subscribe_requests_total",
            {"outcome": "created"},
        ),
        (RegisterAnswered("removed", 200, "a"), "sip_register_requests_total", {"outcome": "removed"}),
        (PublishAnswered("modified", 200, "a"), "sip_publish_requests_total", {"outcome": "modified"}),
        (
            FeatureCallAnswered("toggled", 603, "sip:*78@h", "200", "200", "dnd"),
            "sip_feature_calls_total",
            {"outcome": "toggled"},
        ),
        (
            SubscriptionEnded("expired", "2000", "phone", "id"),
            "sip_subscriptions_ended_total",
            {"reason": "expired"},
        ),
        (BrokerConnected(), "mqtt_connects_total", {"result": "success"}),
        (BrokerDisconnected("no", "refused"), "mqtt_connects_total", {"result": "refused"}),
        (BrokerDisconnected("no answer", "timeout"), "mqtt_connects_total", {"result": "timeout"}),
        (BrokerDisconnected("no route"), "mqtt_connects_total", {"result": "network"}),
        (
            MessageReceived("b/x", b"", retained=True, at=99.0),
            "mqtt_messages_received_total",
            {"retained": "true"},
        ),
        (
            MessageReceived("b/x", b"", retained=False, at=99.0),
            "mqtt_messages_received_total",
            {"retained": "false"},
        ),
    ],
)
def test_each_observation_counts_in_its_series(seen, name: str, labels: dict[str, str]):
    book = Book()
    book.see(seen)
    assert book.value(name, **labels) == 1
    assert book.total() == 1


def test_what_is_not_counted_is_passed_over():
    book = Book()
    book.see(Wake(), Warned("text"), Subscribe(("b/#",)))
    assert book.total() == 0


def test_a_lost_connection_is_not_a_failed_attempt():
    book = Book()
    book.see(
        BrokerConnected(),
        BrokerDisconnected("silent", "keepalive"),
        BrokerDisconnected("no", "refused"),
        BrokerConnected(),
        BrokerDisconnected("taken over", "server"),
        BrokerConnected(),
        BrokerDisconnected("reset"),
    )
    assert book.value("mqtt_connects_total", result="success") == 3
    assert book.value("mqtt_connects_total", result="refused") == 1
    assert book.value("mqtt_connects_total", result="network") == 0
    lost = {
        why: book.value("mqtt_disconnects_total", reason=why) for why in ("keepalive", "network", "server")
    }
    assert lost == {"keepalive": 1, "network": 1, "server": 1}


def test_what_many_watchers_were_not_told_counts_for_each():
    book = Book()
    book.see(ChangesCoalesced(7), ChangesCoalesced(2))
    assert book.value("presence_changes_coalesced_total") == 9


def test_what_the_store_does_is_counted_and_timed():
    book = Book()
    book.see(Remembered(1, 0.002), Remembered(2, 0.004), StoreLost("disk is full"))
    assert book.value("store_commit_duration_seconds_count") == 2
    assert book.value("store_commit_duration_seconds_bucket", le="0.0025") == 1
    assert book.value("store_errors_total") == 1


def test_late_timers_are_counted_by_how_late_they_were():
    book = Book()
    book.observer.lagged(0.0002)
    book.observer.lagged(0.03)
    assert book.value("event_loop_lag_seconds_bucket", le="0.0005") == 1
    assert book.value("event_loop_lag_seconds_count") == 2


def test_send_latency_is_taken_when_it_is_observed():
    book = Book()
    book.see(NotifySent("state", since=99.5), NotifySent("subscribe", since=None))
    book.now = 100.25
    book.see(NotifySent("state", since=99.5))
    assert book.value("notify_send_latency_seconds_count") == 2
    assert book.value("notify_send_latency_seconds_sum") == 1.25
    assert book.value("notify_send_latency_seconds_bucket", le="0.5") == 1


def test_an_acknowledged_notify_counts_with_both_durations():
    book = Book()
    book.see(NotifyAnswered("state", "acknowledged", 200, round_trip=0.25, latency=0.75))
    assert book.value("notifies_total", trigger="state", outcome="acknowledged") == 1
    assert book.value("sip_notify_round_trip_seconds_sum") == 0.25
    assert book.value("notify_ack_latency_seconds_sum") == 0.75


def test_a_refused_notify_has_a_round_trip_and_no_latency():
    book = Book()
    book.see(NotifyAnswered("subscribe", "rejected", 481, round_trip=0.25, latency=0.75))
    assert book.value("notifies_total", trigger="subscribe", outcome="rejected") == 1
    assert book.value("sip_notify_round_trip_seconds_count") == 1
    assert book.value("notify_ack_latency_seconds_count") == 0


def test_a_notify_without_an_answer_has_neither():
    book = Book()
    book.see(NotifyAnswered("state", "timeout", 0, round_trip=32.0, latency=32.5))
    assert book.value("notifies_total", trigger="state", outcome="timeout") == 1
    assert book.value("sip_notify_round_trip_seconds_count") == 0
    assert book.value("notify_ack_latency_seconds_count") == 0


def test_the_last_message_has_a_time_of_day():
    book = Book()
    assert book.value("mqtt_last_message_timestamp_seconds") == 0
    book.see(MessageReceived("b/x", b"", retained=False, at=40.0))
    assert book.value("mqtt_last_message_timestamp_seconds") == pytest.approx(time.time() - 60, abs=5)
