import pytest

from bridge.features.feature_code import FeatureCode, parse_dial, parse_feature_code
from bridge.model.presence import Presence, PresenceState

AVAILABLE, UNAVAILABLE = PresenceState.AVAILABLE, PresenceState.UNAVAILABLE


def code(dial="*78", provider="{user}", *said, **options) -> FeatureCode:
    return parse_feature_code(dial, provider, said or ("dnd",), **options)


def test_a_code_is_read():
    read = code("*21{time}", "desk/{user}", "away,lunch,back at {time}", status=486)
    said = (Presence(PresenceState.AWAY, "lunch", "back at {time}"),)
    assert read == FeatureCode("*21", "time", "desk/{user}", said, 486)
    assert read.places == {"user", "time"}
    assert not read.toggles
    assert str(read) == "*21{time}"
    assert str(code()) == "*78"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("", "a"), "must not be empty"),
        (("{x}", "a"), "it would be every number"),
        (("*7{x}8", "a"), "only at its end"),
        (("*7{x}{y}", "a"), "only at its end"),
        (("*7{X}", "a"), "only at its end"),
        (("*7}", "a"), "only at its end"),
        (("*7\x00", "a"), "control characters"),
        ((" *7", "a"), "blanks round it"),
        (("*7{user}", "a"), "take another name"),
        (("*7", "{who}"), "{who} is not known here: known are {user}$"),
        (("*7{x}", "{who}"), "known are {user} and {x}$"),
        (("*7", "a", "away,{tim}"), "{tim} is not known"),
        (("*7", ""), "empty name"),
        (("*7", "a/+"), "holds '\\+'"),
        (("*7", "{user}/set"), "ends as our own topics do"),
        (("*7", "CustomPresence:{user}"), "without 'CustomPresence:'"),
        (("*7", "a", "bored"), "unknown presence state 'bored'"),
        (("*7", "a", "away,x", "dnd", "away,y"), "names a state twice"),
    ],
)
def test_what_is_no_code_is_refused_in_words(arguments, words):
    with pytest.raises(ValueError, match=words):
        code(*arguments)


def test_a_capture_takes_all_that_is_left():
    read = code("*21{time}", "a")
    assert read.captured("*2113") == {"time": "13"}
    assert read.captured("*21 one, two") == {"time": " one, two"}
    for other in ("*21", "*2", "21", "x*2113", "", "*21\x00", "*211\ud800"):
        assert read.captured(other) is None


def test_without_a_capture_the_whole_number_counts():
    assert code().captured("*78") == {}
    for other in ("*7", "*788", "78", ""):
        assert code().captured(other) is None
    assert code("set-dnd").captured("Set-DND") is None


@pytest.mark.parametrize("current", PresenceState)
def test_what_is_set_does_not_depend_on_what_is_there(current):
    read = code("*21{time}", "a", "away,{user},{time} by {user}")
    said = read.next(current, {"time": "a,b,e", "user": "200"})
    assert said == Presence(PresenceState.AWAY, "200", "a,b,e by 200")


@pytest.mark.parametrize("current", PresenceState)
def test_two_states_as_in_asterisks_example(current):
    """The first unless it is there already: `GotoIf($[${CURRENT}=available]?set_unavailable:set_available)`."""
    read = code("2000", "Bob", "available", "unavailable")
    assert read.toggles
    assert read.next(current, {}).state is (UNAVAILABLE if current is AVAILABLE else AVAILABLE)


def test_more_states_go_round():
    read = code("2000", "Bob", "available", "away,lunch", "dnd")
    state, seen = PresenceState.NOT_SET, []
    for _ in range(4):
        state = read.next(state, {}).state
        seen.append(state.value)
    assert seen == ["available", "away", "dnd", "available"]


def test_dial():
    assert parse_dial("*78") == ("*78", "")
    assert parse_dial("#21{x}") == ("#21", "x")
    assert parse_dial("büro auf") == ("büro auf", "")
