from bridge.model.device import DeviceState
from bridge.model.facts import device_key, presence_key
from bridge.model.presence import Presence, PresenceState
from bridge.model.state import State
from bridge.topics.decoders.word import NOBODY, Origin, Word
from bridge.topics.route import Routes
from bridge.topics.standing import Standing

ALICE, LAMP = presence_key("Alice"), device_key("Custom:lamp")
AWAY = Presence(PresenceState.AWAY)
BY_RULE = Origin("rule", "door")


def house():
    state = State([])
    return state, Standing(state, Routes("pb"))


def test_nobody_has_spoken():
    _, standing = house()
    assert standing.word(ALICE) is None
    assert standing.origin(ALICE) == NOBODY


def test_a_word_is_the_fact_and_who_has_said_it():
    state, standing = house()
    state.put(ALICE, "Alice", AWAY, None)
    assert not standing.note(ALICE, "pb/presence/Alice", BY_RULE)
    assert standing.word(ALICE) == Word(AWAY, BY_RULE)
    assert standing.origin(ALICE) == BY_RULE
    assert standing.note(ALICE, "pb/presence/Alice", BY_RULE)
    assert not standing.note(ALICE, "pb/presence/Alice", NOBODY)


def test_a_cleared_topic_says_nothing():
    _, standing = house()
    standing.note(LAMP, "pb/device/Custom/lamp", NOBODY)
    assert standing.word(LAMP) == Word(DeviceState.UNKNOWN)
    assert not standing.note(LAMP, "pb/device/Custom/lamp", None)
    assert standing.word(LAMP) is None
    assert standing.note(LAMP, "pb/device/Custom/lamp", None)


def test_a_topic_is_spelled_as_it_was_heard():
    _, standing = house()
    assert standing.topic(ALICE, "Alice") == "pb/presence/Alice"
    assert standing.topic(LAMP, "Custom/lamp") == "pb/device/Custom/lamp"
    standing.note(ALICE, "pb/presence/ALICE", NOBODY)
    assert standing.topic(ALICE, "Alice") == "pb/presence/ALICE"


def test_all_that_something_is_said_of_is_named_as_its_topic_spells_it():
    _, standing = house()
    standing.note(ALICE, "pb/presence/Alice", NOBODY)
    standing.note(LAMP, "pb/device/Custom/lamp", NOBODY)
    assert [*standing.spoken] == [(ALICE, "Alice"), (LAMP, "Custom/lamp")]
    standing.note(ALICE, "pb/presence/Alice", None)
    assert [*standing.spoken] == [(LAMP, "Custom/lamp")]
