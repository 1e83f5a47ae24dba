import xml.etree.ElementTree as ET

from hypothesis import given
from hypothesis import strategies as st

from bridge.phones.xml import element, encode


def test_a_document_is_one_element_a_line():
    document = encode(element("a", {"x": "1"}, element("b"), element("c", {"y": "2"})))
    assert document == b'<?xml version="1.0" encoding="UTF-8"?>\n<a x="1">\n  <b />\n  <c y="2" />\n</a>\n'


def test_what_xml_cannot_hold_is_left_out():
    assert ET.fromstring(encode(element("a", {"x": "a\x00b\x1bc\ud800d\ufffee"}))).get("x") == "abcde"


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff")))
def test_every_text_comes_back_as_it_was(text):
    assert ET.fromstring(encode(element("a", {"x": text}))).get("x") == text


@given(st.text(st.characters()))
def test_every_text_gives_a_document(text):
    assert ET.fromstring(encode(element("a", {"x": text}))).tag == "a"


def test_line_ends_and_markup_stay_within_the_value():
    text = "a\r\n\tb\"'<>&amp;]]>"
    assert ET.fromstring(encode(element("a", {"x": text}))).get("x") == text
