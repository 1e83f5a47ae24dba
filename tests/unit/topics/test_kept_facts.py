"""Facts over a restart: known before the broker is, replaced by what it retains, repeated when it has lost them."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.effects import Publish
from bridge.events import BrokerConnected, MessageReceived, StoreLost, StoreReturned
from bridge.model.device import DeviceState
from bridge.model.facts import device_key, presence_key
from bridge.model.presence import Presence, PresenceState
from bridge.topics.decoders.word import COMMAND, Origin, Word
from bridge.topics.kept_facts import KnownFact, decode_fact, encode_fact
from bridge.topics.writes import Author
from support.disk import Disk
from support.house import DOOR, IN, RULES, SENSORS, SHUT
from support.playbook import BASE, Playbook

HINT = "2000 = SIP/2000,CustomPresence:2000"


@pytest.fixture
def play():
    return Playbook(HINT, disk=Disk())


def known(play):
    return play.state.facts.presence("2000"), play.state.facts.device("SIP/2000")


def published(play, topic):
    return [effect.payload for effect in play.of(Publish) if effect.topic == f"{BASE}/{topic}"]


def test_what_was_known_is_known_before_the_broker_is(play):
    phone = play.phone()
    phone.subscribe()
    phone.notified()
    play.mqtt("presence/2000", "away,lunch,back at 13:00")
    play.mqtt("device/SIP/2000", "ONHOLD")
    play.advance(1)
    again = play.restart(HINT, connected=False)
    assert known(again) == (Presence(PresenceState.AWAY, "lunch", "back at 13:00"), DeviceState.ONHOLD)
    again.advance(10.1)
    notify = phone.notified()
    assert (notify.lamp, notify.presence) == (("open", "On hold"), ("away", "lunch", "back at 13:00"))


def test_there_is_no_hurry_and_many_changes_are_one_row(play):
    before = play.disk.commits
    for n in range(50):
        play.mqtt("presence/2000", f"away,{n}")
    assert play.disk.facts == {}
    play.advance(1)
    assert play.disk.commits == before + 1
    assert json.loads(play.disk.facts["presence/2000"])["subtype"] == "49"


def test_what_was_cleared_is_forgotten(play):
    for topic, value in (("presence/2000", "away"), ("device/SIP/2000", "INUSE")):
        play.mqtt(topic, value)
    play.advance(1)
    assert sorted(play.disk.facts) == ["device/sip/2000", "presence/2000"]
    for topic in ("presence/2000", "device/SIP/2000"):
        play.mqtt(topic, "")
    play.advance(1)
    assert play.disk.facts == {}


def test_what_the_broker_retains_replaces_it(play):
    play.mqtt("presence/2000", "away")
    play.advance(1)
    again = play.restart(HINT, connected=False)
    again.connect()
    again.mqtt("presence/2000", "dnd", retained=True)
    assert known(again)[0].state is PresenceState.DND


def test_what_others_wrote_and_the_broker_has_lost_stays_and_is_not_repeated(play):
    play.mqtt("presence/2000", "away")
    play.advance(1)
    again = play.restart(HINT)
    assert known(again)[0].state is PresenceState.AWAY
    assert published(again, "presence/2000") == []
    assert json.loads(again.published[f"{BASE}/hint/2000"])["presence"] == "away"


@pytest.mark.parametrize(
    ("kind", "command"), [("presence/2000", "away,lunch"), ("device/Custom/lamp", "INUSE")]
)
def test_what_is_ours_and_the_broker_has_lost_is_repeated(kind, command):
    hint = "2000 = Custom:lamp,CustomPresence:2000"
    play = Playbook(hint, disk=Disk())
    play.mqtt(f"{kind}/set", command)
    play.give_back()
    play.advance(1)
    (ours,) = published(play, kind)
    again = play.restart(hint)
    assert published(again, kind) == [ours]


def test_what_is_ours_and_the_broker_has_still_is_not_repeated(play):
    play.mqtt("presence/2000/set", "away")
    play.give_back()
    play.advance(1)
    (ours,) = published(play, "presence/2000")
    again = play.restart(HINT, connected=False)
    again.feed(BrokerConnected())
    again.mqtt("presence/2000", ours, retained=True)
    again.sync()
    assert published(again, "presence/2000") == []


def test_what_others_have_written_over_ours_is_theirs(play):
    play.mqtt("presence/2000/set", "away")
    play.give_back()
    play.mqtt("presence/2000", "dnd")
    play.advance(1)
    again = play.restart(HINT)
    assert published(again, "presence/2000") == []
    assert known(again)[0].state is PresenceState.DND


# --- with rules, that are silent while a manual word stands ---

LAMP_AND_PRESENCE = "2000 = Custom:lamp,CustomPresence:2000"


def ruled():
    """The door is closed, so that the rules say dnd and INUSE."""
    play = Playbook(LAMP_AND_PRESENCE, disk=Disk(), sensors=SENSORS, rules=RULES)
    close_the_door(play)
    play.give_back()
    assert of_house(play) == (SHUT, DeviceState.INUSE)
    return play


def close_the_door(play):
    play.feed(MessageReceived(DOOR, b"closed", retained=True, at=play.now))


def of_house(play):
    return play.state.facts.presence("2000"), play.state.facts.device("Custom/lamp")


def restarted_with_a_broker_that_has_lost_all_but_the_door(play):
    play.give_back()
    play.advance(1)
    again = play.restart(LAMP_AND_PRESENCE, connected=False, sensors=SENSORS, rules=RULES)
    again.feed(BrokerConnected())
    close_the_door(again)
    again.sync()
    again.give_back()
    return again


@pytest.mark.parametrize("said", ["presence/2000/set", "presence/2000"])
def test_a_manual_word_stands_after_a_restart_though_the_broker_has_lost_it(said):
    play = ruled()
    play.mqtt(said, "away,lunch")
    again = restarted_with_a_broker_that_has_lost_all_but_the_door(play)
    assert of_house(again)[0] == Presence(PresenceState.AWAY, "lunch")


def test_so_does_one_about_a_device():
    play = ruled()
    play.mqtt("device/Custom/lamp/set", "RINGING")
    again = restarted_with_a_broker_that_has_lost_all_but_the_door(play)
    assert of_house(again)[1] is DeviceState.RINGING


def test_what_the_rules_have_said_is_theirs_to_say_again():
    again = restarted_with_a_broker_that_has_lost_all_but_the_door(ruled())
    assert of_house(again) == (SHUT, DeviceState.INUSE)
    again.feed(MessageReceived(DOOR, b"open", retained=False, at=again.now))
    again.give_back()
    assert of_house(again) == (IN, DeviceState.NOT_INUSE)


def test_a_manual_word_whose_time_has_run_out_meanwhile_stands_no_more():
    play = ruled()
    play.mqtt("presence/2000/set", json.dumps({"state": "away", "until": "2026-11-18T11:30:00Z"}))
    play.give_back()
    play.advance(1)
    again = play.restart(LAMP_AND_PRESENCE, down=3600, connected=False, sensors=SENSORS, rules=RULES)
    again.feed(BrokerConnected())
    close_the_door(again)
    again.sync()
    again.give_back()
    assert of_house(again)[0] == SHUT


def test_a_row_that_cannot_be_read_is_deleted(play):
    play.mqtt("presence/2000", "away")
    play.advance(1)
    play.disk.facts["presence/bad"] = "{}"
    again = play.restart(HINT)
    again.advance(1)
    assert list(again.disk.facts) == ["presence/2000"]


def test_all_are_written_again_if_the_store_was_lost(play):
    play.mqtt("presence/2000", "away")
    play.advance(1)
    play.disk.lose()
    play.feed(StoreLost("x"))
    play.disk.content["facts"] = {}
    play.mqtt("presence/2000", "dnd")
    play.advance(5)
    assert play.disk.facts == {}
    play.feed(StoreReturned())
    assert json.loads(play.disk.facts["presence/2000"])["state"] == "dnd"


def test_without_a_store_nothing_is_remembered():
    play = Playbook(HINT)
    play.mqtt("presence/2000", "away")
    assert play.kept_facts.all() == ()


TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
ORIGINS = st.builds(Origin, TEXTS, TEXTS, TEXTS, st.none() | TEXTS)
WORDS = st.builds(Word, st.builds(Presence, st.sampled_from(PresenceState), TEXTS, TEXTS), ORIGINS)
AUTHORS = st.none() | st.sampled_from(Author)


@given(TEXTS, WORDS, AUTHORS)
def test_any_presence_is_as_it_was(name, word, author):
    fact = KnownFact(presence_key(name), name, word, author)
    assert decode_fact(encode_fact(fact)) == fact


@given(TEXTS, st.sampled_from(DeviceState), ORIGINS, AUTHORS)
def test_any_device_is_as_it_was(name, state, origin, author):
    fact = KnownFact(device_key(name), name, Word(state, origin), author)
    assert decode_fact(encode_fact(fact)) == fact


def test_who_has_said_it_is_kept():
    fact = KnownFact(
        presence_key("a"), "a", Word(Presence(PresenceState.DND), Origin(COMMAND, "", "now", "later")), None
    )
    assert json.loads(encode_fact(fact)) == {
        "name": "a",
        "state": "dnd",
        "subtype": "",
        "message": "",
        "by": "command",
        "rule": "",
        "since": "now",
        "until": "later",
        "author": None,
    }


@pytest.mark.parametrize("document", ["", "7", "{}", "[]", '{"name": 7}', '{"name": "a", "device": "ODD"}'])
def test_what_cannot_be_read_is_refused(document):
    with pytest.raises(ValueError, match=r".+"):
        decode_fact(document)
