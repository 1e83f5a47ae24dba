"""One output at work: who decides, and when."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.effects import RuleDecided
from bridge.model.device import DeviceState
from bridge.model.presence import Presence, PresenceState, parse_presence
from bridge.rules.layer import Layer
from bridge.rules.manual import Until
from bridge.rules.output_state import in_words
from support.rulebook import ALICE, Rulebook, rule, sensor

DOOR = sensor("door")
CLOSED = rule("closed", {"door": "closed"}, "dnd,,Door closed")
OPEN = rule("open", {"door": "open"}, "available")


def door(*rules: object, **options: object) -> Rulebook:
    book = Rulebook(DOOR, sensor("gate"), rules=rules or (CLOSED, OPEN), **options)
    book.store("door", "open")
    book.synchronise()
    return book


# --- the first that is true ---


def test_the_first_true_rule_decides():
    book = door(CLOSED, rule("a", sets="away"), rule("b", sets="xa"))
    assert book.decided == [("2000", "away", "a")]
    book.say("door", "closed")
    assert book.decided[1:] == [("2000", "dnd,,Door closed", "closed")]


def test_rules_are_asked_by_layer_and_then_in_the_order_of_the_file():
    book = door(
        rule("default", sets="away"),
        rule("sensor", {"door": "open"}, "xa"),
        rule("called", {"door": "open"}, "chat", layer=Layer.CALL),
        rule("called too", sets="unavailable", layer=Layer.CALL),
    )
    assert book.decided == [("2000", "chat", "called")]


def test_before_one_that_is_not_known_nothing_below_it_is_decided():
    book = door(rule("gate", {"gate": "open"}, "xa"), rule("else", sets="away"))
    assert book.decided == []
    book.say("gate", "closed")
    assert book.decided == [("2000", "away", "else")]
    book.say("gate", "unknown")
    assert len(book.decided) == 1


def test_one_that_is_not_known_does_not_hold_up_those_before_it():
    assert door(OPEN, rule("gate", {"gate": "open"}, "xa")).decided == [("2000", "available", "open")]


def test_one_that_has_not_lasted_is_passed_by():
    book = door(rule("closed", {"door": "closed"}, "dnd", for_seconds=30.0), rule("else", sets="away"))
    book.say("door", "closed")
    assert book.last == "away"
    book.advance(30)
    assert book.last == "dnd"


def test_when_no_rule_is_true_what_was_decided_stands():
    book = door(CLOSED)
    book.say("door", "closed")
    book.say("door", "open")
    book.say("door", "closed")
    assert book.decided == [("2000", "dnd,,Door closed", "closed")]


def test_another_rule_with_the_same_value_is_another_decision():
    book = door(rule("closed", {"door": "closed"}, "away"), rule("else", sets="away"))
    book.say("door", "closed")
    assert book.decided == [("2000", "away", "else"), ("2000", "away", "closed")]


def test_another_text_of_the_same_rule_is_another_decision():
    book = Rulebook(sensor("door", "z2m/{name}"), rules=[rule("open", {"door": "open"}, "dnd,,{name} open")])
    book.synchronise()
    for name, text in [("front", "open"), ("back", "open"), ("back", "closed"), ("front", "closed")]:
        book.say(f"z2m/{name}", text)
    assert [value for _, value, _ in book.decided] == ["dnd,,front open", "dnd,,back open", "dnd,,front open"]


def test_a_decision_is_observed_once():
    book = door()
    book.say("door", "closed")
    book.disconnect()
    book.synchronise()
    assert book.of(RuleDecided) == [
        RuleDecided("2000", "open", "available"),
        RuleDecided("2000", "closed", "dnd,,Door closed"),
    ]
    assert len(book.decided) == 3


def test_what_kind_of_output_it_is_for_is_observed():
    book = door(rule("lamp", {"door": "closed"}, "INUSE", output="Custom:lamp"))
    book.synchronise()
    book.say("door", "closed")
    assert book.of(RuleDecided) == [RuleDecided("Custom/lamp", "lamp", "INUSE", "device")]


# --- not too often ---


def test_a_decision_that_follows_too_soon_is_put_off_and_the_newest_wins():
    book = door(min_interval=1.0)
    book.advance(10)
    for text in ("closed", "open", "closed", "open", "closed"):
        book.say("door", text)
        book.advance(0.1)
    assert [value for _, value, _ in book.decided] == ["available", "dnd,,Door closed"]
    book.say("door", "open")
    book.advance(0.5)
    assert book.last == "available"
    assert book.decisions[-1][0] == book.decisions[-2][0] + 1.0


def test_what_is_put_off_does_not_wait_longer_for_what_comes_meanwhile():
    book = door(CLOSED, OPEN, rule("ajar", {"door": "ajar"}, "xa"), min_interval=1.0)
    book.say("door", "closed")
    book.advance(0.5)
    book.say("door", "ajar")
    book.advance(0.5)
    assert book.last == "xa"


def test_what_was_put_off_and_taken_back_is_not_decided():
    book = door(min_interval=1.0)
    book.say("door", "closed")
    book.say("door", "open")
    assert book.timers.deadline() is None
    book.advance(10)
    assert len(book.decided) == 1


def test_what_was_put_off_waits_for_the_next_connection():
    book = door(min_interval=1.0)
    book.say("door", "closed")
    book.disconnect()
    book.advance(10)
    assert len(book.decided) == 1
    book.synchronise()
    assert book.last == "dnd,,Door closed"


@given(st.lists(st.tuples(st.sampled_from(["open", "closed"]), st.floats(0, 2)), max_size=30))
def test_two_decisions_are_never_closer_than_the_interval(steps):
    book = door(min_interval=1.0)
    for text, pause in steps:
        book.say("door", text)
        book.advance(pause)
    assert all(later - earlier >= 1.0 for (earlier, _), (later, _) in pairwise(book.decisions))
    book.advance(1)
    assert book.last == {"open": "available", "closed": "dnd,,Door closed"}[steps[-1][0] if steps else "open"]


# --- the manual word ---


def test_a_manual_word_silences_the_rules_until_it_is_taken_back():
    book = door()
    book.override()
    book.say("door", "closed")
    book.advance(100_000)
    assert len(book.decided) == 1
    book.release()
    assert book.last == "dnd,,Door closed"


def test_after_it_the_rules_say_again_what_they_said_before():
    book = door()
    book.override()
    book.release()
    assert book.decided == [("2000", "available", "open")] * 2
    assert book.of(RuleDecided) == [RuleDecided("2000", "open", "available")] * 2


def test_releasing_what_was_never_said_does_nothing():
    book = door()
    book.release()
    assert len(book.decided) == 1


def test_it_ends_at_its_time_whatever_the_clock_is_set_to():
    book = door()
    book.override(Until(at_wall=book.wall(book.now) + 3600))
    book.set_clock(-1800)
    book.advance(3700)
    assert len(book.decided) == 1
    book.set_clock(1800)
    book.advance(60)
    assert len(book.decided) == 2


def test_one_whose_time_has_passed_is_none():
    book = door()
    book.override(Until(at_wall=book.wall(book.now) - 1))
    assert len(book.decided) == 2


def test_it_may_end_with_the_next_change_of_a_sensor_of_its_rules():
    book = door()
    book.override(Until(on_change=True))
    for topic, text in [
        ("gate", "open"),
        ("door", "open"),
        ("door", "OPEN"),
        ("door", "unknown"),
        ("door", "open"),
    ]:
        book.say(topic, text)
    assert len(book.decided) == 1
    book.say("door", "closed")
    assert book.last == "dnd,,Door closed"


def test_a_sensor_of_a_rule_that_does_not_decide_ends_it_too():
    book = door(OPEN, rule("gate", {"gate": "open"}, "xa"))
    book.override(Until(on_change=True))
    book.say("gate", "closed")
    assert book.decided == [("2000", "available", "open")] * 2


def test_what_comes_first_ends_it():
    book = door()
    book.override(Until(at_wall=book.wall(book.now) + 60, on_change=True))
    book.advance(61)
    assert len(book.decided) == 2
    book.override(Until(at_wall=book.wall(book.now) + 60, on_change=True))
    book.say("door", "closed")
    assert len(book.decided) == 3
    book.advance(61)
    assert len(book.decided) == 3


@pytest.mark.parametrize("later", [Until(), Until(on_change=True)])
def test_a_later_word_takes_the_place_of_the_one_before(later):
    book = door()
    book.override(Until(at_wall=book.wall(book.now) + 60))
    book.override(later)
    book.advance(1000)
    assert len(book.decided) == 1


def test_a_word_that_names_no_end_has_the_configured_one():
    book = door(manual_until=90.0)
    book.override()
    book.advance(89)
    assert len(book.decided) == 1
    book.advance(2)
    assert len(book.decided) == 2
    changing = door(manual_until="change")
    changing.override()
    changing.say("door", "closed")
    assert changing.last == "dnd,,Door closed"


def test_the_configured_end_counts_from_when_the_word_was_said():
    book = door(manual_until=90.0)
    book.override(said_before=60.0)
    book.advance(29)
    assert len(book.decided) == 1
    book.advance(2)
    assert len(book.decided) == 2


def test_a_manual_word_takes_back_what_was_put_off():
    book = door(min_interval=1.0)
    book.say("door", "closed")
    book.override()
    book.advance(10)
    assert len(book.decided) == 1
    assert book.timers.deadline() is None


def test_one_that_ends_without_a_connection_waits_for_the_next():
    book = door()
    book.override(Until(at_wall=book.wall(book.now) + 60))
    book.disconnect()
    book.advance(100)
    assert len(book.decided) == 1
    book.synchronise()
    assert len(book.decided) == 2


def test_a_manual_word_that_is_stored_stands_before_anything_is_decided():
    book = Rulebook(DOOR, rules=[CLOSED, OPEN])
    book.override(Until(on_change=True), ALICE)
    book.store("door", "open")
    book.synchronise()
    assert book.decided == []
    book.say("door", "closed")
    assert book.last == "dnd,,Door closed"


# --- a manual word that ends where no rule decides ---


@pytest.mark.parametrize("ends", ["time", "change"])
def test_what_stands_is_kept_as_a_word_of_the_rules(ends):
    """Else it would be a manual word again after a restart, and keep out a rule that is true by then."""
    book = door(CLOSED)
    book.state.put(ALICE, "2000", parse_presence("away"), None)
    book.override(Until(at_wall=book.wall(book.now) + 60) if ends == "time" else Until(on_change=True))
    assert book.decided == []
    if ends == "time":
        book.advance(61)
    else:
        book.say("door", "ajar")
    assert book.decided == [("2000", "away", "")]
    assert book.of(RuleDecided) == []
    book.say("door", "closed")
    assert book.decided[1:] == [("2000", "dnd,,Door closed", "closed")]


def test_what_is_taken_back_is_not_for_the_rules_to_keep():
    """Whoever takes it back knows what is on its way to the broker."""
    book = door(CLOSED)
    book.override(Until(on_change=True))
    book.release()
    book.say("door", "ajar")
    assert book.decided == []


def test_a_new_word_needs_no_keeping_of_the_old():
    book = door(CLOSED)
    book.override(Until(at_wall=book.wall(book.now) + 60))
    book.disconnect()
    book.advance(61)
    book.override()
    book.synchronise()
    assert book.decided == []


# --- for people ---


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (DeviceState.INUSE, "INUSE"),
        (Presence(PresenceState.DND), "dnd"),
        (Presence(PresenceState.AWAY, "lunch"), "away,lunch"),
        (Presence(PresenceState.AWAY, "", "at noon"), "away,,at noon"),
        (Presence(PresenceState.AWAY, "lunch", "Back, say, at 13:00"), "away,lunch,Back, say, at 13:00"),
    ],
)
def test_a_value_in_words_is_as_it_is_read(value, words):
    assert in_words(value) == words


def test_a_value_in_words_is_short_and_printable():
    assert in_words(Presence(PresenceState.DND, "", "\x1b[2J" + "x" * 1000)).startswith("dnd,,\\x1b[2J")
    assert len(in_words(Presence(PresenceState.DND, "", "x" * 1000))) <= 200
