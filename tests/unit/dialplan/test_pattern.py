import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.dialplan.pattern import Pattern, is_pattern


def test_what_is_a_pattern():
    assert is_pattern("_3XXX")
    assert not is_pattern("3000")


@pytest.mark.parametrize(
    ("pattern", "fits", "does_not"),
    [
        ("_3XXX", "3000 3999", "300 30000 2000 3xxx"),
        ("_3xzn", "3012 3999", "3002 3011 310a"),
        ("_[2-46]0", "20 30 40 60", "10 50 70"),
        ("_[a-c]-[12]", "a1 c2", "d1 a-1"),
        ("_20.", "200 20a 2000", "20"),
        ("_20!", "20 200 2000", "2"),
        ("_20!ignored", "20 200", "2"),
        ("_*2X", "*20", "*2 20"),
        ("_[.]", ".", "a"),
        ("_[]", "", "a"),
        ("_+49X.", "+4912", "4912"),
        ("_2 0-0", "200", "2 0-0"),
        ("_[]2]", "", "2]"),
        ("_", "", "2"),
    ],
)
def test_which_extensions_a_pattern_stands_for(pattern, fits, does_not):
    assert all(Pattern(pattern).matches(extension) for extension in fits.split())
    assert not any(Pattern(pattern).matches(extension) for extension in does_not.split())


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        ("_[23", r"pattern '_\[23' has a \[ without its \]"),
        ("_[9-0]", "'9-0' in a pattern is no range"),
        ("_[a-ü]", "'a-ü' in a pattern is no range"),
    ],
)
def test_what_is_no_pattern_is_refused_in_words(pattern, reason):
    with pytest.raises(ValueError, match=reason):
        Pattern(pattern)


def test_the_one_that_leaves_less_open_goes_first():
    in_order = [
        "_200X",
        "_20[1-3]X",
        "_20NX",
        "_20ZX",
        "_20X0",
        "_20XX",
        "_20.",
        "_20!",
        "_N000",
        "_X000",
        "_.",
    ]
    for first, second in pairwise(map(Pattern, in_order)):
        assert first < second


def test_equal_patterns():
    assert Pattern("_2XX") == Pattern("_2[0-9]x")
    assert len({Pattern("_2XX"), Pattern("_2[0-9]x"), Pattern("_2XZ")}) == 2
    assert Pattern("_2XX") != "_2XX"


@given(st.text("XZN19.![]-a_ \\^", max_size=12), st.text("0129a", max_size=6))
def test_any_text_is_a_pattern_or_refused(text, extension):
    try:
        pattern = Pattern(f"_{text}")
    except ValueError as error:
        reason = str(error)
    else:
        reason = ""
        pattern.matches(extension)
        assert pattern == Pattern(f"_{text}")
    assert reason == "" or "pattern" in reason


@given(st.text("0123456789*#", min_size=1, max_size=8))
def test_an_extension_as_a_pattern_stands_for_itself(extension):
    assert Pattern(f"_{extension}").matches(extension)
    assert Pattern(f"_{re.sub('[0-9]', 'X', extension)}").matches(extension)
