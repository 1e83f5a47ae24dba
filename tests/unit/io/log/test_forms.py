import json
import logging
import sys
from datetime import datetime

import pytest

from bridge.io.log.forms import JsonForm, TextForm
from bridge.io.log.line import Line


def record(message, level=logging.INFO, *args, name="bridge", error=None):
    return logging.LogRecord(name, level, "file", 1, message, args, error)


@pytest.fixture
def error():
    """One that nobody has expected, with a secret in it."""
    try:
        int("password=SeCrEt")
    except ValueError:
        return sys.exc_info()
    raise AssertionError


def test_text_has_time_level_and_line():
    text = TextForm(journal=False).format(record(Line("e", {"a": 1})))
    day, clock, rest = text.split(" ", 2)
    assert datetime.fromisoformat(f"{day} {clock.replace(',', '.')}")
    assert rest == "INFO    e a=1"


def test_in_the_journal_text_has_its_priority_alone():
    assert TextForm(journal=True).format(record(Line("e", {"a": 1}), logging.WARNING)) == "<4>e a=1"


def test_json_is_an_object_a_line():
    text = JsonForm(journal=False).format(record(Line("e", {"status": 200, "x": 'a "b"'}), logging.WARNING))
    document = json.loads(text)
    assert "\n" not in text
    assert datetime.fromisoformat(document.pop("ts")).tzinfo is not None
    assert document == {"level": "warning", "event": "e", "status": 200, "x": 'a "b"'}
    assert [*json.loads(text)][:3] == ["ts", "level", "event"]


def test_in_the_journal_an_object_is_whole_behind_its_priority():
    text = JsonForm(journal=True).format(record(Line("note", words="grüße")))
    assert text.startswith("<6>{")
    assert json.loads(text[3:])["text"] == "grüße"


@pytest.mark.parametrize("form", [TextForm(journal=False), JsonForm(journal=False)])
def test_what_libraries_say_is_written_in_the_same_form(form):
    text = form.format(record("%s of %s", logging.WARNING, "a", "token=SeCrEt", name="asyncio"))
    assert "a of token=(hidden)" in text
    if isinstance(form, JsonForm):
        document = json.loads(text)
        assert (document["event"], document["library"]) == ("library", "asyncio")


@pytest.mark.parametrize("journal", [False, True])
def test_an_error_that_nobody_has_expected_shows_where_without_secrets(error, journal):
    for form in (TextForm(journal=journal), JsonForm(journal=journal)):
        text = form.format(record("it failed", logging.ERROR, error=error))
        assert "test_forms.py" in text
        assert "SeCrEt" not in text
        if journal:
            assert all(line.startswith("<3>") for line in text.splitlines())
