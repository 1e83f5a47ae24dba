"""Views of providers, and events."""

import json

from bridge.model.presence import PresenceState
from support.discovery import BASE, Broker, House

HINT = "2000 = ,CustomPresence:Alice"
VIEW = f"{BASE}/homeassistant/presence/Alice"


def published(house):
    return [json.loads(message.payload) for message in house.broker.log if message.topic == VIEW]


def test_a_view_is_published_when_the_broker_has_been_read():
    house = House(HINT)
    house.say("alice", "away,lunch,back soon")
    assert house.broker.log == []
    house.connect()
    assert json.loads(house.broker.retained[VIEW]) == {
        "provider": "Alice",
        "presence": "away",
        "subtype": "lunch",
        "message": "back soon",
    }


def test_a_provider_that_has_never_spoken_has_a_view_too():
    house = House(HINT)
    house.connect()
    assert json.loads(house.broker.retained[VIEW])["presence"] == PresenceState.NOT_SET.value


def test_a_change_is_seen_at_once():
    house = House(HINT)
    house.connect()
    house.broker.log.clear()
    house.say("ALICE", "dnd")
    assert published(house) == [{"provider": "Alice", "presence": "dnd", "subtype": "", "message": ""}]


def test_nobody_is_told_of_providers_that_are_not_shown():
    house = House(HINT)
    house.connect()
    house.broker.log.clear()
    house.say("bob", "dnd")
    assert house.broker.log == []


def test_what_the_broker_has_already_is_not_published_again():
    broker = Broker()
    House(HINT, broker=broker).connect()
    broker.log.clear()
    House(HINT, broker=broker).connect()
    assert broker.log == []


def test_a_view_that_the_broker_has_lost_or_that_somebody_changed_is_mended():
    house = House(HINT)
    house.connect()
    kept = house.broker.retained[VIEW]
    for wrong in (None, b"nonsense"):
        house.disconnect()
        house.broker.retained[VIEW] = wrong
        if wrong is None:
            del house.broker.retained[VIEW]
        house.connect()
        assert house.broker.retained[VIEW] == kept


def test_without_a_broker_nothing_is_published():
    house = House(HINT)
    house.connect()
    house.disconnect()
    house.broker.log.clear()
    house.say("Alice", "dnd")
    assert house.broker.log == []
    house.connect()
    assert published(house)[-1]["presence"] == "dnd"


def test_views_of_providers_that_are_gone_are_removed_behind_their_entities():
    broker = Broker()
    House(HINT, "2001 = ,CustomPresence:Bob", broker=broker).connect()
    broker.log.clear()
    House(HINT, broker=broker).connect()
    removed = [message.topic for message in broker.log if not message.payload]
    assert removed[-1] == f"{BASE}/homeassistant/presence/Bob"
    assert len([topic for topic in removed if "_bob_" in topic]) == 4
    assert VIEW in broker.retained
