"""One connection after the other: subscribe, read what is retained, then speak."""

import json
from dataclasses import replace

from bridge.effects import BrokerSynchronised, MessageRejected, Publish, Subscribe, Unsubscribe, Warned
from bridge.events import BrokerConnected, MessageReceived, PublishRefused
from bridge.rules.condition import Comparison
from bridge.rules.reader import Reader
from bridge.rules.sensor import Sensor, SensorRequest
from bridge.topics.session import Link
from support.house import RULES, presence_rule
from support.playbook import BASE, Playbook

HINT = "2000 = SIP/2000,CustomPresence:2000"


def unsynchronised():
    play = Playbook(HINT, connected=False)
    play.feed(BrokerConnected())
    return play


def test_everything_is_subscribed_to_before_the_sentinel_goes_out():
    play = unsynchronised()
    subscribe, sentinel = play.effects
    assert isinstance(subscribe, Subscribe)
    read = {f"{BASE}/presence/#", f"{BASE}/device/#", f"{BASE}/bridge/request/+", f"{BASE}/phone/+"}
    read |= {f"{BASE}/bridge/state", f"{BASE}/hint/#", f"{BASE}/hint/2000"}
    # What Home Assistant was told by an earlier run, to be removed.
    read |= {
        "homeassistant/+/presence-bridge/+/config",
        f"{BASE}/homeassistant/presence/#",
        "homeassistant/status",
    }
    assert set(subscribe.filters) == {*read, sentinel.topic}
    assert not sentinel.retain
    assert play.session.link is Link.READING


def test_nothing_of_ours_is_published_before_all_that_is_retained_has_been_read():
    play = unsynchronised()
    play.mqtt("presence/2000", "away", retained=True)
    assert play.published == {}
    play.sync()
    topics = [effect.topic.removeprefix(f"{BASE}/") for effect in play.of(Publish)]
    assert topics[1] == "hint/2000"
    assert sorted(topics[2:-1]) == ["bridge/event", "bridge/health", "bridge/info"]
    assert topics[-1] == "bridge/state"
    assert json.loads(play.published[f"{BASE}/hint/2000"])["presence"] == "away"
    assert play.published[f"{BASE}/bridge/state"] == b"online"
    assert [effect.messages for effect in play.of(BrokerSynchronised)] == [1]


def test_a_sentinel_of_another_connection_does_not_count():
    play = unsynchronised()
    topic = play.of(Publish)[0].topic
    play.feed(MessageReceived(topic, b"old", retained=False, at=play.now))
    assert play.session.link is Link.READING


def test_a_broker_that_delivers_nothing_is_named_and_does_not_keep_us_from_serving():
    play = unsynchronised()
    play.advance(6)
    sentinel = play.of(Publish)[0].topic
    assert play.of(Warned)[0].text == (
        f"user bridge may not read or write {BASE}/bridge/#: {sentinel} did not come back within 5 s."
        " Mend the broker's access rules"
    )
    assert play.session.link is Link.SYNCHRONISED
    assert play.published[f"{BASE}/bridge/state"] == b"online"


def test_a_lost_connection_is_begun_anew():
    play = Playbook(HINT)
    play.disconnect()
    assert play.session.link is Link.DOWN
    play.effects.clear()
    play.mqtt("presence/2000", "away")
    assert play.of(Publish) == []
    play.connect()
    assert len(play.of(Subscribe)) == 1
    assert play.session.link is Link.SYNCHRONISED
    assert json.loads(play.published[f"{BASE}/hint/2000"])["presence"] == "away"
    play.advance(10)
    assert play.of(Warned) == []


def test_what_we_wrote_and_the_broker_lost_is_written_again():
    play = Playbook(HINT)
    play.mqtt("presence/2000/set", "dnd")
    written = play.published[f"{BASE}/presence/2000"]
    play.mqtt("presence/2000", written)
    play.disconnect()
    play.effects.clear()
    play.connect()
    assert f"{BASE}/presence/2000" in [effect.topic for effect in play.of(Publish)]


def test_a_connection_lost_while_reading_leaves_no_timer_behind():
    play = unsynchronised()
    play.disconnect()
    play.advance(10)
    assert play.of(Warned) == []
    assert play.session.link is Link.DOWN


# --- sensors --------------------------------------------------------------------------------------

DOOR = Sensor("door", Reader("house/door"), requests=(SensorRequest("house/door/get", b"now"),))
LAMP = Sensor("lamp", Reader(f"{BASE}/hint/2000", path="extension_state"))


def topics(play):
    """Where was published, our own topics without their base."""
    return [effect.topic.removeprefix(f"{BASE}/") for effect in play.of(Publish)]


def test_sensors_are_subscribed_to_and_asked_behind_it():
    play = Playbook(HINT, sensors=(DOOR,), rules=RULES, connected=False)
    play.feed(BrokerConnected())
    subscribe, question, sentinel = play.effects
    assert "house/door" in subscribe.filters
    assert subscribe.filters[-1] == sentinel.topic
    assert question == Publish("house/door/get", b"now", retain=False)
    play.disconnect()
    play.connect()
    assert play.effects.count(question) == 2


def test_what_rules_decide_from_what_is_retained_is_published_before_online():
    play = Playbook(HINT, sensors=(DOOR,), rules=RULES, connected=False)
    play.feed(BrokerConnected())
    play.feed_sensor("house/door", "closed", retained=True)
    assert topics(play)[2:] == []
    play.sync()
    assert topics(play)[2:5] == ["presence/2000", "device/Custom/lamp", "hint/2000"]
    assert topics(play)[-1] == "bridge/state"


def test_a_topic_of_ours_is_read_by_us_and_by_a_sensor():
    sets = presence_rule("rings", "ringing", "dnd")
    rule = replace(sets, condition=Comparison("lamp", ("Ringing",)))
    play = Playbook(HINT, sensors=(LAMP,), rules=(rule,))
    assert not any(f"{BASE}/hint/2000" in effect.filters for effect in play.of(Unsubscribe))
    play.mqtt("device/SIP/2000", "RINGING")
    play.mqtt("hint/2000", play.published[f"{BASE}/hint/2000"])
    assert json.loads(play.published[f"{BASE}/presence/2000"])["rule"] == "rings"


def test_what_only_sensors_read_is_no_wrong_topic():
    play = Playbook(HINT, sensors=(DOOR,), rules=RULES)
    play.feed_sensor("house/door", "{")
    play.feed_sensor("house/window", "open")
    assert play.of(MessageRejected) == []


# --- access rules ---------------------------------------------------------------------------------


def test_a_write_that_does_not_come_back_is_named_by_its_topic():
    play = Playbook(HINT)
    play.mqtt("presence/2000/set", "away")
    play.advance(9)
    assert play.of(Warned) == []
    play.advance(1)
    (warning,) = play.of(Warned)
    assert f"may not write {BASE}/presence/#: {BASE}/presence/2000 did not come back" in warning.text


def test_a_refused_message_is_named_at_once():
    play = Playbook(HINT)
    play.feed(PublishRefused(f"{BASE}/hint/2000", "Not authorized"))
    (warning,) = play.of(Warned)
    assert f"user bridge may not write {BASE}/hint/#: the broker refused {BASE}/hint/2000" in warning.text


def test_with_mqtt_5_a_sentinel_that_was_not_refused_cannot_be_read():
    play = Playbook(HINT, connected=False)
    play.feed(BrokerConnected(tells_refusals=True))
    play.advance(6)
    assert f"user bridge may not read {BASE}/bridge/#" in play.of(Warned)[0].text


def test_what_has_told_us_of_the_state_of_a_bridge_shows_that_we_may_read():
    play = unsynchronised()
    play.mqtt("bridge/state", "offline", retained=True)
    play.advance(6)
    assert f"user bridge may not write {BASE}/bridge/#" in play.of(Warned)[0].text


# --- reading other topics -------------------------------------------------------------------------


def test_what_is_read_now_and_was_not_is_subscribed_to_and_what_is_read_no_more_is_not():
    play = Playbook(HINT, sensors=(DOOR,), rules=RULES)
    before = (*play.session.filters, "old/one", "old/two")
    play.effects.clear()
    play.session.reread([one for one in before if one != "house/door"], (), DOOR.requests)
    question = Publish("house/door/get", b"now", retain=False)
    assert play.effects == [Subscribe(("house/door",)), Unsubscribe(("old/one", "old/two")), question]


def test_what_is_stored_comes_once_more_where_that_is_asked_for():
    play = Playbook(HINT, sensors=(DOOR,), rules=RULES)
    play.effects.clear()
    play.session.reread(play.session.filters, ("house/door", "house/door"), ())
    assert play.effects == [Subscribe(("house/door",))]


def test_without_a_broker_the_next_connection_sees_to_it():
    play = Playbook(HINT, sensors=(DOOR,), rules=RULES)
    play.disconnect()
    play.effects.clear()
    play.session.reread(("old",), ("new",), DOOR.requests)
    assert play.effects == []
