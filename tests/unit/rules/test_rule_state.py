"""One rule at work."""

import pytest

from bridge.model.device import DeviceState
from bridge.model.presence import parse_presence
from bridge.rules.condition import AllOf, AnyOf
from bridge.rules.rule_state import RuleState
from support.rulebook import BERLIN, Rulebook, compare, rule, sensor


def state_of(book: Rulebook, number: int = 0) -> RuleState:
    """A rule of the only output."""
    return next(iter(book.rules._outputs.values())).rules[number]


def door(**options: object) -> Rulebook:
    book = Rulebook(
        sensor("door"), rules=[rule("door", {"door": "closed"}, "dnd,,closed at {time}", **options)]
    )
    book.synchronise()
    return book


def test_a_rule_without_time_holds_as_soon_as_its_condition_is_true():
    book = door()
    assert state_of(book).outcome is None
    book.say("door", "open")
    assert state_of(book).outcome is False
    book.say("door", "closed")
    assert state_of(book).holds
    assert state_of(book).since == book.now


def test_a_rule_with_time_holds_when_its_condition_has_lasted():
    book = door(for_seconds=30.0)
    book.say("door", "closed")
    state = state_of(book)
    assert (state.outcome, state.holds, state.held_at) == (True, False, book.now + 30)
    book.advance(29.9)
    assert not state.holds
    book.advance(0.1)
    assert state.holds
    assert state.held_at is None


def test_a_break_begins_the_time_anew():
    book = door(for_seconds=30.0)
    for _ in range(3):
        book.say("door", "closed")
        book.advance(20)
        book.say("door", "open")
    assert book.timers.deadline() is None
    book.advance(100)
    assert not state_of(book).holds


def test_not_being_known_is_a_break():
    book = door(for_seconds=30.0)
    book.say("door", "closed")
    book.advance(20)
    book.say("door", "unknown")
    book.say("door", "closed")
    book.advance(20)
    assert not state_of(book).holds


def test_what_a_level_makes_true_has_been_so_for_long_enough():
    book = door(for_seconds=30.0)
    book.store("door", "closed")
    assert state_of(book).holds


def test_a_level_does_not_end_the_waiting_of_what_is_true_already():
    book = door(for_seconds=30.0)
    book.say("door", "closed")
    book.store("door", "closed")
    assert not state_of(book).holds


def test_the_time_in_a_text_is_that_at_which_the_condition_became_true():
    book = door(for_seconds=1800.0, zone=BERLIN)
    book.say("door", "closed")
    book.advance(1800)
    assert book.last == "dnd,,closed at 12:23"


def test_what_was_true_before_we_came_is_said_to_be_so_since_then():
    book = Rulebook(rules=[rule("else", sets="away,,since {time}")])
    book.synchronise()
    assert book.last == "away,,since 11:23"


def test_setting_the_clock_does_not_change_a_text():
    book = door()
    book.say("door", "closed")
    book.set_clock(3600)
    book.synchronise()
    assert book.decided == [("2000", "dnd,,closed at 11:23", "door")] * 2


def test_the_places_of_a_rule_that_is_not_true_stay_as_they_are_written():
    book = door()
    assert state_of(book).value() == parse_presence("dnd,,closed at {time}")


@pytest.mark.parametrize(
    ("condition", "text"),
    [
        (compare("front", "open"), "Hall/front/open/hall/hall-1"),
        (AllOf((compare("side", "open"), compare("front", "open"))), "Hall/front/open/side/hall-1"),
        (AnyOf((compare("side", "shut"), compare("front", "open"))), "Hall/front/open/hall/hall-1"),
        (AllOf(()), "////"),
    ],
)
def test_names_are_those_of_the_first_sensor_that_has_them(condition, text):
    front = sensor("front", "{room}/{sensor}/{name}", names={"id": "hall-1"})
    sets = "dnd,,{room}/{name}/{value}/{sensor}/{id}"
    book = Rulebook(front, sensor("side"), rules=[rule("x", condition, sets)])
    book.store("side", "open")
    book.store("Hall/hall/front", "open")
    book.synchronise()
    assert book.last == f"dnd,,{text}"


def test_a_device_state_has_no_places():
    book = Rulebook(rules=[rule("lamp", sets="INUSE", output="Custom:lamp")])
    book.synchronise()
    state_of(book).recall(DeviceState.INUSE)
    assert state_of(book).value() is DeviceState.INUSE
