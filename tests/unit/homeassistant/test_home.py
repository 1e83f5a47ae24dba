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
