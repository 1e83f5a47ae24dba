import re

import pytest
from prometheus_client import CollectorRegistry

from bridge import effects
from bridge.metrics.families import Families
from bridge.notifier.subscription import Trigger


def value(name: str, **labels: str) -> float | None:
    """What a scrape shows before anything has happened."""
    registry = CollectorRegistry()
    for family in Families():
        registry.register(family)
    return registry.get_sample_value(f"presence_bridge_{name}", labels)


def test_every_name_is_there_once_and_explained():
    families = list(Families())
    names = [family.name for family in families]
    assert len(names) == len(set(names)) > 10
    assert all(family.documentation.endswith(".") for family in families)


def test_every_counter_has_all_its_series_before_anything_has_happened():
    empty = [family.name for family in Families() if not list(family.series())]
    assert empty == ["presence_bridge_mqtt_last_message_timestamp_seconds"], "a gauge, set for each scrape"


def test_sensors_have_series_by_their_names_in_the_configuration():
    families = Families(["door", "window"])
    assert [series for series, _ in families.sensor_changes.series()] == [
        ("_total", "door"),
        ("_total", "window"),
        ("_total", "other"),
    ]


@pytest.mark.parametrize("trigger", Trigger)
@pytest.mark.parametrize("outcome", ["acknowledged", "rejected", "timeout", "transport_error"])
def test_every_way_a_notify_can_go_has_its_series(trigger: Trigger, outcome: str):
    assert value("notifies_total", trigger=trigger.value, outcome=outcome) == 0


@pytest.mark.parametrize("bound", ["0.5", "1.0", "2.0", "4.0", "8.0", "16.0", "32.0", "+Inf"])
def test_each_retransmission_has_a_bucket(bound: str):
    assert value("notify_ack_latency_seconds_bucket", le=bound) == 0


@pytest.mark.parametrize(
    ("effect", "name", "label"),
    [
        (effects.MessageRejected, "mqtt_messages_rejected_total", "reason"),
        (effects.MessageDropped, "sip_messages_dropped_total", "reason"),
        (effects.SubscribeAnswered, "sip_subscribe_requests_total", "outcome"),
        (effects.SubscriptionEnded, "sip_subscriptions_ended_total", "reason"),
        (effects.RegisterAnswered, "sip_register_requests_total", "outcome"),
        (effects.PublishAnswered, "sip_publish_requests_total", "outcome"),
        (effects.FeatureCallAnswered, "sip_feature_calls_total", "outcome"),
    ],
)
def test_every_word_that_an_observation_documents_has_a_series(effect, name: str, label: str):
    documented = re.search(r"(?:one of|`reason`:|`outcome`:) ([a-z_, ]+)\.", effect.__doc__)
    for word in documented[1].split(", "):
        assert value(name, **{label: word}) == 0, word
