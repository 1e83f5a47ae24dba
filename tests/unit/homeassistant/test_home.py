"""The part that composition puts in: one reader, one speaker, one service."""

from bridge.events import MessageReceived
from support.discovery import Broker, House

HINT = "2000 = ,CustomPresence:2000"


def test_it_reads_documents_birth_messages_and_views():
    assert House(HINT).home.filters == (
        "presence-bridge/homeassistant/presence/#",
        "homeassistant/+/presence-bridge/+/config",
        "homeassistant/status",
    )


def test_it_leaves_other_messages_to_others():
    house = House(HINT)
    for topic in ("presence-bridge/presence/2000", "homeassistant/light/x/config", "homeassistant/statuses"):
        message = MessageReceived(topic, b"online", retained=False, at=house.now)
        assert not house.home.received(message, house.now)


def test_everything_shown_is_told_again_after_documents():
    told = []
    house = House(HINT, repeat=lambda: [told.append])
    house.connect()
    topics = [message.topic for message in house.broker.log]
    assert len(told) == 1
    assert topics.count("presence-bridge/homeassistant/presence/2000") == 2


def test_what_is_left_over_is_removed_when_home_assistant_does_not_read_it_any_more():
    broker = Broker()
    House(HINT, "2001 = SIP/2001", broker=broker).connect()
    broker.log.clear()
    seen = []
    House(HINT, broker=broker, tidy=[lambda _now: seen.extend(broker.log)]).connect()
    removed = [message.topic for message in seen if not message.payload]
    assert len(removed) == 3
    assert all("extension_2001" in topic for topic in removed)


# --- another configuration ---


def test_what_is_shown_can_be_other_extensions_while_documents_are_being_published():
    told = []
    house = House(HINT, "2001 = SIP/2001", repeat=lambda: [told.append])
    hass = house.broker.home_assistant()
    house.connect(0.06)
    assert house.broker.documents()
    house.replace("2000 = ,CustomPresence:alice")
    house.advance(60)
    shown = {document["device"]["name"] for document in house.broker.documents().values()}
    assert shown == {"Presence Bridge", "alice presence", "Extension 2000"}
    assert not [one for one in hass.entities if "2001" in one or "presence_2000" in one]
    assert "presence-bridge/homeassistant/presence/2000" not in house.broker.retained
    assert "presence-bridge/homeassistant/presence/alice" in house.broker.retained
    # Whatever was announced is followed by its states.
    assert told


def test_it_can_move_to_another_place():
    house = House(HINT)
    house.connect()
    house.replace(HINT, prefix="ha", node="upstairs")
    house.advance(60)
    topics = house.broker.documents()
    assert topics
    assert all(topic.startswith("ha/") and "/upstairs/" in topic for topic in topics)
    assert "ha/status" in house.home.filters
    assert house.unanswered == []


def test_without_a_broker_the_next_connection_shows_it():
    house = House(HINT)
    house.connect()
    house.disconnect()
    house.replace("2001 = SIP/2001")
    house.broker.log.clear()
    house.advance(60)
    assert house.broker.log == []
    house.connect()
    assert [topic for topic in house.broker.documents() if "2000" in topic] == []
