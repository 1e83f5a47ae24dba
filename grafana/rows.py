"""The rows of the dashboard: which panels there are, and what each asks Prometheus."""

from collections.abc import Mapping
from typing import Final

from panels import (
    BARS,
    LOGARITHMIC,
    STACKED,
    Json,
    Query,
    Row,
    Threshold,
    heatmap,
    idle,
    on_the_right,
    series,
    stat,
    state_timeline,
    words,
)

_OURS: Final = "presence_bridge_"

_PRESENCE: Final[Mapping[float, tuple[str, str]]] = {
    0: ("not set", "#8e8e8e"),
    1: ("unavailable", "red"),
    2: ("available", "green"),
    3: ("away", "yellow"),
    4: ("extended away", "orange"),
    5: ("chat", "blue"),
    6: ("do not disturb", "dark-purple"),
}
_PRESENCE_LABELS: Final = ("not_set", "unavailable", "available", "away", "xa", "chat", "dnd")
_PRESENCE_COLORS: Final = {
    label: color for label, (_, color) in zip(_PRESENCE_LABELS, _PRESENCE.values(), strict=True)
}
_OUTCOME_COLORS: Final = {
    "acknowledged": "green",
    "rejected": "orange",
    "timeout": "red",
    "transport_error": "purple",
}


def rows() -> list[Row]:
    """All of them, from the top."""
    return [_overview(), _presence(), _latency(), _sip(), _mqtt(), _process_and_store()]


def _overview() -> Row:
    yes_and_no = (Threshold("red"), Threshold("green", 1))
    quiet = {"noValue": "idle", "mappings": idle("idle")}
    return Row(
        "Overview",
        [
            stat(
                "Ready",
                "Whether the bridge has read what the broker retains, and serves SIP.",
                f"min({_OURS}ready{{@}})",
                "none",
                *yes_and_no,
                mappings=words({1: ("Ready", "green"), 0: ("Not ready", "red")}),
            ),
            stat(
                "MQTT broker",
                "Whether there is a connection to the MQTT broker.",
                f"min({_OURS}mqtt_connected{{@}})",
                "none",
                *yes_and_no,
                mappings=words({1: ("Connected", "green"), 0: ("Lost", "red")}),
            ),
            stat("Subscriptions", "What phones watch at present.", f"sum({_OURS}sip_subscriptions{{@}})"),
            stat(
                "Phones behind",
                "Subscriptions whose phone has not acknowledged the present state. It is above zero for moments only.",
                f"sum({_OURS}unconverged_subscriptions{{@}})",
                "short",
                Threshold("green"),
                Threshold("yellow", 10),
                Threshold("red", 100),
            ),
            stat(
                "Oldest unseen change",
                "For how long the longest-waiting phone has not acknowledged the present state."
                " It has 32 seconds to answer; then it is asked again.",
                f"max({_OURS}unconverged_oldest_seconds{{@}})",
                "s",
                Threshold("green"),
                Threshold("yellow", 1),
                Threshold("red", 32),
                decimals=1,
            ),
            stat(
                "NOTIFY p99",
                "99 of 100 changes were acknowledged by the phone within this time after their MQTT message.",
                _quantile(0.99, "notify_ack_latency_seconds"),
                "s",
                Threshold("green"),
                Threshold("yellow", 0.5),
                Threshold("red", 2),
                **quiet,
            ),
            stat(
                "Failed NOTIFYs",
                "The share of NOTIFYs that a phone refused, or did not answer.",
                f'sum(rate({_OURS}notifies_total{{@, outcome!="acknowledged"}}[$__rate_interval]))'
                f" / sum(rate({_OURS}notifies_total{{@}}[$__rate_interval]))",
                "percentunit",
                Threshold("green"),
                Threshold("yellow", 0.01),
                Threshold("red", 0.05),
                **quiet,
            ),
            stat(
                "Uptime",
                "Time since the bridge was started.",
                "min(time() - process_start_time_seconds{@})",
                "s",
                decimals=1,
            ),
        ],
    )


def _presence() -> Row:
    return Row(
        "Presence",
        [
            state_timeline(
                "Presence by extension",
                "The presence of each chosen extension.",
                Query(
                    f'max by (extension) ({_OURS}extension_presence_state{{@, extension=~"$extension"}})',
                    "{{extension}}",
                ),
                words(_PRESENCE),
            ),
            series(
                "Extensions by presence",
                "How many extensions are in each state.",
                Query(f"sum by (presence) ({_OURS}extensions{{@}})", "{{presence}}"),
                look=STACKED,
                height=10,
                colors=_PRESENCE_COLORS,
            ),
            series(
                "Presence changes",
                "Changes of presence, by the new state.",
                Query(_rate("presence_changes_total", "presence"), "{{presence}}"),
                Query(_rate("presence_changes_coalesced_total"), "overtaken by another"),
                unit="cps",
                look=STACKED,
                colors=_PRESENCE_COLORS,
                overrides=[_unstacked("overtaken by another")],
            ),
            series(
                "Sensors and rules",
                "Changes of what sensors say, and what rules decide of them.",
                Query(_rate("sensor_changes_total", "sensor"), "sensor {{sensor}}"),
                Query(_rate("rule_decisions_total", "kind"), "rules: {{kind}}"),
                unit="cps",
            ),
            series(
                "Phones behind",
                "Subscriptions whose phone has not acknowledged the present state, and the age of the oldest such change.",
                Query(f"sum({_OURS}unconverged_subscriptions{{@}})", "subscriptions"),
                Query(f"max({_OURS}unconverged_oldest_seconds{{@}})", "oldest"),
                overrides=[on_the_right("oldest", "s")],
            ),
        ],
    )


def _latency() -> Row:
    return Row(
        "NOTIFY latency",
        [
            series(
                "MQTT message to NOTIFY sent",
                "Time from the receipt of an MQTT message to the first transmission of a NOTIFY that it caused.",
                *_quantiles("notify_send_latency_seconds", 0.5, 0.9, 0.99),
                unit="s",
                look=LOGARITHMIC,
                height=9,
            ),
            series(
                "MQTT message to phone's answer",
                "Time from the receipt of an MQTT message to the 2xx answer of the phone.",
                *_quantiles("notify_ack_latency_seconds", 0.5, 0.9, 0.99),
                unit="s",
                look=LOGARITHMIC,
                height=9,
            ),
            heatmap(
                "Phones' answers",
                "How many changes were acknowledged in which time. Above 0.5 s, each step is one more retransmission.",
                Query(
                    f"sum by (le) (increase({_OURS}notify_ack_latency_seconds_bucket{{@}}[$__rate_interval]))",
                    "{{le}}",
                    "heatmap",
                ),
                "s",
            ),
            series(
                "NOTIFY outcomes",
                "NOTIFYs that ended, by what came of them.",
                Query(_rate("notifies_total", "outcome"), "{{outcome}}"),
                unit="cps",
                look=STACKED,
                colors=_OUTCOME_COLORS,
            ),
            series(
                "Retransmissions",
                "Requests that were sent again because no answer came: packets were lost, or a phone is slow.",
                Query(_rate("sip_retransmissions_total", "method"), "{{method}}"),
                unit="cps",
            ),
            series(
                "NOTIFYs waiting",
                "NOTIFYs without an answer yet, and subscriptions that wait for their turn.",
                Query(f"sum({_OURS}notifies_in_flight{{@}})", "in flight"),
                Query(f"sum({_OURS}notify_queue_length{{@}})", "queued"),
            ),
        ],
    )


def _sip() -> Row:
    return Row(
        "SIP",
        [
            series(
                "Subscriptions",
                "Active subscriptions, by the way to the phone.",
                Query(f"sum by (transport) ({_OURS}sip_subscriptions{{@}})", "{{transport}}"),
                look=STACKED,
            ),
            series(
                "SUBSCRIBE requests",
                "SUBSCRIBE requests that were answered, by what came of them.",
                Query(_rate("sip_subscribe_requests_total", "outcome"), "{{outcome}}"),
                unit="reqps",
                look=STACKED,
                colors={"rejected": "red"},
            ),
            series(
                "Subscriptions ended",
                "Subscriptions that ended, by the reason.",
                Query(_rate("sip_subscriptions_ended_total", "reason"), "{{reason}}"),
                unit="cps",
                look=STACKED,
                colors={"notify_rejected": "orange", "notify_timeout": "red"},
            ),
            series(
                "Requests received",
                "SIP requests received, repeats included; what never came is left out.",
                Query(
                    f"{_rate('sip_requests_received_total', 'method, transport')} > 0",
                    "{{method}} {{transport}}",
                ),
                unit="reqps",
            ),
            series(
                "Registrations, publications and calls",
                "REGISTER and PUBLISH requests and calls to feature codes that were answered, by what came of them.",
                Query(_rate("sip_register_requests_total", "outcome"), "REGISTER {{outcome}}"),
                Query(_rate("sip_publish_requests_total", "outcome"), "PUBLISH {{outcome}}"),
                Query(_rate("sip_feature_calls_total", "outcome"), "call {{outcome}}"),
                unit="reqps",
            ),
            series(
                "Refused and damaged",
                "What was dropped, was damaged, had a wrong password, or was lost in the kernel.",
                Query(_rate("sip_messages_dropped_total", "reason"), "dropped: {{reason}}"),
                Query(_rate("sip_parse_errors_total"), "damaged"),
                Query(_rate("sip_authentication_failures_total"), "wrong password"),
                Query(_rate("sip_socket_drops_total"), "lost in the kernel"),
                unit="cps",
            ),
        ],
    )


def _mqtt() -> Row:
    return Row(
        "MQTT",
        [
            series(
                "Messages received",
                "MQTT messages received: live ones, and those that the broker had retained.",
                Query(_rate("mqtt_messages_received_total", "retained"), "retained: {{retained}}"),
                unit="mps",
                look=STACKED,
            ),
            series(
                "Messages rejected",
                "MQTT messages that were not understood, by the reason.",
                Query(_rate("mqtt_messages_rejected_total", "reason"), "{{reason}}"),
                unit="mps",
            ),
            series(
                "Connections",
                "Attempts to connect to the broker, and connections that were lost.",
                Query(
                    f"sum by (result) (increase({_OURS}mqtt_connects_total{{@}}[$__rate_interval]))",
                    "connect: {{result}}",
                ),
                Query(
                    f"sum by (reason) (increase({_OURS}mqtt_disconnects_total{{@}}[$__rate_interval]))",
                    "lost: {{reason}}",
                ),
                look=BARS,
                colors={"connect: success": "green"},
            ),
        ],
    )


def _process_and_store() -> Row:
    return Row(
        "Process and store",
        [
            series(
                "Event loop lag",
                "How late timers ran. What delays them delays every NOTIFY.",
                *_quantiles("event_loop_lag_seconds", 0.5, 0.99),
                unit="s",
            ),
            series(
                "CPU",
                "The share of one core that is used.",
                Query("rate(process_cpu_seconds_total{@}[$__rate_interval])", "{{instance}}"),
                unit="percentunit",
            ),
            series(
                "Memory",
                "Memory that the process occupies.",
                Query("process_resident_memory_bytes{@}", "{{instance}}"),
                unit="bytes",
            ),
            series(
                "Store commit",
                "Time that a commit to the store took. A SUBSCRIBE is answered after it.",
                *_quantiles("store_commit_duration_seconds", 0.5, 0.99),
                unit="s",
            ),
            series(
                "Store",
                "Subscriptions and facts in the store; whether the store fails; the size of its files.",
                Query(f"sum({_OURS}store_rows{{@}})", "rows"),
                Query(f"max({_OURS}store_degraded{{@}})", "fails"),
                Query(f"sum({_OURS}store_size_bytes{{@}})", "size"),
                colors={"fails": "red"},
                overrides=[on_the_right("size", "bytes")],
            ),
            series(
                "Open files and connections",
                "Open files of the process, and the most that it may have; connections with phones among them.",
                Query("process_open_fds{@}", "open {{instance}}"),
                Query("process_max_fds{@}", "limit {{instance}}"),
                Query(f"sum by (transport) ({_OURS}sip_connections{{@}})", "phones by {{transport}}"),
                look=LOGARITHMIC,
            ),
        ],
    )


def _rate(counter: str, by: str = "") -> str:
    grouped = f"sum by ({by}) " if by else "sum"
    return f"{grouped}(rate({_OURS}{counter}{{@}}[$__rate_interval]))"


def _quantile(share: float, histogram: str) -> str:
    return (
        f"histogram_quantile({share}, sum by (le) (rate({_OURS}{histogram}_bucket{{@}}[$__rate_interval])))"
    )


def _quantiles(histogram: str, *shares: float) -> list[Query]:
    return [Query(_quantile(share, histogram), f"p{share * 100:g}") for share in shares]


def _unstacked(name: str) -> Json:
    stacking = {"group": "A", "mode": "none"}
    properties = [{"id": "custom.stacking", "value": stacking}, {"id": "custom.fillOpacity", "value": 0}]
    return {"matcher": {"id": "byName", "options": name}, "properties": properties}
