"""Which side wins when both have something to say: each case by itself."""

import pytest

from bridge.model.presence import NOT_SET, Presence, PresenceState
from bridge.pbx import AsteriskTaken, AsteriskWritten
from support.beside import Beside
from support.house import BASE

TRUTH = f"{BASE}/presence/2000"


@pytest.fixture
def world():
    """Both sides say `away`."""
    world = Beside().start()
    speak(world, "away")
    world.settle()
    return world


def speak(world, word, topic=TRUTH):
    world.publish(topic, word.encode(), retain=True)


def shows(world, state, *texts, provider="2000"):
    wanted = (state, *texts, *("",) * (2 - len(texts)))
    return world.says(provider) == (wanted, wanted)


def count(world, kind):
    return sum(isinstance(effect, kind) for effect in world.bridge.effects)


# --- one side speaks ------------------------------------------------------------------------------


def test_what_mqtt_says_is_told_to_asterisk_once(world):
    before = world.pbx.writes
    speak(world, "dnd,,In a meeting until three")
    world.settle()
    assert shows(world, "dnd", "", "In a meeting until three")
    assert world.pbx.writes == before + 1


def test_what_asterisk_says_already_is_not_told_again(world):
    before = world.pbx.writes
    speak(world, '{"state": "away"}')
    world.settle()
    assert world.pbx.writes == before


def test_what_is_changed_in_asterisk_becomes_the_truth_and_is_not_told_back(world):
    before = world.pbx.writes
    world.pbx.set("2000", "xa,lunch,back soon")
    world.settle()
    assert shows(world, "xa", "lunch", "back soon")
    assert world.pbx.writes == before + 1
    assert count(world, AsteriskTaken) == 1
    assert b'"by":"command"' in world.retained[TRUTH]


@pytest.mark.parametrize(
    "message", ["Hello, everyone", "two\nlines", "Grüße ☃", "a\tb", 'say "hi"', "100% ${X} \\n ?", "x" * 250]
)
def test_texts_come_through_in_both_directions(world, message):
    speak(world, world.bridge_payload("away", message))
    world.settle()
    assert shows(world, "away", "", message)
    world.pbx.set("2000", "dnd")
    world.settle()
    world.pbx.set("2000", world.line("xa", message))
    world.settle()
    assert shows(world, "xa", "", message)


def test_a_text_that_asterisk_must_cut_is_whole_on_mqtt_and_nobody_is_told_of_the_cut(world):
    long = "long, " * 100
    speak(world, world.bridge_payload("away", long))
    world.settle()
    world.pbx.set("2001", "away")
    world.settle()
    mine, theirs = world.says("2000")
    assert mine == ("away", "", long)
    assert theirs == ("away", "", long[:255])
    assert count(world, AsteriskTaken) == 1


def test_clearing_the_truth_is_not_set_in_asterisk(world):
    speak(world, "")
    world.settle()
    assert shows(world, "not_set")


def test_the_name_is_spelled_as_each_side_spells_it(world):
    world.pbx.set("Bob", "away")
    speak(world, "dnd", f"{BASE}/presence/bob")
    world.settle()
    world.pbx.set("Bob", "xa")
    world.settle()
    assert set(world.pbx.presences) == {"2000", "Bob"}
    assert [topic for topic in world.retained if "ob" in topic] == [f"{BASE}/presence/bob"]
    assert shows(world, "xa", provider="Bob")


def test_what_asterisk_refuses_is_said_and_not_tried_for_ever(world):
    world.faults.errors["Setvar"] = "Permission denied"
    speak(world, "dnd")
    world.settle()
    assert count(world, AsteriskWritten) == 2
    ok, why = world.bridge.link.health
    assert not ok
    assert "add call to `write =` of [bridge]" in why
    world.faults.errors.clear()
    world.pbx.set("2000", "xa")
    world.settle()
    assert shows(world, "xa")


# --- both at once ---------------------------------------------------------------------------------


def test_of_two_words_at_once_the_one_heard_of_last_wins(world):
    world.pbx.set("2000", "xa")
    world.bring()
    speak(world, "dnd")
    world.settle()
    assert shows(world, "dnd")


def test_a_word_that_asterisk_has_behind_ours_wins(world):
    speak(world, "dnd")
    world.deliver(world.bridge)
    world.ask()
    world.pbx.set("2000", "xa")
    world.settle()
    assert shows(world, "xa")


def test_an_old_event_that_comes_late_changes_nothing(world):
    world.pbx.set("2000", "xa")
    world.pbx.set("2000", "chat")
    world.hold_back(repeat=True)
    world.settle()
    assert shows(world, "chat")
    assert count(world, AsteriskTaken) == 1


# --- the link was down ----------------------------------------------------------------------------


def test_what_was_changed_in_asterisk_meanwhile_wins_if_mqtt_says_what_it_said(world):
    world.break_link()
    world.pbx.set("2000", "xa")
    world.link()
    world.settle()
    assert shows(world, "xa")


def test_what_was_said_on_mqtt_meanwhile_is_told(world):
    world.break_link()
    speak(world, "dnd")
    world.settle()
    world.link()
    world.settle()
    assert shows(world, "dnd")


def test_if_both_were_mqtt_wins(world):
    world.break_link()
    world.pbx.set("2000", "xa")
    speak(world, "dnd")
    world.settle()
    world.link()
    world.settle()
    assert shows(world, "dnd")


def test_a_database_that_asterisk_has_lost_clears_nothing(world):
    world.break_link()
    world.pbx.presences.clear()
    world.pbx.restart()
    world.link()
    world.settle()
    assert shows(world, "away")


def test_what_is_cleared_in_asterisk_while_it_runs_is_cleared(world):
    world.break_link()
    world.pbx.set("2000", "not_set")
    world.link()
    world.settle()
    assert shows(world, "not_set")


def test_our_own_word_of_which_no_answer_came_is_no_word_of_asterisk(world):
    speak(world, "dnd")
    world.deliver(world.bridge)
    world.ask()
    world.break_link()
    speak(world, "away")
    world.settle()
    world.link()
    world.settle()
    assert shows(world, "away")


def test_a_stale_row_of_the_list_in_another_spelling_is_not_trusted(world):
    world.break_link()
    world.pbx.set_function("PRESENCE_STATE(custompresence:2000)", "xa")
    world.link()
    world.settle()
    assert shows(world, "xa")


# --- the broker was down --------------------------------------------------------------------------


def test_what_was_changed_in_asterisk_without_a_broker_becomes_the_truth(world):
    world.bridge.lose()
    world.pbx.set("2000", "xa")
    world.settle()
    world.connect(world.bridge)
    world.settle()
    assert shows(world, "xa")


def test_a_command_that_is_lost_with_the_broker_is_given_again(world):
    world.pbx.set("2000", "xa")
    while world.bring() or world.ask():
        pass
    world.bridge.lose()
    world.connect(world.bridge)
    world.settle()
    assert shows(world, "xa")


def test_a_command_that_had_arrived_does_not_beat_a_later_word_of_asterisk(world):
    world.pbx.set("2000", "xa")
    while world.bring() or world.ask():
        pass
    world.take(world.bridge)
    world.bridge.lose()
    world.pbx.set("2000", "away")
    world.settle()
    world.connect(world.bridge)
    world.settle()
    assert shows(world, "away")


@pytest.mark.parametrize(("since", "winner"), [(-3600, "xa"), (3600, "dnd")])
def test_if_both_were_changed_and_mqtt_tells_when_the_newer_wins(world, since, winner):
    world.bridge.lose()
    world.pbx.set("2000", "xa")
    world.settle()
    world.retained[TRUTH] = world.signed("dnd", since)
    world.connect(world.bridge)
    world.settle()
    assert shows(world, winner)


def test_if_both_were_changed_and_mqtt_does_not_tell_when_mqtt_wins(world):
    world.bridge.lose()
    world.pbx.set("2000", "xa")
    world.settle()
    world.retained[TRUTH] = b"dnd"
    world.connect(world.bridge)
    world.settle()
    assert shows(world, "dnd")


# --- the first time -------------------------------------------------------------------------------


def test_the_first_time_mqtt_wins_where_it_says_something_and_else_asterisk():
    world = Beside()
    world.pbx.set("2000", "xa")
    world.pbx.set("2001", "chat")
    world.retained[TRUTH] = b"dnd"
    world.start()
    assert shows(world, "dnd")
    assert shows(world, "chat", provider="2001")


# --- one way --------------------------------------------------------------------------------------


def test_to_asterisk_alone_what_is_changed_there_is_put_right():
    world = Beside(presence="to_asterisk").start()
    speak(world, "away")
    world.settle()
    world.pbx.set("2000", "xa")
    world.settle()
    assert shows(world, "away")
    assert count(world, AsteriskTaken) == 0


def test_from_asterisk_alone_nothing_is_written_there():
    world = Beside(presence="from_asterisk").start()
    world.pbx.set("2000", "xa")
    world.settle()
    speak(world, "dnd")
    world.settle()
    assert shows(world, "xa")
    assert count(world, AsteriskWritten) == 0


def test_off_nothing_goes_either_way():
    world = Beside(presence="off").start()
    world.pbx.set("2000", "xa")
    speak(world, "dnd")
    world.settle()
    assert world.says("2000") == (("dnd", "", ""), ("xa", "", ""))


def test_a_forged_event_in_a_text_changes_nothing(world):
    forged = (
        "x\r\n\r\nEvent: PresenceStateChange\r\nPresentity: CustomPresence:boss\r\nStatus: dnd\r\nMessage: "
    )
    world.pbx.hint("2000", "SIP/2000,CustomPresence:2000")
    world.pbx.set("2000", world.line("xa", forged))
    world.settle()
    assert world.bridge.state.facts.presence("boss") == NOT_SET
    assert world.bridge.state.facts.presence("2000") == Presence(PresenceState.XA, "", forged)


def test_without_the_filter_a_forged_event_is_only_a_reason_to_ask():
    world = Beside()
    world.users["bridge"].write = ("call", "reporting")
    world.start()
    test_a_forged_event_in_a_text_changes_nothing(world)
    assert "events are not filtered" in world.bridge.link.health[1]


# --- the bridge was restarted ---------------------------------------------------------------------


def restarted(world, *, store=True):
    world.settle()
    world.restart(store=store)


def test_what_was_changed_in_asterisk_while_the_bridge_was_restarted_wins(world):
    restarted(world)
    world.pbx.set("2000", "xa")
    world.start()
    assert shows(world, "xa")


def test_what_was_said_on_mqtt_while_the_bridge_was_restarted_wins(world):
    restarted(world)
    speak(world, "dnd")
    world.start()
    assert shows(world, "dnd")


def test_without_a_store_mqtt_wins(world):
    restarted(world, store=False)
    world.pbx.set("2000", "xa")
    world.start()
    assert shows(world, "away")
