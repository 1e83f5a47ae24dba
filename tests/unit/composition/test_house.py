"""What Home Assistant is told, by the whole of the pure parts."""

import json

import pytest

from bridge.composition.core import Core, Outside
from bridge.config import Settings
from bridge.effects import Publish, Subscribe
from bridge.events import BrokerConnected, MessageReceived, Wake
from support.context import wall

CONFIG = {
    "hints": [{"extension": "2000", "hint": "SIP/2000,CustomPresence:alice"}],
    "sensors": {"door": {"topic": "door"}},
    "rules": [
        {"presence": "Bob", "when": {"door": "open"}, "set": "available"},
        {"device": "Custom:lamp", "when": {"door": "open"}, "set": "INUSE"},
    ],
}


class Conversation:
    """A bridge and a broker that gives back its sentinel, as seen from the broker."""

    def __init__(self, **sections):
        self.now = 1000.0
        self.effects = []
        settings = Settings.model_validate(CONFIG | sections)
        self.core = Core(settings, Outside(self.effects.append, lambda: "0" * 16, wall, lambda _flow: None))
        self.feed(BrokerConnected())

    def feed(self, event):
        self.core.engine.handle(event, self.now)

    def synchronise(self):
        sentinel = next(effect for effect in self.published() if "/bridge/sync/" in effect.topic)
        self.hear(sentinel.topic, sentinel.payload)

    def hear(self, topic, payload, *, retained=False):
        self.feed(MessageReceived(topic, payload, retained, self.now))

    def advance(self, seconds):
        end = self.now + seconds
        while (deadline := self.core.engine.deadline()) is not None and deadline <= end:
            self.now = max(self.now, deadline)
            self.feed(Wake())
        self.now = end

    def published(self):
        return [effect for effect in self.effects if isinstance(effect, Publish)]

    def documents(self):
        return {
            effect.topic: json.loads(effect.payload)
            for effect in self.published()
            if effect.topic.endswith("/config") and effect.payload
        }


@pytest.fixture
def talk():
    conversation = Conversation()
    conversation.synchronise()
    conversation.advance(9)
    return conversation


def test_providers_of_hints_and_of_rules_are_shown_and_devices_are_not(talk):
    names = {document["device"]["name"] for document in talk.documents().values()}
    assert names == {"Presence Bridge", "alice presence", "Bob presence", "Extension 2000"}
    automatic = [topic for topic in talk.documents() if topic.endswith("_automatic/config")]
    assert automatic == ["homeassistant/button/presence-bridge/presence_bob_automatic/config"]


def test_online_is_said_before_the_first_document(talk):
    topics = [effect.topic for effect in talk.published()]
    assert topics.index("presence-bridge/homeassistant/presence/alice") < topics.index(
        "presence-bridge/bridge/state"
    )
    assert topics.index("presence-bridge/bridge/state") < topics.index(next(iter(talk.documents())))


def test_everything_that_it_reads_is_told_again_behind_documents(talk):
    topics = [effect.topic for effect in talk.published()]
    last = max(place for place, topic in enumerate(topics) if topic.endswith("/config"))
    assert {
        "presence-bridge/bridge/info",
        "presence-bridge/bridge/health",
        "presence-bridge/hint/2000",
        "presence-bridge/homeassistant/presence/alice",
        "presence-bridge/homeassistant/presence/Bob",
    } <= set(topics[last:])


def test_a_change_of_the_truth_is_shown(talk):
    talk.effects.clear()
    talk.hear("presence-bridge/presence/alice", b"away,lunch")
    (view,) = [effect for effect in talk.published() if "/homeassistant/" in effect.topic]
    assert json.loads(view.payload) == {
        "provider": "alice",
        "presence": "away",
        "subtype": "lunch",
        "message": "",
    }


def test_the_configuration_names_prefix_and_node():
    talk = Conversation(homeassistant={"discovery": "device", "prefix": "ha", "node_id": "up"})
    (subscribe,) = [effect for effect in talk.effects if isinstance(effect, Subscribe)]
    assert {"ha/+/up/+/config", "ha/status"} <= set(subscribe.filters)
    talk.synchronise()
    talk.advance(9)
    assert next(iter(talk.documents())) == "ha/device/up/bridge/config"


def test_topics_of_hints_that_are_gone_are_deleted_behind_their_documents():
    talk = Conversation()
    old = "homeassistant/sensor/presence-bridge/extension_2001_state/config"
    talk.hear(old, b"{}", retained=True)
    talk.hear("presence-bridge/hint/2001", b"{}", retained=True)
    talk.synchronise()
    talk.advance(9)
    deleted = [effect.topic for effect in talk.published() if effect.retain and not effect.payload]
    assert deleted == [old, "presence-bridge/hint/2001"]
