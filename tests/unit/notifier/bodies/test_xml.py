import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from bridge.notifier.bodies.xml import escape

# What XML 1.0 section 2.2 allows.
ALLOWED = "\t\n\r" + "".join(map(chr, range(0x20, 0x7F)))


@given(st.text())
@pytest.mark.requirement("B5")
def test_any_text_makes_a_well_formed_document_that_says_it(text):
    escaped = escape(text)
    element = etree.fromstring(f'<a b="{escaped}">{escaped}</a>'.encode())
    expected = "".join(c for c in text if c in ALLOWED or (ord(c) >= 0x7F and _allowed(ord(c))))
    assert (element.text or "") == expected
    assert element.get("b") == expected


@given(st.text(), st.integers(0, 40))
@pytest.mark.requirement("B5")
def test_a_cut_leaves_whole_characters_within_the_limit(text, limit):
    cut = escape(text, limit)
    assert len(cut.encode()) <= limit
    assert escape(text).startswith(cut)
    etree.fromstring(f"<a>{cut}</a>".encode())


def test_nothing_is_cut_at_exactly_the_limit():
    assert escape("a&b", 7) == "a&amp;b"
    assert escape("a&b", 6) == "a&amp;"
    assert escape("a&b", 5) == "a"


def _allowed(code):
    return code <= 0xD7FF or 0xE000 <= code <= 0xFFFD or code >= 0x10000
