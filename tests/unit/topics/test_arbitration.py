"""Rules and people on one truth topic: with real rules, on a pretended broker."""

import json

import pytest

from bridge.effects import MessageRejected
from bridge.model.device import DeviceState
from bridge.model.presence import NOT_SET, Presence, PresenceState
from bridge.rules.options import RuleOptions
from bridge.walltime import format_utc
from support.context import wall
from support.house import DOOR, IN, LAMP, LAMP_TRUTH, SET, SHUT, TRUTH, House, presence_rule

AWAY = Presence(PresenceState.AWAY, "lunch")


@pytest.fixture
def house():
    return House()


# --- what rules decide ----------------------------------------------------------------------------


def test_a_decision_is_written_with_its_rule_and_is_a_fact_when_it_comes_back():
    house = House(door=None)
    house.publish(DOOR, b"closed", retain=True)
    house.deliver(house.bridge)
    assert house.bridge.presence == NOT_SET
    house.settle()
    assert house.bridge.presence == SHUT
    assert house.written == {
        "state": "dnd",
        "subtype": "",
        "message": "Door closed",
        "since": "2026-11-18T11:23:20.002+00:00",
        "by": "rule",
        "rule": "shut",
    }


def test_a_decision_that_stands_is_not_written_again(house):
    first = house.retained[TRUTH]
    house.bridge.effects.clear()
    house.door("ajar")
    house.door("closed")
    house.bridge.lose()
    house.connect(house.bridge)
    house.settle()
    assert house.retained[TRUTH] is first


def test_a_decision_is_written_over_the_same_value_of_somebody_else_and_of_another_rule():
    truth = b'{"state":"dnd","message":"Door closed","by":"rule","rule":"old"}'
    house = House(retained={TRUTH: truth})
    assert house.stands == (SHUT, "rule", "shut")


def test_a_decision_made_without_a_broker_is_written_when_it_is_back(house):
    house.bridge.lose()
    house.publish(DOOR, b"open", retain=True)
    house.connect(house.bridge)
    house.settle()
    assert house.stands == (IN, "rule", "in")


def test_a_lost_decision_is_written_again(house):
    house.publish(DOOR, b"open", retain=True)
    house.deliver(house.bridge)
    house.bridge.lose()
    house.connect(house.bridge)
    house.settle()
    assert house.stands == (IN, "rule", "in")


def test_of_two_decisions_one_had_arrived_and_the_other_is_written_again(house):
    for door in (b"open", b"closed"):
        house.publish(DOOR, door, retain=True)
        house.deliver(house.bridge)
        if door == b"open":
            house.take(house.bridge)
    house.bridge.lose()
    house.connect(house.bridge)
    house.settle()
    assert house.stands == (SHUT, "rule", "shut")


def test_no_rule_that_holds_keeps_what_stands(house):
    house.door("ajar")
    assert house.stands == (SHUT, "rule", "shut")
    house.say(TRUTH, b"away,lunch")
    house.command(state=None)
    assert house.stands == (AWAY, "rule", "")


def test_a_broker_that_has_lost_all_is_told_again(house):
    house.bridge.lose()
    house.retained = {DOOR: b"closed"}
    house.connect(house.bridge)
    house.settle()
    assert house.stands == (SHUT, "rule", "shut")


def test_decisions_are_written_where_the_provider_is_spoken_of():
    house = House(
        retained={"bridge/presence/ALICE": b"away"}, rules=(presence_rule("shut", "closed", "dnd"),)
    )
    assert [topic for topic in house.retained if "presence" in topic] == ["bridge/presence/ALICE", TRUTH]


# --- manual words ---------------------------------------------------------------------------------

OTHERS = [
    (TRUTH, b"away,lunch"),
    (TRUTH, b'{"state":"away","subtype":"lunch"}'),
    (TRUTH, b'{"state":"away","subtype":"lunch","by":"command"}'),
    (TRUTH, b'{"state":"away","subtype":"lunch","by":["?"]}'),
    (SET, b"away,lunch"),
    (SET, b'{"state":"away","subtype":"lunch","message":""}'),
]


@pytest.mark.parametrize(("topic", "payload"), OTHERS)
def test_a_manual_word_stands_above_the_rules_until_it_is_taken_back(house, topic, payload):
    house.say(topic, payload)
    assert house.bridge.decides() == "manual"
    house.door("open")
    assert house.bridge.presence == AWAY
    house.command(state=None)
    assert house.stands == (IN, "rule", "in")
    house.door("closed")
    assert house.stands == (SHUT, "rule", "shut")


def test_a_manual_word_that_says_what_the_rules_say_is_one(house):
    house.say(TRUTH, b"dnd,,Door closed")
    house.door("open")
    assert house.bridge.presence == SHUT


def test_a_text_alone_makes_a_manual_word_of_what_the_rules_say(house):
    house.command(message="Ask me")
    assert house.stands == (Presence(PresenceState.DND, "", "Ask me"), "command", "")
    house.door("open")
    assert house.bridge.presence.message == "Ask me"


def test_an_empty_truth_gives_back_to_the_rules(house):
    house.say(TRUTH, b"away,lunch")
    house.say(TRUTH, b"")
    assert house.stands == (SHUT, "rule", "shut")
    house.say(TRUTH, b"")
    assert house.stands == (SHUT, "rule", "shut")


@pytest.mark.parametrize("rewrites", [True, False])
def test_what_others_say_on_behalf_of_rules_is_no_manual_word(house, rewrites):
    if rewrites:
        house.say(TRUTH, b"away,lunch")
    house.say(TRUTH, b'{"state":"chat","by":"rule","rule":"of another"}')
    assert house.bridge.decides() == "shut"
    house.door("open")
    assert house.stands == (IN, "rule", "in")


def test_a_wrong_truth_is_nobodys_word(house):
    house.say(TRUTH, b"bored")
    assert house.bridge.decides() == "shut"
    assert house.bridge.presence == SHUT


def test_where_there_are_no_rules_nothing_can_be_given_back():
    house = House()
    for payload in (b'{"state":null}', b'{"state":"away","until":"17:00"}'):
        house.say("bridge/presence/2001/set", payload)
        refusal = house.bridge.effects[-1]
        assert isinstance(refusal, MessageRejected)
        assert refusal.reason == "there are no rules for 2001 that could decide instead"
        house.say("bridge/device/Custom/bell/set", payload.replace(b"away", b"INUSE"))
        assert (
            house.bridge.effects[-1].reason == "there are no rules for Custom/bell that could decide instead"
        )
    assert "bridge/presence/2001" not in house.retained


# --- until ----------------------------------------------------------------------------------------


def at(house, seconds):
    """An ISO time so many seconds from now."""
    return format_utc(wall(house.now) + seconds)


@pytest.mark.parametrize("form", ["seconds", "text", "moment", "clock"])
def test_a_command_ends_when_it_says(house, form):
    until = {"seconds": 40, "text": "40", "moment": at(house, 40), "clock": "11:24"}[form]
    house.command(state="away", until=until)
    assert house.written["until"].startswith("2026-11-18T11:24:00")
    house.advance(39)
    house.settle()
    assert house.bridge.presence.state is PresenceState.AWAY
    house.advance(2)
    house.settle()
    assert house.stands == (SHUT, "rule", "shut")


def test_a_command_ends_with_the_next_change_of_a_sensor(house):
    house.command(state="away", until="change")
    house.advance(1000)
    assert house.bridge.presence.state is PresenceState.AWAY
    house.door("open")
    assert house.stands == (IN, "rule", "in")


def test_a_truth_of_others_may_name_its_end(house):
    house.say(TRUTH, {"state": "away", "until": at(house, 40)})
    house.advance(39)
    house.settle()
    assert house.bridge.presence.state is PresenceState.AWAY
    house.advance(2)
    house.settle()
    assert house.stands == (SHUT, "rule", "shut")


def test_a_truth_that_has_ended_gives_back_to_the_rules(house):
    house.say(TRUTH, {"state": "away", "until": at(house, -1)})
    assert house.stands == (SHUT, "rule", "shut")


@pytest.mark.parametrize("until", ["17:00", 40, "soon", {}])
def test_a_truth_with_another_end_is_refused(house, until):
    house.say(TRUTH, {"state": "away", "until": until})
    assert isinstance(house.bridge.effects[-1], MessageRejected)
    assert house.bridge.presence == SHUT


@pytest.mark.parametrize("until", ["soon", 0, -1, True, [], "2026-11-18T11:00Z"])
def test_a_command_with_a_wrong_end_is_refused_in_words(house, until):
    house.command(state="away", until=until)
    refusal = house.bridge.effects[-1]
    assert isinstance(refusal, MessageRejected)
    assert refusal.reason.startswith("until ")
    assert house.stands == (SHUT, "rule", "shut")


def test_who_adds_a_text_keeps_the_end_and_who_names_a_state_does_not(house):
    house.command(state="away", until=40)
    until = house.written["until"]
    house.command(message="back soon")
    assert house.written["until"] == until
    house.command(until=60)
    assert (house.written["state"], house.written["message"]) == ("away", "back soon")
    assert house.written["until"] > until
    house.command(state="xa")
    assert "until" not in house.written


def test_a_configured_end_holds_for_all_that_name_none():
    house = House(options=RuleOptions(min_interval=0.0, manual_until=40.0))
    house.say(TRUTH, b"away")
    house.advance(39)
    assert house.bridge.decides() == "manual"
    house.advance(2)
    house.settle()
    assert house.stands == (SHUT, "rule", "shut")


def test_a_word_that_is_replayed_does_not_begin_anew():
    house = House(options=RuleOptions(min_interval=0.0, manual_until=40.0))
    for say in (lambda: house.command(state="away"), lambda: house.say(TRUTH, b"xa")):
        say()
        house.advance(30)
        house.bridge.lose()
        house.connect(house.bridge)
        house.settle()
        assert house.bridge.decides() == "manual"
        house.advance(11)
        house.settle()
        assert house.stands == (SHUT, "rule", "shut")


def test_nor_does_one_that_the_broker_delivers_twice():
    house = House(options=RuleOptions(min_interval=0.0, manual_until=40.0))
    signed = json.dumps({"state": "away", "by": "command", "since": at(house, 0)}).encode()
    house.say(TRUTH, signed)
    house.advance(30)
    house.say(TRUTH, signed)
    assert house.bridge.decides() == "manual"
    house.advance(11)
    house.settle()
    assert house.stands == (SHUT, "rule", "shut")


# --- restart --------------------------------------------------------------------------------------


def test_after_a_restart_a_decision_is_no_manual_word(house):
    house.publish(DOOR, b"open", retain=True)
    later = house.restart()
    assert later.stands == (IN, "rule", "in")


@pytest.mark.parametrize("until", [None, 40, "change"])
def test_after_a_restart_a_manual_word_is_one(house, until):
    house.command(state="away", until=until)
    later = house.restart()
    later.now = house.now
    assert later.bridge.decides() == "manual"
    assert later.bridge.presence.state is PresenceState.AWAY
    later.door("open")
    assert later.bridge.presence.state is (
        PresenceState.AVAILABLE if until == "change" else PresenceState.AWAY
    )


def test_after_a_restart_a_configured_end_counts_from_when_the_word_was_said():
    options = RuleOptions(min_interval=0.0, manual_until=40.0)
    early = House(options=options)
    truth = json.dumps({"state": "away", "by": "command", "since": at(early, -30)}).encode()
    house = House(options=options, retained={TRUTH: truth})
    assert house.bridge.decides() == "manual"
    house.advance(11)
    house.settle()
    assert house.stands == (SHUT, "rule", "shut")


def test_after_a_restart_an_end_in_the_future_is_waited_for(house):
    house.command(state="away", until=40)
    later = house.restart()
    later.advance(41)
    later.settle()
    assert later.stands == (SHUT, "rule", "shut")


def test_after_a_restart_an_end_in_the_past_has_been(house):
    truth = json.dumps({"state": "away", "by": "command", "until": at(house, -10)}).encode()
    later = House(retained={TRUTH: truth})
    assert later.stands == (SHUT, "rule", "shut")


def test_what_was_given_back_is_no_manual_word_after_a_restart(house):
    house.door("ajar")
    house.command(state="away")
    house.command(state=None)
    later = house.restart()
    assert later.stands == (Presence(PresenceState.AWAY, "", "Door closed"), "rule", "")
    later.door("open")
    assert later.stands == (IN, "rule", "in")


def test_before_the_sensors_have_spoken_what_was_decided_stands():
    truth = b'{"state":"dnd","message":"Door closed","by":"rule","rule":"shut"}'
    house = House(door=None, retained={TRUTH: truth})
    assert house.retained[TRUTH] == truth
    house.door("closed")
    assert house.retained[TRUTH] == truth


# --- softphones -----------------------------------------------------------------------------------


def test_a_claim_is_a_manual_word_and_its_end_gives_back_to_the_rules(house):
    house.bridge.claim(AWAY)
    house.settle()
    assert house.stands == (AWAY, "phone", "")
    house.door("open")
    assert house.bridge.presence == AWAY
    house.bridge.give_way()
    house.settle()
    assert house.stands == (IN, "rule", "in")


def test_a_claim_of_what_the_rules_say_is_a_word_all_the_same(house):
    house.bridge.claim(SHUT)
    house.settle()
    house.door("open")
    assert house.stands == (SHUT, "phone", "")


def test_the_end_of_a_claim_leaves_a_later_manual_word(house):
    house.bridge.claim(AWAY)
    house.settle()
    house.say(TRUTH, b"xa,trip")
    house.bridge.give_way()
    house.settle()
    assert house.bridge.presence == Presence(PresenceState.XA, "trip")
    assert house.bridge.decides() == "manual"


def test_the_end_of_a_claim_that_the_rules_have_followed_changes_nothing(house):
    house.bridge.claim(AWAY)
    house.settle()
    house.command(state=None)
    house.bridge.effects.clear()
    house.bridge.give_way()
    house.settle()
    assert house.stands == (SHUT, "rule", "shut")
    assert house.bridge.effects == []


def test_a_claim_that_ends_before_it_has_come_back_does_not_stand(house):
    house.bridge.claim(AWAY)
    house.bridge.give_way()
    house.settle()
    assert house.stands == (SHUT, "rule", "shut")
    assert house.bridge.decides() == "shut"


def test_a_claim_that_waits_for_the_broker_goes_before_the_rules(house):
    house.bridge.lose()
    house.bridge.claim(AWAY)
    house.publish(DOOR, b"open", retain=True)
    house.connect(house.bridge)
    house.settle()
    assert house.stands == (AWAY, "phone", "")


def test_a_claim_that_ended_without_a_broker_gives_back_to_the_rules(house):
    house.bridge.claim(AWAY)
    house.settle()
    house.bridge.lose()
    house.bridge.give_way()
    house.connect(house.bridge)
    house.settle()
    assert house.stands == (SHUT, "rule", "shut")


def test_a_claim_that_never_arrived_takes_no_manual_word_with_it(house):
    house.say(TRUTH, b"xa,trip")
    house.bridge.claim(AWAY)
    house.bridge.lose()
    house.bridge.give_way()
    house.connect(house.bridge)
    house.settle()
    assert house.retained[TRUTH] == b"xa,trip"
    assert house.bridge.decides() == "manual"


def test_a_claim_that_the_rules_have_followed_meanwhile_is_not_written_again(house):
    house.bridge.claim(AWAY)
    house.settle()
    house.bridge.lose()
    house.retained[TRUTH] = b'{"state":"away","subtype":"lunch","by":"rule","rule":""}'
    house.connect(house.bridge)
    house.settle()
    assert house.stands == (SHUT, "rule", "shut")


# --- devices --------------------------------------------------------------------------------------


def test_a_device_is_decided_in_plain_text(house):
    assert house.retained[LAMP_TRUTH] == b"INUSE"
    assert house.bridge.lamp is DeviceState.INUSE
    house.door("open")
    assert house.retained[LAMP_TRUTH] == b"NOT_INUSE"


@pytest.mark.parametrize("topic", [LAMP_TRUTH, f"{LAMP_TRUTH}/set"])
def test_a_manual_word_for_a_device(house, topic):
    house.say(topic, b"RINGING")
    house.door("open")
    assert house.bridge.lamp is DeviceState.RINGING
    house.say(f"{LAMP_TRUTH}/set", {"state": None})
    assert house.bridge.lamp is DeviceState.NOT_INUSE


def test_a_manual_word_for_a_device_may_end(house):
    house.say(f"{LAMP_TRUTH}/set", {"state": "RINGING", "until": 40})
    assert house.retained[LAMP_TRUTH] == b"RINGING"
    house.advance(41)
    house.settle()
    assert house.bridge.lamp is DeviceState.INUSE


def test_a_cleared_device_is_decided_anew(house):
    house.say(LAMP_TRUTH, b"")
    assert house.bridge.lamp is DeviceState.INUSE


def test_a_retained_device_is_a_level_and_no_manual_word():
    house = House(retained={LAMP_TRUTH: b"RINGING"})
    assert house.bridge.decides(LAMP) == "red"
    assert house.bridge.lamp is DeviceState.INUSE


def test_a_device_that_says_what_is_decided_was_written_by_another_bridge(house):
    house.publish(DOOR, b"open", retain=True)
    house.deliver(house.bridge)
    house.publish(LAMP_TRUTH, b"NOT_INUSE", retain=True)
    house.settle()
    house.say(LAMP_TRUTH, b"NOT_INUSE")
    assert house.bridge.decides(LAMP) == "dark"
