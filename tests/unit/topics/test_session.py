"""One connection after the other: subscribe, read what is retained, then speak."""

import json

from bridge.effects import BrokerSynchronised, Publish, Subscribe, Warned
from bridge.events import BrokerConnected, MessageReceived
from bridge.topics.session import Link
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
    read = {f"{BASE}/presence/#", f"{BASE}/device/#", f"{BASE}/bridge/request/+"}
    assert set(subscribe.filters) == {*read, sentinel.topic}
    assert not sentinel.retain
    assert play.session.link is Link.READING


def test_nothing_of_ours_is_published_before_all_that_is_retained_has_been_read():
    play = unsynchronised()
    play.mqtt("presence/2000", "away", retained=True)
    assert play.published == {}
    play.sync()
    assert [effect.topic for effect in play.of(Publish)][1:] == [f"{BASE}/hint/2000", f"{BASE}/bridge/state"]
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
    assert "access rules" in play.of(Warned)[0].text
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
