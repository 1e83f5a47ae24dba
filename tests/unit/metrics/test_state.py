import pytest
from prometheus_client import CollectorRegistry

from bridge.metrics.state import Readings, StateCollector
from bridge.model.presence import PresenceState


def readings(**changed) -> Readings:
    usual = {
        "ready": lambda: True,
        "mqtt_connected": lambda: False,
        "subscriptions": lambda: 12,
        "in_flight": lambda: 3,
        "queued": lambda: 4,
        "unconverged": lambda: (5, 1.5),
        "extensions": lambda: [("2000", 3), ("2001", 3), ("2002", 0)],
    }
    return Readings(**{**usual, **changed})


def registry(limit: int = 1000, **changed) -> CollectorRegistry:
    found = CollectorRegistry()
    found.register(StateCollector(readings(**changed), limit))
    return found


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ready", 1),
        ("mqtt_connected", 0),
        ("sip_subscriptions", 12),
        ("notifies_in_flight", 3),
        ("notify_queue_length", 4),
        ("unconverged_subscriptions", 5),
        ("unconverged_oldest_seconds", 1.5),
        ("metrics_extensions_omitted", 0),
    ],
)
def test_gauges_show_what_was_read(name: str, value: float):
    assert registry().get_sample_value(f"presence_bridge_{name}") == value


def test_gauges_are_read_anew_for_each_scrape():
    numbers = iter([1, 2])
    scraped = registry(subscriptions=lambda: next(numbers))
    values = [scraped.get_sample_value("presence_bridge_sip_subscriptions") for _ in range(2)]
    assert values == [1, 2]


def test_extensions_are_added_up_by_presence():
    found = registry()
    for state in PresenceState:
        expected = {"away": 2, "not_set": 1}.get(state.value, 0)
        labels = {"presence": state.value}
        assert found.get_sample_value("presence_bridge_extensions", labels) == expected


def test_each_extension_has_its_code_and_the_help_says_what_it_means():
    found = registry()
    each = {"2000": 3, "2001": 3, "2002": 0}
    for extension, code in each.items():
        labels = {"extension": extension}
        assert found.get_sample_value("presence_bridge_extension_presence_state", labels) == code
    help_text = next(
        family.documentation
        for family in found.collect()
        if family.name == "presence_bridge_extension_presence_state"
    )
    assert help_text.endswith("0 not_set, 1 unavailable, 2 available, 3 away, 4 xa, 5 chat, 6 dnd.")


@pytest.mark.parametrize(("limit", "shown", "omitted"), [(0, 0, 3), (2, 2, 1), (3, 3, 0), (1000, 3, 0)])
def test_extensions_beyond_the_limit_are_only_counted(limit: int, shown: int, omitted: int):
    found = registry(limit)
    families = {family.name: family for family in found.collect()}
    assert len(families["presence_bridge_extension_presence_state"].samples) == shown
    assert found.get_sample_value("presence_bridge_metrics_extensions_omitted") == omitted
    assert found.get_sample_value("presence_bridge_extensions", {"presence": "away"}) == 2
