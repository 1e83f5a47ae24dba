"""`bridge/info`: after each connection, and when something in it has changed."""

import json

import pytest

from bridge.topics.info import Configured, InfoTopic
from bridge.topics.surroundings import Surroundings


class House:
    """An info topic whose surroundings the test changes."""

    def __init__(self):
        self.effects = []
        self.level = "info"
        self.protocol = "5"
        around = Surroundings(
            started_at=1000.0,
            mqtt_protocol=lambda: self.protocol,
            listeners=lambda: ("udp://127.0.0.1:5060",),
            log_level=lambda: self.level,
        )
        configured = Configured(fingerprint="0123456789ab", counts={"hints": 2, "users": 0})
        self.topic = InfoTopic(
            "b", "1.2.3", lambda: configured, around, lambda now: 1_795_000_000 + now, self.effects.append
        )

    def said(self):
        said = [json.loads(effect.payload) for effect in self.effects]
        assert all(effect.topic == "b/bridge/info" and effect.retain for effect in self.effects)
        self.effects.clear()
        return said


@pytest.fixture
def house():
    return House()


def test_the_document(house):
    house.topic.synchronised(1005.0)
    assert house.said() == [
        {
            "version": "1.2.3",
            "mqtt_protocol": "5",
            "log_level": "info",
            "started": "2026-11-18T11:23:20.000+00:00",
            "config": "0123456789ab",
            "restart_needed": [],
            "counts": {"hints": 2, "users": 0},
            "listeners": ["udp://127.0.0.1:5060"],
        }
    ]


def test_nothing_is_said_before_the_brokers_state_is_known(house):
    house.topic.refresh()
    assert house.said() == []


def test_only_what_has_changed_is_said_again(house):
    house.topic.synchronised(0.0)
    house.topic.refresh()
    assert len(house.said()) == 1
    house.level = "debug"
    house.topic.refresh()
    assert [said["log_level"] for said in house.said()] == ["debug"]


def test_all_is_said_again_after_a_reconnect(house):
    house.topic.synchronised(0.0)
    house.topic.disconnected()
    house.topic.refresh()
    assert len(house.said()) == 1
    house.protocol = "3.1.1"
    house.topic.synchronised(1.0)
    assert [said["mqtt_protocol"] for said in house.said()] == ["3.1.1"]
