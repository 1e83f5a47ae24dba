import json

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from bridge.effects import Publish
from bridge.model.device import DeviceState
from bridge.model.facts import device_key, presence_key
from bridge.model.hint import parse_hint
from bridge.model.presence import Presence, PresenceState
from bridge.model.state import State
from bridge.timers import Timers
from bridge.topics.hints import HintTopics

HINTS = (parse_hint("2000", "SIP/a,CustomPresence:a"), parse_hint("2001", "SIP/b,CustomPresence:a"))
DND = Presence(PresenceState.DND, "", "Grüße")


class House:
    """Hint topics with their surroundings; `said` is what they published since it was last asked for."""

    def __init__(self):
        self.state = State(HINTS)
        self.timers = Timers()
        self.effects = []
        self.topics = HintTopics(self.state, "bridge", self.effects.append, self.timers)

    def put(self, key, value, now=0.0):
        change = self.state.put(key, key.name, value, now)
        if change is not None:
            self.topics.changed(change, now)

    def said(self):
        said = [(effect.topic, json.loads(effect.payload)) for effect in self.effects]
        assert all(isinstance(effect, Publish) and effect.retain for effect in self.effects)
        self.effects.clear()
        return said


@pytest.fixture
def house():
    house = House()
    house.topics.publish_all(0.0)
    house.said()
    return house


def test_the_document_has_the_words_of_asterisk():
    house = House()
    house.put(device_key("SIP/a"), DeviceState.RINGINUSE)
    house.put(presence_key("a"), Presence(PresenceState.XA, "lunch", "back at 13:00"))
    house.topics.watchers("2000", 3, 0.0)
    house.topics.publish_all(0.0)
    assert house.said()[0] == (
        "bridge/hint/2000",
        {
            "extension": "2000",
            "hint": "SIP/a,CustomPresence:a",
            "extension_state": "InUse&Ringing",
            "device_state": "RINGINUSE",
            "presence": "xa",
            "subtype": "lunch",
            "message": "back at 13:00",
            "watchers": 3,
        },
    )


def test_texts_are_written_as_utf8(house):
    house.put(presence_key("a"), DND)
    assert '"message":"Grüße"'.encode() in house.effects[0].payload


def test_nothing_is_said_before_the_connection_is_synchronised():
    house = House()
    house.put(presence_key("a"), DND)
    house.topics.watchers("2000", 1, 0.0)
    house.timers.run(1.0)
    assert house.said() == []
    house.topics.publish_all(1.0)
    assert [topic for topic, _ in house.said()] == ["bridge/hint/2000", "bridge/hint/2001"]


def test_a_change_is_said_at_once_for_every_hint_that_it_touches(house):
    house.put(presence_key("a"), DND)
    assert [(topic, shown["presence"]) for topic, shown in house.said()] == [
        ("bridge/hint/2000", "dnd"),
        ("bridge/hint/2001", "dnd"),
    ]
    house.put(device_key("SIP/b"), DeviceState.BUSY)
    assert [(topic, shown["extension_state"]) for topic, shown in house.said()] == [
        ("bridge/hint/2001", "Busy")
    ]


def test_what_looks_the_same_is_not_said_again(house):
    house.topics.publish_all(1.0)
    assert house.said() == []


def test_nothing_is_said_while_the_broker_is_away_and_everything_afterwards(house):
    house.topics.disconnected()
    house.put(presence_key("a"), DND)
    assert house.said() == []
    house.topics.publish_all(2.0)
    assert [(topic, shown["presence"]) for topic, shown in house.said()] == [
        ("bridge/hint/2000", "dnd"),
        ("bridge/hint/2001", "dnd"),
    ]


def test_watchers_are_said_four_times_a_second_at_most_and_the_newest_count_wins(house):
    house.topics.watchers("2000", 1, 10.0)
    house.topics.watchers("2000", 2, 10.1)
    house.topics.watchers("2000", 3, 10.2)
    assert house.timers.deadline() == 10.25
    assert house.said() == []
    house.timers.run(10.25)
    assert [(topic, shown["watchers"]) for topic, shown in house.said()] == [("bridge/hint/2000", 3)]
    house.topics.watchers("2000", 4, 10.3)
    house.timers.run(10.5)
    assert house.said() == []
    house.timers.run(10.55)
    assert [shown["watchers"] for _, shown in house.said()] == [4]


def test_a_change_carries_the_newest_count_with_it(house):
    house.topics.watchers("2000", 5, 10.0)
    house.put(device_key("SIP/a"), DeviceState.BUSY)
    assert [shown["watchers"] for _, shown in house.said()] == [5]
    house.timers.run(10.25)
    assert house.said() == []


def test_watchers_of_an_extension_without_a_hint_are_nobodys_news(house):
    house.topics.watchers("9999", 1, 0.0)
    house.timers.run(1.0)
    assert house.said() == []


class RetainedHints(RuleBasedStateMachine):
    """What is retained equals what each hint shows, as soon as no timer is due."""

    def __init__(self):
        super().__init__()
        self.house = House()
        self.now = 0.0
        self.counts = {"2000": 0, "2001": 0}
        self.synchronised = False
        self.retained = {}
        self.last = {}

    @rule(name=st.sampled_from("ab"), state=st.sampled_from(DeviceState))
    def device(self, name, state):
        self.house.put(device_key(f"SIP/{name}"), state, self.now)

    @rule(state=st.sampled_from(PresenceState), message=st.sampled_from(["", "x"]))
    def presence(self, state, message):
        self.house.put(presence_key("a"), Presence(state, "", message), self.now)

    @rule(extension=st.sampled_from(["2000", "2001"]), count=st.integers(0, 3))
    def watchers(self, extension, count):
        self.counts[extension] = count
        self.house.topics.watchers(extension, count, self.now)

    @rule(seconds=st.sampled_from([0.1, 0.25, 1.0]))
    def time_passes(self, seconds):
        self.now += seconds
        self.house.timers.run(self.now)

    @rule()
    def synchronise(self):
        self.synchronised = True
        self.house.topics.publish_all(self.now)

    @rule()
    def disconnect(self):
        self.synchronised = False
        self.retained.clear()
        self.house.topics.disconnected()

    @invariant()
    def retained_is_true(self):
        for topic, shown in self.house.said():
            assert self.synchronised
            assert self.retained.get(topic) != shown
            self.retained[topic] = shown
        if not self.synchronised:
            return
        for hint in HINTS:
            expected = hint.evaluate(self.house.state.facts)
            shown = self.retained[f"bridge/hint/{hint.extension}"]
            assert shown["extension_state"] == expected.text
            assert shown["device_state"] == expected.device.value
            assert (shown["presence"], shown["message"]) == (
                expected.presence.state.value,
                expected.presence.message,
            )
            if not self.house.timers.deadline():
                assert shown["watchers"] == self.counts[hint.extension]


TestRetainedHints = RetainedHints.TestCase
TestRetainedHints.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
