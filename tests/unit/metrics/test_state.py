import pytest
from prometheus_client import CollectorRegistry

from bridge.metrics.state import Readings, Reload, StateCollector, StoreReadings
from bridge.model.presence import PresenceState


def readings(**changed) -> Readings:
    usual = {
        "ready": lambda: True,
        "reload": lambda: Reload(successful=True, succeeded_at=1_795_000_000.0),
        "mqtt_connected": lambda: False,
        "subscriptions": lambda: {"udp": 12, "tls": 3},
        "connections": lambda: {"tls": 2},
        "socket_drops": lambda: {"udp": 6},
        "certificate_expiry": lambda: 1_800_000_000.0,
        "in_flight": lambda: 3,
        "queued": lambda: 4,
        "unconverged": lambda: (5, 1.5),
        "extensions": lambda: [("2000", 3), ("2001", 3), ("2002", 0)],
        "store": lambda: StoreReadings(degraded=True, size=4096, rows=14),
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
        ("config_last_reload_successful", 1),
        ("config_last_reload_success_timestamp_seconds", 1_795_000_000),
        ("mqtt_connected", 0),
        ("sip_tls_certificate_expiry_timestamp_seconds", 1_800_000_000),
        ("notifies_in_flight", 3),
        ("notify_queue_length", 4),
        ("unconverged_subscriptions", 5),
        ("unconverged_oldest_seconds", 1.5),
        ("metrics_extensions_omitted", 0),
        ("store_degraded", 1),
        ("store_size_bytes", 4096),
        ("store_rows", 14),
    ],
)
def test_gauges_show_what_was_read(name: str, value: float):
    assert registry().get_sample_value(f"presence_bridge_{name}") == value


@pytest.mark.parametrize(
    ("name", "transports"),
    [
        ("sip_subscriptions", {"udp": 12, "tcp": 0, "tls": 3}),
        ("sip_connections", {"udp": None, "tcp": 0, "tls": 2}),
        ("sip_socket_drops_total", {"udp": 6, "tcp": None}),
    ],
)
def test_each_transport_has_its_series_from_the_start(name: str, transports: dict[str, float | None]):
    found = registry()
    for transport, value in transports.items():
        assert found.get_sample_value(f"presence_bridge_{name}", {"transport": transport}) == value


def test_without_a_store_nothing_is_degraded():
    found = registry(store=StoreReadings)
    names = ("store_degraded", "store_size_bytes", "store_rows")
    assert [found.get_sample_value(f"presence_bridge_{name}") for name in names] == [0, 0, 0]


def test_without_a_certificate_there_is_no_moment_at_which_it_expires():
    name = "presence_bridge_sip_tls_certificate_expiry_timestamp_seconds"
    assert registry(certificate_expiry=lambda: None).get_sample_value(name) is None


def test_beside_no_asterisk_it_is_not_told_whether_there_is_a_connection():
    found = registry(asterisk_connected=lambda: None)
    assert found.get_sample_value("presence_bridge_asterisk_connected") is None
    found = registry(asterisk_connected=lambda: False)
    assert found.get_sample_value("presence_bridge_asterisk_connected") == 0


def test_gauges_are_read_anew_for_each_scrape():
    numbers = iter([1, 2])
    scraped = registry(queued=lambda: next(numbers))
    values = [scraped.get_sample_value("presence_bridge_notify_queue_length") for _ in range(2)]
    assert values == [1, 2]


def test_number_and_age_of_one_scrape_belong_together():
    pairs = iter([(1, 10.0), (2, 20.0)])
    found = {
        metric.name: metric.samples[0].value
        for metric in StateCollector(
            readings(unconverged=lambda: next(pairs), asterisk_connected=lambda: True)
        ).collect()
    }
    names = ("unconverged_subscriptions", "unconverged_oldest_seconds")
    assert [found[f"presence_bridge_{name}"] for name in names] == [1, 10.0]


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
