"""Discovery at work, with a pretended broker and a pretended Home Assistant."""

from itertools import pairwise

import pytest

from bridge.homeassistant.discovery import BIRTH_EARLIEST, BIRTH_SPREAD, ECHO_SECONDS, SETTLING
from bridge.homeassistant.pace import INTERVAL, SLICE
from bridge.homeassistant.plan import RELEASE
from support.discovery import Broker, House

HINT = "2000 = SIP/2000,CustomPresence:2000"
OTHER = "2001 = ,CustomPresence:2001"
STATUS = "homeassistant/status"
SHAPES = pytest.mark.parametrize("shape", ["single", "device"])
BOTH_WAYS = pytest.mark.parametrize(("old", "new"), [("single", "device"), ("device", "single")])


def topics(broker):
    return [message.topic for message in broker.log]


def documents(broker):
    return [message for message in broker.log if message.topic.endswith("/config")]


# --- what is published, and when ---


@SHAPES
def test_home_assistant_sees_everything(shape):
    broker = Broker()
    hass = broker.home_assistant()
    House(HINT, OTHER, broker=broker, governed=["2001"], discovery=shape).connect()
    assert len(hass.entities) == 7 + 4 + 5 + 2 * 3
    assert hass.registry["presence-bridge_presence_2000_state"] == "select.presence_2000"
    assert hass.conflicts == []
    assert all(message.retain for message in documents(broker))


@SHAPES
def test_a_broker_that_knows_everything_is_told_nothing(shape):
    broker = Broker()
    House(HINT, broker=broker, discovery=shape).connect()
    broker.log.clear()
    House(HINT, broker=broker, discovery=shape).connect()
    assert broker.log == []


def test_after_a_loss_only_what_differs_is_published():
    house = House(HINT)
    house.connect()
    lost = "homeassistant/select/presence-bridge/presence_2000_state/config"
    house.disconnect()
    del house.broker.retained[lost]
    house.broker.log.clear()
    house.connect()
    assert [message.topic for message in documents(house.broker)] == [lost]


def test_documents_of_others_are_left_alone():
    broker = Broker()
    foreign = {
        "homeassistant/select/another-bridge/presence_2000_state/config": b"{}",
        "homeassistant/light/kitchen/config": b"{}",
    }
    broker.retained.update(foreign)
    House(HINT, broker=broker).connect()
    assert foreign.items() <= broker.retained.items()


def test_prefix_and_node_can_be_others():
    house = House(HINT, prefix="ha/discovery", node="upstairs")
    house.connect()
    found = house.broker.documents()
    assert len(found) == 14
    assert all(topic.startswith("ha/discovery/") and topic.split("/")[3] == "upstairs" for topic in found)
    assert all(document["unique_id"].startswith("upstairs_") for document in found.values())


def test_a_large_house_is_told_in_slices():
    house = House(*(f"{2000 + n} = SIP/{2000 + n}" for n in range(100)))
    house.read()
    house.advance(0)
    assert len(documents(house.broker)) == SLICE
    house.advance(INTERVAL)
    assert len(documents(house.broker)) == 2 * SLICE
    house.advance(60)
    assert len(documents(house.broker)) == 7 + 3 * 100


# --- states behind documents ---


def repeating(*hints, **options):
    told = []
    house = House(*hints, repeat=lambda: [told.append], **options)
    return house, told


def test_states_are_told_again_behind_documents_that_changed():
    broker = Broker()
    House(OTHER, broker=broker).connect()
    house, told = repeating(HINT, OTHER, broker=broker)
    began = house.now
    broker.log.clear()
    house.connect()
    assert told == [began + SETTLING]
    views = [place for place, topic in enumerate(topics(broker)) if "/homeassistant/presence/" in topic]
    last = max(place for place, topic in enumerate(topics(broker)) if topic.endswith("/config"))
    assert [topics(broker)[place].rpartition("/")[2] for place in views] == ["2000", "2000", "2001"]
    assert views[1] > last


def test_where_no_document_changed_no_state_is_told_again():
    broker = Broker()
    House(HINT, broker=broker).connect()
    house, told = repeating(HINT, broker=broker)
    house.connect()
    assert told == []


# --- what is gone ---


@SHAPES
def test_entities_that_are_gone_are_removed(shape):
    broker = Broker()
    hass = broker.home_assistant()
    House(HINT, OTHER, broker=broker, discovery=shape).connect()
    House(HINT, broker=broker, discovery=shape).connect()
    assert not [unique_id for unique_id in hass.registry if "2001" in unique_id]
    assert len(hass.entities) == 7 + 4 + 3


@SHAPES
def test_an_entity_that_its_device_loses_is_removed(shape):
    broker = Broker()
    hass = broker.home_assistant()
    House(HINT, broker=broker, governed=["2000"], discovery=shape).connect()
    assert "presence-bridge_presence_2000_automatic" in hass.registry
    House(HINT, broker=broker, discovery=shape).connect()
    assert "presence-bridge_presence_2000_automatic" not in hass.registry
    assert len(hass.entities) == 7 + 4 + 3
    broker.log.clear()
    House(HINT, broker=broker, discovery=shape).connect()
    assert broker.log == []


@SHAPES
def test_off_removes_everything_of_ours(shape):
    broker = Broker()
    hass = broker.home_assistant()
    broker.retained["homeassistant/light/kitchen/config"] = b"{}"
    House(HINT, OTHER, broker=broker, discovery=shape).connect()
    house = House(HINT, OTHER, broker=broker, discovery="off")
    house.connect()
    assert list(broker.retained) == ["homeassistant/light/kitchen/config"]
    assert hass.registry == {}
    house.say("2000", "dnd")
    house.hear(STATUS, b"online")
    house.advance(60)
    assert list(broker.retained) == ["homeassistant/light/kitchen/config"]
    assert house.unanswered == []


# --- Home Assistant starts ---


def test_when_home_assistant_starts_everything_is_told_documents_first():
    house, told = repeating(HINT)
    house.connect()
    house.broker.log.clear()
    told.clear()
    begins = house.now + BIRTH_EARLIEST + BIRTH_SPREAD / 2
    assert house.hear(STATUS, b"online")
    house.advance(begins - house.now - 0.01)
    assert house.broker.log == []
    house.advance(0.02)
    assert len(documents(house.broker)) == 14
    assert told == []
    house.advance(60)
    assert told == [begins + SETTLING]
    assert topics(house.broker)[-1] == "presence-bridge/homeassistant/presence/2000"


def test_a_retained_birth_message_is_heard_when_the_broker_has_been_read():
    broker = Broker()
    House(HINT, broker=broker).connect()
    broker.retained[STATUS] = b"online"
    broker.log.clear()
    house = House(HINT, broker=broker)
    house.connect()
    assert len(documents(broker)) == 14


@pytest.mark.parametrize("payload", [b"offline", b"", b"ONLINE", b"\xff"])
def test_other_words_are_no_birth(payload):
    house = House(HINT)
    house.connect()
    house.broker.log.clear()
    assert house.hear(STATUS, payload)
    house.advance(60)
    assert house.broker.log == []


def test_several_births_in_a_row_are_one():
    house = House(HINT)
    house.connect()
    house.broker.log.clear()
    for _ in range(3):
        house.hear(STATUS, b"online")
    house.advance(60)
    assert len(documents(house.broker)) == 14


def test_a_birth_waits_for_documents_that_are_being_published():
    house, told = repeating(HINT)
    house.read()
    house.hear(STATUS, b"online")
    house.advance(60)
    assert len(documents(house.broker)) == 2 * 14
    assert len(told) == 2
    assert house.timers.deadline() is None


def test_a_birth_is_forgotten_with_the_connection():
    house = House(HINT)
    house.connect()
    house.broker.log.clear()
    house.hear(STATUS, b"online")
    house.disconnect()
    house.advance(60)
    assert house.broker.log == []
    assert house.timers.deadline() is None


def test_what_the_user_deletes_in_home_assistant_is_gone_until_something_starts():
    house = House(HINT)
    house.connect()
    topic = "homeassistant/select/presence-bridge/presence_2000_state/config"
    del house.broker.retained[topic]
    house.hear(topic, b"")
    house.advance(60)
    assert topic not in house.broker.retained
    house.hear(STATUS, b"online")
    house.advance(60)
    assert topic in house.broker.retained


# --- the other shape ---


@BOTH_WAYS
def test_when_the_shape_changes_renamed_entities_stay(old, new):
    broker = Broker()
    hass = broker.home_assistant()
    House(HINT, OTHER, broker=broker, discovery=old).connect()
    hass.registry["presence-bridge_presence_2000_state"] = "select.reception"
    before = dict(hass.registry)
    House(HINT, OTHER, broker=broker, discovery=new).connect()
    assert hass.registry == before
    assert hass.conflicts == []
    assert set(hass.entities) == set(before)
    device = [topic for topic in broker.documents() if topic.startswith("homeassistant/device/")]
    assert len(device) == (5 if new == "device" else 0)
    assert len(broker.documents()) == (5 if new == "device" else 21)


@BOTH_WAYS
def test_home_assistant_is_given_time_between_the_steps(old, new):
    broker = Broker()
    House(HINT, broker=broker, discovery=old).connect()
    broker.log.clear()
    house = House(HINT, broker=broker, discovery=new)
    house.read()
    steps = []
    for _ in range(60):
        before = len(documents(broker))
        house.advance(SETTLING / 8)
        steps.append({message.payload for message in documents(broker)[before:]})
    times = [time for time, step in enumerate(steps) if step]
    release, announce, remove = (steps[time] for time in times)
    assert release == {RELEASE}
    assert announce.isdisjoint({RELEASE, b""})
    assert remove == {b""}
    assert all(later - earlier >= 7 for earlier, later in pairwise(times))


@BOTH_WAYS
@pytest.mark.parametrize("messages", range(1, 40))
def test_a_migration_goes_on_wherever_it_was_interrupted(old, new, messages):
    broker = Broker()
    hass = broker.home_assistant()
    House(HINT, OTHER, broker=broker, governed=["2000"], discovery=old).connect()
    hass.registry["presence-bridge_presence_2001_message"] = "text.renamed"
    before = dict(hass.registry)
    broker.log.clear()
    house = House(HINT, OTHER, broker=broker, governed=["2000"], discovery=new)
    broker.refuses = lambda _topic: len(documents(broker)) >= messages
    house.read()
    house.advance(60)
    house.disconnect()
    broker.refuses = lambda _topic: False
    house.connect()
    assert hass.registry == before
    assert set(hass.entities) == set(before)
    assert hass.conflicts == []
    fresh = Broker()
    House(HINT, OTHER, broker=fresh, governed=["2000"], discovery=new).connect()
    assert broker.documents() == fresh.documents()


@BOTH_WAYS
def test_entities_that_are_lost_on_the_way_to_the_other_shape_are_removed(old, new):
    broker = Broker()
    hass = broker.home_assistant()
    House(HINT, OTHER, broker=broker, governed=["2000"], discovery=old).connect()
    House(HINT, broker=broker, discovery=new).connect()
    assert set(hass.registry) == set(hass.entities)
    assert len(hass.entities) == 14


def test_both_shapes_at_once_are_mended():
    broker = Broker()
    for shape in ("single", "device"):
        other = Broker()
        House(HINT, broker=other, discovery=shape).connect()
        broker.retained.update(other.retained)
    hass = broker.home_assistant()
    house = House(HINT, broker=broker, discovery="device")
    house.connect()
    assert len(broker.documents()) == 3
    assert len(hass.entities) == 14


# --- what the broker swallows ---


def test_of_the_documents_that_a_broker_swallows_one_is_named():
    house = House(HINT)
    house.broker.refuses = lambda topic: topic.startswith("homeassistant/")
    house.read()
    house.advance(2 * SETTLING + ECHO_SECONDS - 0.1)
    assert house.unanswered == []
    house.advance(0.2)
    assert house.unanswered == ["homeassistant/binary_sensor/presence-bridge/bridge_connection/config"]
    house.hear(STATUS, b"online")
    house.advance(60)
    assert len(house.unanswered) == 2


def test_one_that_is_swallowed_among_others_is_named():
    house = House(HINT)
    topic = "homeassistant/button/presence-bridge/bridge_notify_all/config"
    house.broker.refuses = lambda published: published == topic
    house.connect()
    assert house.unanswered == [topic]


def test_what_is_given_back_in_time_is_no_matter():
    house = House(HINT)
    house.connect()
    house.hear(STATUS, b"online")
    house.advance(60)
    assert house.unanswered == []
    assert house.timers.deadline() is None


def test_a_connection_that_is_lost_owes_nothing():
    house = House(HINT)
    house.broker.refuses = lambda topic: topic.startswith("homeassistant/")
    house.read()
    house.advance(2 * SETTLING + 1)
    house.disconnect()
    house.advance(60)
    assert house.unanswered == []
