import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.rules.path import Path


@pytest.mark.parametrize(
    ("path", "document", "found"),
    [
        ("", {"a": 1}, {"a": 1}),
        ("", "text", "text"),
        ("a", {"a": 1}, 1),
        ("a", {"b": 1}, None),
        ("a", {"a": None}, None),
        ("a", {"a": False}, False),
        ("a", "text", None),
        ("a", None, None),
        ("a.b", {"a": {"b": 1}}, 1),
        ("a.b", {"a.b": 1}, None),
        ('"a.b"', {"a.b": 1}, 1),
        ('params."input:0".state', {"params": {"input:0": {"state": True}}}, True),
        ("params.input:0.state", {"params": {"input:0": {"state": True}}}, True),
        ('"say \\"hi\\" \\u00e9"', {'say "hi" é': 1}, 1),
        ('""', {"": 1}, 1),
        ("Last seen", {"Last seen": 1}, 1),
        (" a . b [0] ", {"a": {"b": [1]}}, 1),
        ('" a "', {" a ": 1}, 1),
        ("$state", {"$state": 1}, 1),
        ("events[0].event", {"events": [{"event": "x"}]}, "x"),
        ("[0].x", [{"x": 1}], 1),
        ("[0][1]", [[1, 2]], 2),
        ("[-1]", [1, 2], 2),
        ("[-3]", [1, 2], None),
        ("[2]", [1, 2], None),
        ("[0]", {"0": 1}, None),
        ("0", {"0": 1}, 1),
        ("0", [1], None),
        ("a.0", {"a": {"0": 1}}, 1),
        ("a.0", {"a": [1]}, None),
        ("a[0]", {"a": "text"}, None),
        ("a | b", {"b": 1}, 1),
        ("a | b", {"a": None, "b": 1}, 1),
        ("a | b", {"a": 2, "b": 1}, 2),
        ('"a|b"|[0]', [1], 1),
        ('"a|b"|[0]', {"a|b": 2}, 2),
    ],
)
def test_a_path_leads_to_a_value_or_to_nothing(path, document, found):
    assert Path(path).find(document) == found


@pytest.mark.parametrize(
    ("path", "place", "expected"),
    [
        (" ", 1, "a key"),
        (".", 1, "a key"),
        (".a", 1, "a key"),
        ("a.", 3, "a key"),
        ("a..b", 3, "a key"),
        ("a.[0]", 3, "a key"),
        ('"a', 1, "a key"),
        ('a"b"', 2, "a dot"),
        ('"a"b', 4, "a dot"),
        ("a[0]b", 5, "a dot"),
        ("a[x]", 2, "a dot"),
        ("a[]", 2, "a dot"),
        ("a[0", 2, "a dot"),
        ("a[1.5]", 2, "a dot"),
        ("a]", 2, "a dot"),
        ("[x]", 1, "a key"),
        ('"\\d"', 2, "the escapes of JSON"),
        ("a |", 4, "a key"),
        ("| a", 1, "a key"),
        ("a || b", 4, "a key"),
    ],
)
def test_what_is_no_path_is_refused_with_the_place(path, place, expected):
    with pytest.raises(ValueError, match=f"breaks at character {place}: {expected}.* expected, found"):
        Path(path)


KEYS = st.text(min_size=0, max_size=5)
SCALARS = st.none() | st.booleans() | st.integers() | st.text(max_size=3)
DOCUMENTS = st.recursive(
    SCALARS, lambda some: st.lists(some, max_size=4) | st.dictionaries(KEYS, some, max_size=4), max_leaves=20
)


def places(document, path=""):
    """Every path of a document, with what stands there."""
    yield path, document
    items = {}
    if isinstance(document, dict):
        dot = "." if path else ""
        items = {f"{path}{dot}{json.dumps(key)}": value for key, value in document.items()}
    elif isinstance(document, list):
        items = {f"{path}[{index}]": value for index, value in enumerate(document)}
    for below, value in items.items():
        yield from places(value, below)


@given(DOCUMENTS)
def test_every_place_of_a_document_has_a_path(document):
    for path, value in places(document):
        assert Path(path).find(document) == value


@given(st.text('ab0.[]-1| "\\') | st.text(), DOCUMENTS)
def test_any_text_is_a_path_or_a_refusal_and_no_document_makes_it_fail(text, document):
    try:
        path = Path(text)
    except ValueError as refusal:
        said = str(refusal)
    else:
        path.find(document)
        said = repr(path)
    assert said == f"<Path {text}>" or said.startswith(f"path '{text}' breaks at character ")
