import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.model.words import meant, printable, printable_bytes, quoted, unknown_name


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("back at 13:00", "back at 13:00"),
        ("Grüße ☃", "Grüße ☃"),
        ("\x1b[31mred", "\\x1b[31mred"),
        ("a\r\nb", "a\\r\\nb"),
        ("left\u202eright", "left\\u202eright"),
        ("\ud800", "\\ud800"),
    ],
)
def test_a_terminal_obeys_nothing_of_it(text, shown):
    assert printable(text) == shown


def test_text_of_exactly_the_limit_is_whole_and_longer_text_ends_in_an_ellipsis():
    assert printable("x" * 80) == "x" * 80
    assert printable("x" * 81) == "x" * 79 + "…"


@given(st.text(st.characters(codec=None)), st.integers(2, 100))
def test_printable_is_short_printable_and_encodable(text, limit):
    shown = printable(text, limit)
    assert len(shown) <= limit
    assert shown.isprintable()
    assert shown.encode().decode() == shown


@given(st.text(), st.integers(2, 100))
def test_bytes_are_shown_as_their_text_is(text, limit):
    assert printable_bytes(text.encode(), limit) == printable(text, limit)


def test_bytes_that_are_not_utf8_are_written_in_hexadecimal():
    assert printable_bytes(b"ok\xff\xfe") == "ok\\xff\\xfe"


def test_quoted_text_stands_between_quotes_and_is_escaped_once():
    assert quoted("a\nb") == "'a\\nb'"


def test_a_misspelt_name_gets_a_suggestion():
    assert unknown_name("state", "Availible ", ["away", "available"]) == (
        "unknown state 'Availible ': known are away, available (did you mean available?)"
    )


def test_a_name_like_no_other_gets_the_list_only():
    assert unknown_name("state", "bored", ["xa", "dnd"]) == "unknown state 'bored': known are xa, dnd"


def test_what_was_meant_alone():
    assert meant(" DOR", ["door", "window"]) == " (did you mean door?)"
    assert meant("x", ["door", "window"]) == ""


def test_a_very_long_name_is_clipped():
    assert len(unknown_name("state", "q" * 100_000, ["xa", "dnd"])) < 120
