"""`bridge/health`: every so often, and when something is lost or back."""

import json

import pytest

from bridge.effects import (
    ListenersChanged,
    MessageRejected,
    NotifyAnswered,
    Publish,
    StoreChanged,
)
from bridge.timers import Timers
from bridge.topics.health import HealthTopic, Vitals
from bridge.topics.readiness import Part, Readiness

LOST = "udp://127.0.0.1:5060 is lost: network is down"
REJECTED = MessageRejected("b/presence/a", "payload", "x", "why")


class House:
    """A health topic with vitals that the test changes, published every 60 s."""

    def __init__(self):
        self.now = 100.0
        self.timers = Timers()
        self.effects = []
        self.trouble, self.loss, self.store, self.synchronised = "", None, "off", True
        vitals = Vitals(
            readiness=self.readiness,
            subscriptions=lambda: 3,
            in_flight=lambda: 1,
            unconverged=lambda now: (2, now - 98.56),
            messages_received=lambda: 7,
            last_loss=lambda: self.loss,
            insecure=lambda: ("a door is open",),
        )
        self.topic = HealthTopic(
            "b", vitals, 60.0, self.timers, 90.0, lambda now: 1_795_000_000 + now, self.effects.append
        )

    def readiness(self):
        return Readiness(
            Part(self.synchronised, "synchronised" if self.synchronised else "not connected yet"),
            Part(not self.trouble, self.trouble or "served"),
            Part(self.store == "off", self.store),
        )

    def observe(self, seen):
        self.topic.kinds[type(seen)](seen, self.now)

    def advance(self, seconds):
        end = self.now + seconds
        while (deadline := self.timers.deadline()) is not None and deadline <= end:
            self.now = deadline
            self.timers.run(deadline)
        self.now = end

    def said(self):
        said = [effect for effect in self.effects if isinstance(effect, Publish)]
        assert all(effect.topic == "b/bridge/health" and effect.retain for effect in said)
        self.effects.clear()
        return [json.loads(effect.payload) for effect in said]


@pytest.fixture
def house():
    return House()


def test_the_document(house):
    house.loss = ("connection refused", 95.0)
    for seen in (
        NotifyAnswered("state", "acknowledged", 200, 0.002, 0.00449),
        NotifyAnswered("subscribe", "acknowledged", 200, 0.002, None),
        REJECTED,
        REJECTED,
        MessageRejected("b/x", "topic", "x", "why"),
        Publish("b/y", b"", retain=False),
    ):
        house.observe(seen)
    assert house.topic.document(100.0) == {
        "ready": True,
        "parts": {
            "mqtt": {"ok": True, "why": "synchronised"},
            "sip": {"ok": True, "why": "served"},
            "store": {"ok": True, "why": "off"},
        },
        "subscriptions": 3,
        "in_flight": 1,
        "unconverged": 2,
        "unconverged_seconds": 1.4,
        "last_notify": "2026-11-18T11:08:20.000+00:00",
        "notify_latency_ms": 4.49,
        "notify_latency_p50_ms": 4.49,
        "notify_latency_p99_ms": 4.49,
        "uptime_seconds": 10,
        "messages_received": 7,
        "messages_sent": 1,
        "rejected": {"payload": 2, "topic": 1},
        "last_broker_loss": {"reason": "connection refused", "at": "2026-11-18T11:08:15.000+00:00"},
        "insecure": ["a door is open"],
    }


def test_what_has_not_happened_is_null(house):
    document = house.topic.document(100.0)
    absent = [name for name, value in document.items() if value is None]
    assert absent == [
        "last_notify",
        "notify_latency_ms",
        "notify_latency_p50_ms",
        "notify_latency_p99_ms",
        "last_broker_loss",
    ]


def test_a_notify_that_was_not_acknowledged_is_no_last_notify(house):
    house.observe(NotifyAnswered("state", "timeout", 0, 32.0, 32.1))
    document = house.topic.document(100.0)
    assert (document["last_notify"], document["notify_latency_ms"]) == (None, None)


def test_it_is_published_every_so_often(house):
    house.topic.synchronised(100.0)
    assert len(house.said()) == 1
    house.advance(59.9)
    assert house.said() == []
    house.advance(0.1)
    assert [said["uptime_seconds"] for said in house.said()] == [70]
    house.advance(120)
    assert [said["uptime_seconds"] for said in house.said()] == [130, 190]


def test_a_lost_listener_is_said_within_a_second_and_so_is_its_return(house):
    house.topic.synchronised(100.0)
    house.said()
    house.trouble = LOST
    house.advance(1.0)
    assert [effect for effect in house.effects if isinstance(effect, ListenersChanged)] == [
        ListenersChanged(LOST)
    ]
    lost = {"ok": False, "why": LOST}
    assert [(said["ready"], said["parts"]["sip"]) for said in house.said()] == [(False, lost)]
    house.advance(10.0)
    assert house.said() == []
    house.trouble = ""
    house.advance(1.0)
    assert ListenersChanged("") in house.effects
    assert [said["ready"] for said in house.said()] == [True]
    house.advance(59.0)
    assert house.said() == []


def test_a_listener_that_comes_and_goes_is_said_once_a_second_at_most(house):
    house.topic.synchronised(100.0)
    house.said()
    for number in range(100):
        house.trouble = f"{LOST} {number}"
        house.advance(0.1)
    assert len(house.said()) <= 10


def test_trouble_of_the_store_is_said_within_a_second(house):
    house.topic.synchronised(100.0)
    house.said()
    house.advance(0.5)
    house.store = "disk is full"
    house.observe(StoreChanged("disk is full"))
    house.advance(0.5)
    assert [said["parts"]["store"] for said in house.said()] == [{"ok": False, "why": "disk is full"}]


def test_nothing_is_said_while_the_broker_is_away(house):
    house.topic.synchronised(100.0)
    house.topic.disconnected()
    house.said()
    house.trouble = LOST
    house.advance(300.0)
    assert house.effects == []
    assert house.timers.deadline() is None
    house.topic.synchronised(house.now)
    assert [said["parts"]["sip"]["why"] for said in house.said()] == [LOST]


def test_a_connection_lost_before_anything_was_said_leaves_nothing_behind(house):
    house.topic.disconnected()
    assert house.effects == []
