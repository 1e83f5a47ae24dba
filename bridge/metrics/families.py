"""All that is counted and timed: one series family a line of the metrics reference."""

from collections.abc import Iterable, Iterator
from typing import Final

from bridge.metrics.family import OTHER
from bridge.metrics.series import Counter, Gauge, Histogram
from bridge.model.presence import PresenceState

# RFC 3261 and its extensions; what else arrives is counted as other.
_METHODS: Final = (
    "ACK", "BYE", "CANCEL", "INFO", "INVITE", "MESSAGE", "NOTIFY", "OPTIONS", "PRACK", "PUBLISH",
    "REFER", "REGISTER", "SUBSCRIBE", "UPDATE", OTHER,
)  # fmt: skip
_TRANSPORTS: Final = ("udp", "tcp", "tls", OTHER)

# What the bridge answers with, and what phones answer to a NOTIFY.
_CODES: Final = (
    200, 202, 301, 302, 400, 401, 403, 404, 405, 406, 407, 408, 410, 412, 413, 415, 416, 420, 423, 429,
    480, 481, 482, 483, 484, 485, 486, 489, 500, 501, 503, 505, 513, 600, 603, 604, OTHER,
)  # fmt: skip

_OUTCOMES: Final = ("acknowledged", "rejected", "timeout", "transport_error")

_SEND_BUCKETS: Final = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5)

# Timers are due in whole milliseconds (epoll_wait(2)): up to one is no lag.
_LAG_BUCKETS: Final = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1)

# From a good SSD to an SD card; answers to SUBSCRIBE wait for a second at most.
_COMMIT_BUCKETS: Final = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5)

# Retransmissions leave at 0.5, 1.5, 3.5, 7.5 ... s (RFC 3261 section 17.1.2.2): from 0.5 on each bucket
# stands for one more, and le="0.5" for none.
_ACK_BUCKETS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 4, 8, 16, 32)


class Families:
    """One attribute a family; iterating gives them all, in this order. `sensors` are those of the configuration."""

    def __init__(self, sensors: Iterable[str] = ()) -> None:
        self.loop_lag = Histogram(
            "event_loop_lag_seconds",
            "How late a timer of the event loop ran, ten times a second.",
            _LAG_BUCKETS,
        )
        self.mqtt_connects = Counter(
            "mqtt_connects",
            "Attempts to connect to the MQTT broker, by what came of them.",
            result=("success", "refused", "timeout", "network"),
        )
        self.mqtt_disconnects = Counter(
            "mqtt_disconnects",
            "Connections to the MQTT broker that were lost: it was silent, the network failed, or it ended them.",
            reason=("keepalive", "network", "server"),
        )
        self.mqtt_last_message = Gauge(
            "mqtt_last_message_timestamp_seconds",
            "When the last MQTT message was received, in seconds since 1970; 0 before the first.",
        )
        self.mqtt_messages = Counter(
            "mqtt_messages_received",
            "MQTT messages received, live ones and the replay of retained ones.",
            retained=("true", "false"),
        )
        self.mqtt_rejections = Counter(
            "mqtt_messages_rejected",
            "MQTT messages that were not understood and changed nothing.",
            reason=("payload", "topic", "size", "retained_set"),
        )
        self.presence_changes = Counter(
            "presence_changes",
            "Changes of a presence provider, by the state that it changed to.",
            presence=tuple(state.value for state in PresenceState),
        )
        self.coalesced = Counter(
            "presence_changes_coalesced",
            "Changes that a watcher was not told of, since another followed before its NOTIFY could leave.",
        )
        self.sensor_changes = Counter(
            "sensor_changes",
            "Changes of what a sensor says, by its name in the configuration.",
            sensor=(*sensors, OTHER),
        )
        self.rule_decisions = Counter(
            "rule_decisions",
            "Decisions of rules what a presence provider or a device shall be.",
            kind=("presence", "device"),
        )
        self.requests_received = Counter(
            "sip_requests_received",
            "SIP requests received, repeats included.",
            method=_METHODS,
            transport=_TRANSPORTS,
        )
        self.responses_sent = Counter(
            "sip_responses_sent", "SIP responses sent, repeats included.", code=_CODES
        )
        self.responses_received = Counter(
            "sip_responses_received", "SIP responses received, repeats included.", code=_CODES
        )
        self.retransmissions = Counter(
            "sip_retransmissions",
            "SIP requests that were sent again because no answer came.",
            method=("NOTIFY", OTHER),
        )
        self.large_requests = Counter(
            "sip_large_requests",
            "Requests too large for a datagram: sent by a stream, or refused there and sent as a datagram.",
            outcome=("stream", "refused"),
        )
        self.parse_errors = Counter(
            "sip_parse_errors",
            "SIP messages that are none by RFC 3261, answered or not.",
            transport=_TRANSPORTS,
        )
        self.drops = Counter(
            "sip_messages_dropped",
            "What arrived on a SIP port and got no answer, by what it was: damaged, of somebody who guesses"
            " passwords, or on a connection that passed one of its limits.",
            reason=("malformed", "rate", "limit"),
        )
        self.authentication_failures = Counter(
            "sip_authentication_failures",
            "SIP requests with a wrong password, or of a user who does not exist.",
        )
        self.subscribes = Counter(
            "sip_subscribe_requests",
            "SUBSCRIBE requests that got their final answer.",
            outcome=("created", "refreshed", "fetched", "ended", "rejected"),
        )
        self.subscriptions_ended = Counter(
            "sip_subscriptions_ended",
            "Subscriptions that ended.",
            reason=(
                "unsubscribed",
                "expired",
                "notify_rejected",
                "notify_timeout",
                "connection_lost",
                "replaced",
                "stopped",
                "noresource",
                "rejected",
            ),
        )
        self.registers = Counter(
            "sip_register_requests",
            "REGISTER requests that got their final answer.",
            outcome=("registered", "refreshed", "fetched", "removed", "rejected"),
        )
        self.publishes = Counter(
            "sip_publish_requests",
            "PUBLISH requests that got their final answer.",
            outcome=("created", "refreshed", "modified", "removed", "rejected"),
        )
        self.feature_calls = Counter(
            "sip_feature_calls",
            "Calls to feature codes, and to what is none, that got their final answer.",
            outcome=("set", "toggled", "rejected"),
        )
        self.check_syncs = Counter(
            "sip_check_syncs",
            "Phones that were asked to fetch their configuration again, by how that ended.",
            outcome=_OUTCOMES,
        )
        self.phone_files = Counter(
            "phone_file_requests",
            "Requests by HTTP for the files of phones, by the status of the answer.",
            code=(200, 403, 404, OTHER),
        )
        self.notifies = Counter(
            "notifies",
            "NOTIFY transactions that ended, by what caused them and how they ended.",
            trigger=("state", "subscribe", "resync", "terminate"),
            outcome=_OUTCOMES,
        )
        self.send_latency = Histogram(
            "notify_send_latency_seconds",
            "Time from the receipt of an MQTT message to the first transmission of a NOTIFY that it caused.",
            _SEND_BUCKETS,
        )
        self.ack_latency = Histogram(
            "notify_ack_latency_seconds",
            "Time from the receipt of an MQTT message to the 2xx answer to a NOTIFY that it caused.",
            _ACK_BUCKETS,
        )
        self.round_trip = Histogram(
            "sip_notify_round_trip_seconds",
            "Time from the first transmission of a NOTIFY to its final answer.",
            _ACK_BUCKETS,
        )
        self.asterisk_events = Counter(
            "asterisk_events",
            "Events of Asterisk that were read, by what they are about.",
            kind=("device", "presence", "hint"),
        )
        self.asterisk_writes = Counter(
            "asterisk_writes",
            "States that Asterisk was told, because MQTT says so, by what came of it.",
            kind=("presence", "device"),
            outcome=("success", "refused"),
        )
        self.asterisk_taken = Counter(
            "asterisk_changes_taken",
            "States that were changed in Asterisk and written to MQTT; those of its own devices are not counted.",
            kind=("presence", "device"),
        )
        self.store_errors = Counter(
            "store_errors", "How often the store was lost, or could not be opened again."
        )
        self.store_commit = Histogram(
            "store_commit_duration_seconds", "Time that a commit to the store took.", _COMMIT_BUCKETS
        )

    def __iter__(self) -> Iterator[Counter | Gauge | Histogram]:
        return iter(vars(self).values())
