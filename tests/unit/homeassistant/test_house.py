"""What is shown, for one configuration."""

from bridge.homeassistant.house import devices, providers
from bridge.homeassistant.shapes import Place
from bridge.homeassistant.topics import Topics
from bridge.model.hint import parse_hint

TOPICS = Topics("pb")
PLACE = Place("homeassistant", "presence-bridge", TOPICS.state)
HINTS = (
    parse_hint("2000", "SIP/2000,CustomPresence:Alice"),
    parse_hint("2001", ",CustomPresence:alice&CustomPresence:Bob"),
    parse_hint("2002", "SIP/2002"),
)


def test_providers_are_those_of_hints_and_of_rules_each_as_it_is_spelled_first():
    shown = providers(HINTS, ["BOB", "carol"])
    assert [(provider.name, provider.governed) for provider in shown] == [
        ("Alice", False),
        ("Bob", True),
        ("carol", True),
    ]


def test_the_bridge_comes_before_those_that_are_reached_by_it():
    shown = devices(providers(HINTS, []), HINTS, "1.2.3", TOPICS, PLACE)
    assert [device.id for device in shown] == [
        "bridge",
        "presence_alice",
        "presence_bob",
        "extension_2000",
        "extension_2001",
        "extension_2002",
    ]
    assert {device.info.get("via_device") for device in shown[1:]} == {PLACE.identifier("bridge")}
