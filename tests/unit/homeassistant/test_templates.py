"""Templates, rendered by Jinja as Home Assistant sets it up: whatever people write comes through."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.homeassistant import templates
from bridge.topics.decoders.presence import decode_command
from support.jinja import render_command, render_value

# No NUL and no half surrogate pairs: such texts are refused before they reach a state.
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))

WRITTEN = [
    "",
    "back at 13:00",
    "he said \"no\" and it's 'fine'",
    "C:\\new\\table",
    "{{ 1 + 1 }} {% if x %} {# no #}",
    "Grüße, 日本, 🎉",
    "<b>&amp;</b>",
    "two\nlines",
    "None",
    "b'bytes'",
]


@pytest.mark.parametrize("text", WRITTEN)
def test_a_text_that_is_typed_arrives(text):
    command = decode_command(render_command(templates.command("message"), text).encode())
    assert command.message == text
    assert command.state is None


@given(TEXTS)
def test_any_text_that_is_typed_arrives(text):
    assert decode_command(render_command(templates.command("message"), text).encode()).message == text


@pytest.mark.parametrize("text", WRITTEN)
def test_a_text_that_is_told_is_shown(text):
    payload = json.dumps({"message": text}, ensure_ascii=False)
    assert render_value(templates.text("message", 255), payload) == text.strip()


@given(TEXTS)
def test_any_text_that_is_told_is_shown_as_far_as_there_is_room(text):
    payload = json.dumps({"message": text}, ensure_ascii=False)
    shown = render_value(templates.text("message", 64), payload)
    assert shown == text[:64].strip()


def test_no_text_is_no_text():
    assert render_value(templates.text("message", 255), '{"message": null}') == ""


@pytest.mark.parametrize(
    ("presence", "shown"), [("unavailable", "offline"), ("dnd", "dnd"), ("not_set", "not_set")]
)
def test_home_assistant_is_not_shown_its_own_word_for_nothing(presence, shown):
    assert render_value(templates.PRESENCE, json.dumps({"presence": presence})) == shown


@pytest.mark.parametrize(("field", "shown"), [(3, "3"), (1.5, "1.5"), ("debug", "debug"), (None, "None")])
def test_a_field_is_shown_as_it_is(field, shown):
    assert render_value(templates.field("x"), json.dumps({"x": field})) == shown


@pytest.mark.parametrize(
    ("value", "shown"), [('"2026-11-24T11:05:00Z"', "2026-11-24T11:05:00Z"), ("null", None)]
)
def test_what_may_be_null_is_no_news_then(value, shown):
    assert render_value(templates.known("last_notify"), f'{{"last_notify": {value}}}') == shown


@pytest.mark.parametrize(("value", "shown"), [("true", "ON"), ("false", "OFF")])
def test_a_flag_is_on_or_off(value, shown):
    assert render_value(templates.flag("ready"), f'{{"ready": {value}}}') == shown


@pytest.mark.parametrize("text", WRITTEN)
def test_attributes_are_those_of_the_truth_if_it_is_an_object(text):
    truth = {"state": "dnd", "message": text, "since": None, "list": [1, True]}
    assert json.loads(render_value(templates.TRUTH_ATTRIBUTES, json.dumps(truth))) == truth


@pytest.mark.parametrize("payload", ["away,lunch", "", "2000", '"away"', "[1]", "{'state': 'dnd'}"])
def test_a_truth_of_another_form_has_no_attributes(payload):
    assert render_value(templates.TRUTH_ATTRIBUTES, payload) == "{}"
