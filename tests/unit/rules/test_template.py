"""Texts with places."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.model.presence import Presence, PresenceState, require_text
from bridge.rules.template import PresenceTemplate, Template, speakable


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("", ""),
        ("Door closed", "Door closed"),
        ("Door {name} closed at {time}", "Door front closed at 08:12"),
        ("{name}{name}", "frontfront"),
        ("{{name}}", "{name}"),
        ("{{{name}}}", "{front}"),
        ("{missing}!", "!"),
    ],
)
def test_places_are_filled_in(text, filled):
    assert Template(text).fill({"name": "front", "time": "08:12"}) == filled


def test_what_is_filled_in_is_not_looked_at_again():
    assert Template("{a}").fill({"a": "{b}", "b": "no"}) == "{b}"


def test_the_names_of_places():
    assert Template("{a} {b_2} {{c}} {a}").placeholders == {"a", "b_2"}


@pytest.mark.parametrize("text", ["{", "}", "{Name}", "{a b}", "{}", "{a}}", "{{a}", "{name+}", "{1}"])
def test_a_lone_brace_is_refused(text):
    with pytest.raises(ValueError, match="holds a lone"):
        Template(text)


def test_a_text_that_no_phone_can_be_sent_is_refused():
    with pytest.raises(ValueError, match="U\\+0000"):
        Template("a\x00")


def test_templates_are_values():
    assert Template("{a}") == Template("{a}")
    assert Template("{a}") != Template("{b}")
    assert Template("{a}") != "{a}"
    assert len({Template("x"), Template("x")}) == 1
    assert repr(Template("x")) == "Template('x')"


def test_a_presence_is_filled_in():
    template = PresenceTemplate(PresenceState.AWAY, Template("{zone}"), Template("since {time}"))
    assert template.placeholders == {"zone", "time"}
    assert template.fill({"zone": "Work", "time": "08:12"}) == Presence(
        PresenceState.AWAY, "Work", "since 08:12"
    )
    assert template.unfilled == Presence(PresenceState.AWAY, "{zone}", "since {time}")
    assert PresenceTemplate(PresenceState.DND).fill({}) == Presence(PresenceState.DND)


@pytest.mark.parametrize(
    ("subtype", "message", "standing", "time"),
    [
        ("", "Door {name} at {time}", ("dnd", "", "Door front at 08:12"), "08:12"),
        ("{time}", "{time}, {time}", ("dnd", "08:12", "08:12, 08:12"), "08:12"),
        ("{time}", "", ("dnd", "08:12", ""), "08:12"),
        ("", "{time}, {time}", ("dnd", "", "08:12, 08:13"), None),
        ("{time}", "{time}", ("dnd", "08:13", "08:12"), None),
        ("", "Door {name} at {time}", ("dnd", "", "Door back at 08:12"), None),
        ("", "Door {name} at {time}", ("away", "", "Door front at 08:12"), None),
        ("", "Door {name} at {time}", ("dnd", "lunch", "Door front at 08:12"), None),
        ("", "Door (.*) at {time}", ("dnd", "", "Door front at 08:12"), None),
        ("", "Door closed", ("dnd", "", "Door closed"), None),
    ],
)
def test_the_time_that_a_standing_presence_was_given(subtype, message, standing, time):
    template = PresenceTemplate(PresenceState.DND, Template(subtype), Template(message))
    state, *texts = standing
    assert template.recall(Presence(PresenceState(state), *texts), {"name": "front"}) == time


@given(st.text(st.characters(exclude_characters="{}\x00", exclude_categories=["Cs"])), st.text(max_size=10))
def test_a_time_is_found_again_whatever_stands_around_it(text, name):
    template = Template(text + "{time} {name}")
    filled = template.fill({"time": "23:59", "name": name})
    assert template.recall(filled, {"name": name}) == "23:59"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("front door", "front door"),
        ("Büro 東", "Büro 東"),
        ("a\x00b\x1b[31m\ud800c", "ab[31mc"),
        ("a\tb\nc\u00a0d", "a b c d"),
        ("\u202eevil", "evil"),
        ("x" * 100, "x" * 100),
        ("x" * 101, "x" * 99 + "…"),
    ],
)
def test_a_text_from_outside_is_made_fit_to_be_shown(text, shown):
    assert speakable(text) == shown


@given(st.text(st.characters(codec=None)))
def test_whatever_comes_from_outside_can_be_sent(text):
    shown = speakable(text)
    assert require_text("message", Template("Door {x}").fill({"x": shown})).isprintable()
    assert len(shown) <= 100
