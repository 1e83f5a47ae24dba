import json
from dataclasses import replace

from bridge.effects import PresenceChanged, Publish
from bridge.model.facts import presence_key
from bridge.rules.rule import Output
from support.house import SENSORS, presence_rule
from support.playbook import BASE, Playbook

HINT = "2000 = ,CustomPresence:Alice Müller"
EVENT = f"{BASE}/presence/Alice Müller/event"


def events(play):
    return [
        effect
        for effect in play.of(Publish)
        if effect.topic.endswith("/event") and "/presence/" in effect.topic
    ]


def test_a_live_change_is_told():
    play = Playbook(HINT)
    play.mqtt("presence/Alice Müller", "away,lunch,Grüße")
    assert play.of(PresenceChanged) == [PresenceChanged("Alice Müller", "not_set", "away")]
    (event,) = events(play)
    assert (event.topic, event.retain) == (EVENT, False)
    assert json.loads(event.payload) == {
        "event_type": "changed",
        "presence": {"state": "away", "subtype": "lunch", "message": "Grüße"},
        "by": "",
        "at": "2026-11-18T11:23:20.000+00:00",
    }


def test_what_was_known_is_not_told_again():
    play = Playbook(HINT)
    play.mqtt("presence/Alice Müller", "away")
    play.mqtt("presence/Alice Müller", '{"state":"away"}')
    assert len(events(play)) == 1


def test_who_has_said_it_is_told():
    output = Output(presence_key("Alice Müller"), "Alice Müller")
    rule = replace(presence_rule("shut", "closed", "dnd"), output=output)
    play = Playbook(HINT, sensors=SENSORS, rules=(rule,))
    play.feed_sensor("house/door", "closed")
    play.give_back()
    play.mqtt("presence/Alice Müller/set", "away")
    play.give_back()
    assert [json.loads(event.payload)["by"] for event in events(play)] == ["rule", "command"]


def test_a_replay_and_a_device_are_no_events():
    play = Playbook(HINT)
    play.mqtt("presence/Alice Müller", "away", retained=True)
    play.mqtt("device/SIP/2000", "INUSE")
    assert events(play) == []
    assert play.of(PresenceChanged) == [PresenceChanged("Alice Müller", "not_set", "away")]


def test_nothing_is_told_while_the_broker_is_not_known():
    play = Playbook(HINT)
    play.disconnect()
    play.mqtt("presence/Alice Müller", "away")
    assert events(play) == []
    play.connect()
    play.mqtt("presence/Alice Müller", "dnd")
    assert len(events(play)) == 1
