import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.dialplan.lines import Lines
from bridge.dialplan.remark import Place, Remark


def read(text):
    return [(line.place.line, line.text) for line in Lines("x", text)]


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("a\n\n b \r\n", [(1, "a"), (3, "b")]),
        ("a ; b", [(1, "a")]),
        ("; a", []),
        (r"a\;b\;c ; d", [(1, "a;b;c")]),
        (r"a\b", [(1, r"a\b")]),
        ("a ;-- b --; c", [(1, "a  c")]),
        ("a ;-- b\nc ; d\ne --; f ; g", [(1, "a"), (3, "f")]),
        ("a ;-- b ;-- c --; d --; e", [(1, "a  e")]),
        ("a ;--- b\nc", [(1, "a"), (2, "c")]),
        (";----------;\nc", [(2, "c")]),
        # FreePBX's heads and feet of contexts
        (";--== end of [ext-local] ==--;;;;;\nc", [(2, "c")]),
        # Its end must not share a sign with its beginning.
        (";--;\na\n--;b", [(3, "b")]),
        ("a --; b", [(1, "a --")]),
    ],
)
def test_comments_are_taken_away(text, lines):
    assert read(text) == lines


def test_a_comment_without_end_is_told():
    lines = Lines("x", "a\n;-- b\n;-- c --;\nd")
    assert [line.text for line in lines] == ["a"]
    assert lines.remarks == [Remark(Place("x", 2), "the comment ;-- has no end --; in this file")]


@given(st.text(";-\\ab\n\r", max_size=60))
def test_any_text_is_lines_without_more_than_it_had(text):
    for number, line in read(text):
        assert 1 <= number <= text.count("\n") + 1
        assert line == line.strip()
        assert line
        assert len(line) <= len(text.split("\n")[number - 1])
