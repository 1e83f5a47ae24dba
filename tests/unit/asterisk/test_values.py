"""What Asterisk can hold, and how it is told."""

from base64 import b64encode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.asterisk.message import encode_action
from bridge.asterisk.values import (
    MOST_ENCODED,
    can_be_named,
    can_be_written,
    format_write,
    held,
    read_device,
    read_presence,
)
from bridge.model.device import DeviceState
from bridge.model.presence import Presence, PresenceState, parse_presence

AWAY = PresenceState.AWAY

texts = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=900)
presences = st.builds(Presence, st.sampled_from(PresenceState), texts, texts)


def encoded(text):
    return b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    ("presence", "value"),
    [
        (Presence(AWAY), "away"),
        (Presence(AWAY, "lunch", "Back <soon> & ok"), "away,lunch,Back <soon> & ok"),
        (Presence(AWAY, "", "Hello, everyone"), f"away,,{encoded('Hello, everyone')},e"),
        (Presence(AWAY, "a,b", "c"), f"away,{encoded('a,b')},{encoded('c')},e"),
        (Presence(AWAY, "", "two\nlines"), f"away,,{encoded('two' + chr(10) + 'lines')},e"),
        (Presence(AWAY, "", 'say "hi" \\n ${X}'), 'away,,say "hi" \\n ${X}'),
    ],
)
def test_base64_is_used_where_a_comma_or_a_control_character_needs_it(presence, value):
    assert format_write(presence) == value


@pytest.mark.parametrize("text", ["a\r\n\r\nEvent: Fake\r\n\r\n", "a\n\n\nb", "a\r\rb", "\n\n"])
def test_no_text_of_ours_makes_an_empty_line_in_what_asterisk_tells_others(text):
    said = held(Presence(AWAY, text, text))
    assert "\n\n" not in said.message
    assert "\r" not in said.message
    assert said.subtype == said.message


def test_long_texts_are_cut_behind_a_whole_character():
    said = held(Presence(AWAY, "", "ü" * 200 + ","))
    assert said.message == "ü" * (MOST_ENCODED // 2)
    assert held(Presence(AWAY, "s" * 2000, "m" * 2000)) == Presence(AWAY, "s" * 255, "m" * 600)


@settings(deadline=None)
@given(presences)
def test_what_is_held_can_be_sent_in_one_line_and_is_what_the_line_says(presence):
    value = format_write(presence)
    encode_action("Setvar", "0123456789abcdef", [("Value", value)])
    assert parse_presence(value) == held(presence)


@settings(deadline=None)
@given(presences)
def test_to_hold_what_is_held_changes_nothing(presence):
    assert held(held(presence)) == held(presence)


@settings(deadline=None)
@given(presences)
def test_what_is_held_is_read_back(presence):
    said = held(presence)
    assert read_presence(said.state.value, encoded(said.subtype), encoded(said.message)) == said


def test_texts_that_are_no_utf_8_or_were_cut_on_the_way_are_read_all_the_same():
    assert read_presence("away", "", b64encode(b"B\xfcro").decode()) == Presence(AWAY, "", "B\ufffdro")
    assert read_presence("away", "", encoded("abcdef") + "YQ") == Presence(AWAY, "", "abcdef")
    assert read_presence("away", b64encode(b"a\0b").decode(), "") == Presence(AWAY, "ab")


@pytest.mark.parametrize("state", ["", "invalid", "bored"])
def test_what_asterisk_does_not_know_is_no_presence(state):
    assert read_presence(state, "", "") is None


def test_the_answers_of_asterisk_20_to_getvar_are_read():
    assert read_presence("xa", encoded("ST"), "TVNH") == Presence(PresenceState.XA, "ST", "MSG")


@pytest.mark.parametrize("name", ["2000", "with space", "a/b", "Büro 2", "x=y"])
def test_names_that_can_be_asked_for(name):
    assert can_be_named(name)


@pytest.mark.parametrize(
    "name", ["", " ", "2000,value", "x&CustomPresence:y", 'a"b', "a\\b", "a\nb", "a)", "n" * 201]
)
def test_names_that_would_mean_something_else(name):
    assert not can_be_named(name)


def test_device_states():
    assert read_device("RINGINUSE") is DeviceState.RINGINUSE
    assert read_device("nonsense") is None
    assert can_be_written(DeviceState.ONHOLD)
    assert not can_be_written(DeviceState.UNKNOWN)
