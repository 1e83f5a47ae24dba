"""`bridge/event`: what is told, what waits for the broker, and how much in a second."""

import json

import pytest

from bridge.effects import (
    AuthenticationFailed,
    BridgeStopping,
    ListenersChanged,
    MessageRejected,
    NotifyAnswered,
    PresenceChanged,
    RuleDecided,
    StoreChanged,
    SubscribeAnswered,
    SubscriptionEnded,
    Warned,
)
from bridge.timers import Timers
from bridge.topics.events import EventTopic

EVIL = "\x1b[2J" + "x" * 1000


class House:
    """An event topic at second 100 of a pretended clock."""

    def __init__(self):
        self.now = 100.0
        self.timers = Timers()
        self.effects = []
        self.topic = EventTopic(
            "b", "1.2.3", self.timers, lambda now: 1_795_000_000 + now, self.effects.append
        )

    def observe(self, *observations):
        for observation in observations:
            self.topic.observe(observation, self.now)

    def advance(self, seconds):
        self.now += seconds
        self.timers.run(self.now)

    def said(self):
        assert all(effect.topic == "b/bridge/event" and not effect.retain for effect in self.effects)
        said = [json.loads(effect.payload) for effect in self.effects]
        self.effects.clear()
        return said

    def types(self):
        return [said["type"] for said in self.said()]


@pytest.fixture
def house():
    house = House()
    house.topic.synchronised(house.now)
    house.said()
    return house


def warned(*numbers):
    return [Warned(str(number)) for number in numbers]


@pytest.mark.parametrize(
    ("observation", "event"),
    [
        (
            MessageRejected("b/presence/2000", "payload", "bored", "unknown presence state 'bored'"),
            {
                "type": "rejected",
                "kind": "payload",
                "topic": "b/presence/2000",
                "value": "bored",
                "reason": "unknown presence state 'bored'",
            },
        ),
        (
            PresenceChanged("Jürgen", "away", "dnd"),
            {"type": "presence_changed", "provider": "Jürgen", "old": "away", "new": "dnd"},
        ),
        (
            SubscribeAnswered("created", 200, "2000", "sip:a@h", "c1"),
            {"type": "subscription_created", "extension": "2000", "watcher": "sip:a@h", "call_id": "c1"},
        ),
        (
            SubscriptionEnded("expired", "2000", "sip:a@h", "c1"),
            {
                "type": "subscription_ended",
                "reason": "expired",
                "extension": "2000",
                "watcher": "sip:a@h",
                "call_id": "c1",
            },
        ),
        (
            AuthenticationFailed("192.0.2.1", "alice"),
            {"type": "authentication_failed", "source": "192.0.2.1", "user": "alice"},
        ),
        (
            RuleDecided("2000", "door", "dnd,,Door closed"),
            {"type": "rule_decided", "output": "2000", "rule": "door", "value": "dnd,,Door closed"},
        ),
        (ListenersChanged("udp://x is lost"), {"type": "listener_trouble", "trouble": "udp://x is lost"}),
        (ListenersChanged(""), {"type": "listeners_served"}),
        (StoreChanged("disk is full"), {"type": "store_trouble", "trouble": "disk is full"}),
        (StoreChanged(""), {"type": "store_kept"}),
        (BridgeStopping(), {"type": "stopping"}),
        (Warned("words"), {"type": "warning", "text": "words"}),
    ],
)
def test_an_event_for_each_with_its_moment(house, observation, event):
    assert type(observation) in house.topic.kinds
    house.observe(observation)
    assert house.said() == [{"at": "2026-11-18T11:08:20.000+00:00", **event}]


@pytest.mark.parametrize("outcome", ["refreshed", "fetched", "ended", "rejected"])
def test_a_subscribe_that_begins_nothing_is_no_event(house, outcome):
    house.observe(SubscribeAnswered(outcome, 200, "2000", "sip:a@h", "c1"))
    assert house.said() == []


def test_what_happens_with_each_notify_is_no_event(house):
    seen = NotifyAnswered("state", "acknowledged", 200, 0.1, 0.1)
    assert type(seen) not in house.topic.kinds
    house.observe(seen)
    assert house.said() == []


@pytest.mark.parametrize(
    "observation",
    [
        SubscribeAnswered("created", 200, "2000", EVIL, EVIL),
        SubscriptionEnded("expired", "2000", EVIL, EVIL),
        AuthenticationFailed("192.0.2.1", EVIL),
        ListenersChanged(EVIL),
        StoreChanged(EVIL),
        Warned(EVIL),
    ],
)
def test_texts_of_strangers_are_printable_and_short(house, observation):
    house.observe(observation)
    (event,) = house.said()
    assert all(value.isprintable() and len(value) <= 500 for value in event.values())
    assert any("\\x1b[2J" in value for value in event.values())


# --- the life of the connection ---------------------------------------------------------------------


def test_the_first_connection_says_that_the_bridge_has_started_and_others_that_it_is_back():
    house = House()
    house.topic.synchronised(100.0)
    (started,) = house.said()
    assert (started["type"], started["version"]) == ("started", "1.2.3")
    house.topic.disconnected()
    house.topic.synchronised(200.0)
    assert house.types() == ["reconnected"]


def test_what_happens_without_a_broker_is_told_when_it_is_back(house):
    house.topic.disconnected()
    house.observe(*warned(1, 2))
    house.advance(10.0)
    assert house.said() == []
    house.topic.synchronised(house.now)
    said = house.said()
    assert [event.get("text") for event in said] == [None, "1", "2"]
    assert [event["at"][17:19] for event in said] == ["30", "20", "20"]


def test_what_the_broker_retains_is_how_things_stand_and_no_event():
    house = House()
    house.observe(PresenceChanged("2000", "not_set", "away"))
    house.topic.synchronised(100.0)
    assert house.types() == ["started"]


def test_of_what_waits_the_latest_is_kept_and_the_rest_counted(house):
    house.topic.disconnected()
    house.observe(*warned(*range(50)))
    house.topic.synchronised(house.now)
    _, suppressed, *kept = house.said()
    assert (suppressed["type"], suppressed["count"]) == ("suppressed", 30)
    assert [event["text"] for event in kept] == [str(number) for number in range(30, 50)]
    house.advance(5.0)
    assert house.said() == []


# --- how much in a second ------------------------------------------------------------------------------


def test_twenty_in_a_second_are_told_and_the_rest_is_counted(house):
    house.observe(*warned(*range(100)))
    assert [event["text"] for event in house.said()] == [str(number) for number in range(20)]
    house.advance(0.9)
    assert house.said() == []
    house.advance(0.1)
    (suppressed,) = house.said()
    assert (suppressed["type"], suppressed["count"]) == ("suppressed", 80)
    house.advance(10.0)
    assert house.said() == []


def test_the_next_second_has_room_again(house):
    house.observe(*warned(*range(30)))
    house.advance(1.0)
    house.said()
    house.observe(*warned(*range(20)))
    assert len(house.said()) == 20


def test_a_flood_is_told_by_one_count_a_second(house):
    for _ in range(1000):
        house.observe(*warned("x"))
        house.advance(0.01)
    said = house.said()
    counts = [event["count"] for event in said if event["type"] == "suppressed"]
    assert sum(counts) + sum(event["type"] == "warning" for event in said) == 1000
    assert 9 <= len(counts) <= 10
    assert len(said) <= 11 * 21


def test_a_count_that_was_due_while_the_broker_was_away_is_told_when_it_is_back(house):
    house.observe(*warned(*range(30)))
    house.said()
    house.topic.disconnected()
    house.advance(1.0)
    assert house.said() == []
    house.topic.synchronised(house.now)
    assert house.types() == ["reconnected", "suppressed"]
