import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.rules.operators import between, contains, matches

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda some: st.lists(some) | st.dictionaries(st.text(), some),
)


@pytest.mark.parametrize(
    ("value", "answer"),
    [
        (["Home", "office"], True),
        (["Home Office"], False),
        ([" Office "], True),
        ([["Office"], None, {}], False),
        ([], False),
        ("Home Office", True),
        ("Home", False),
        (None, None),
        ({"Office": 1}, None),
    ],
)
def test_a_list_has_an_item_and_a_text_has_a_part(value, answer):
    assert contains("Office")(value) is answer


def test_items_are_compared_as_text():
    assert contains("22.0")([22]) is True
    assert contains("true")([True]) is True


@pytest.mark.parametrize(
    ("value", "answer"),
    [
        (2, True),
        (1, False),
        (3, False),
        (2.5, True),
        ("2.5", True),
        (" 2. ", True),
        (".5", False),
        ("+2e0", True),
        (10**400, False),
        ("1e999", None),
        ("1_0", None),
        ("٢", None),
        ("nan", None),
        ("2 m", None),
        ("", None),
        (True, None),
        (None, None),
        ([2], None),
        (float("nan"), None),
        (float("inf"), None),
    ],
)
def test_a_number_lies_between_the_bounds(value, answer):
    assert between(1, 3)(value) is answer


def test_one_bound_is_enough():
    assert between(None, 3.0)(-1e308) is True
    assert between(3, None)(3) is False


@pytest.mark.parametrize(
    ("above", "below", "reason"),
    [
        (3.0, 1.0, "no number is above 3 and below 1"),
        (1.0, 1.0, "no number is above 1 and below 1"),
        (float("nan"), None, "must be finite"),
        (None, float("inf"), "must be finite"),
    ],
)
def test_bounds_that_make_no_sense_are_refused(above, below, reason):
    with pytest.raises(ValueError, match=reason):
        between(above, below)


@pytest.mark.parametrize(
    ("pattern", "value", "answer"),
    [
        ("^on$", "on", True),
        ("^on$", "ON", False),
        ("(?i)^on$", "ON", True),
        ("o", "book", True),
        ("^22$", 22.0, True),
        ("x", None, None),
        ("x", ["x"], None),
        ("x", "x" * 1_001, None),
    ],
)
def test_an_expression_is_searched_in_the_text(pattern, value, answer):
    assert matches(pattern)(value) is answer


@pytest.mark.parametrize("pattern", ["(", "*", "a{99999999999}", "(?P<x>a)(?P<x>b)", "(" * 5_000])
def test_what_is_no_expression_is_refused(pattern):
    with pytest.raises(ValueError, match="is no regular expression"):
        matches(pattern)


def test_the_bound_on_texts_bounds_a_quadratic_expression():
    begin = time.perf_counter()
    assert matches("x*x*y")("x" * 1_000) is False
    assert time.perf_counter() - begin < 5


@given(VALUES, st.text(), st.floats(allow_nan=False, allow_infinity=False))
def test_no_value_makes_them_fail(value, word, bound):
    for ask in (contains(word), between(bound, None), between(None, bound), matches("^a|b")):
        assert ask(value) in {True, False, None}
