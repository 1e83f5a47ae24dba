import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.pidf import DocumentError
from bridge.subscriber.pidf import Picture, read_pidf

ASTERISK = """<?xml version="1.0" encoding="UTF-8"?>
<presence entity="sip:2000@127.0.0.20:5060" xmlns="urn:ietf:params:xml:ns:pidf"
 xmlns:dm="urn:ietf:params:xml:ns:pidf:data-model" xmlns:rpid="urn:ietf:params:xml:ns:pidf:rpid">
 <note>On the phone</note>
 <tuple id="2000">
  <status>
   <basic>open</basic>
  </status>
  <contact priority="1">sip:phone@127.0.0.20</contact>
 </tuple>
 <tuple id="digium-presence">
  <status>
   <digium_presence type="away" subtype="lunch">Back &lt;at&gt; 13:00 ☕</digium_presence>
  </status>
 </tuple>
 <dm:person>
  <rpid:activities>
   <rpid:on-the-phone />
  </rpid:activities>
 </dm:person>
</presence>
"""


def document(content: str) -> bytes:
    return (
        '<presence xmlns="urn:ietf:params:xml:ns:pidf" xmlns:dm="urn:ietf:params:xml:ns:pidf:data-model">'
        f"{content}</presence>"
    ).encode()


def test_reads_the_document_of_asterisk():
    assert read_pidf(ASTERISK.encode()) == Picture(
        "open", "On the phone", "away", "lunch", "Back <at> 13:00 ☕"
    )


def test_a_document_that_says_nothing_gives_an_empty_picture():
    assert read_pidf(document("")) == Picture()


def test_an_element_without_subtype_and_message():
    body = document('<tuple id="d"><status><digium_presence type="dnd" /></status></tuple>')
    assert read_pidf(body) == Picture(presence="dnd")


def test_the_status_is_that_of_the_first_tuple_which_has_one():
    body = document(
        '<tuple id="d"><status><digium_presence type="dnd" /></status></tuple>'
        '<tuple id="a"><status><basic> closed </basic></status></tuple>'
        '<tuple id="b"><status><basic>open</basic></status></tuple>'
    )
    assert read_pidf(body).basic == "closed"


@pytest.mark.parametrize(
    ("content", "note"),
    [
        ('<tuple id="a"><note>tuple</note></tuple>', "tuple"),
        ('<tuple id="a"><note>tuple</note></tuple><note>root</note>', "root"),
        ("<note>root</note><dm:person><dm:note>person</dm:note></dm:person>", "person"),
    ],
)
def test_a_note_about_the_person_hides_the_one_about_the_line(content, note):
    assert read_pidf(document(content)).note == note


def test_a_prefix_for_the_namespace_changes_nothing():
    body = b'<p:presence xmlns:p="urn:ietf:params:xml:ns:pidf"><p:note>Ready</p:note></p:presence>'
    assert read_pidf(body).note == "Ready"


@pytest.mark.parametrize("body", [b"", b"<presence/>", b"<!DOCTYPE presence><presence/>"])
def test_refuses_what_is_no_presence_document(body):
    with pytest.raises(DocumentError):
        read_pidf(body)


@given(st.binary(max_size=200) | st.text(max_size=100).map(lambda text: document(text.replace("<", ""))))
def test_any_bytes_give_a_picture_or_the_one_error(body):
    with contextlib.suppress(DocumentError):
        assert isinstance(read_pidf(body), Picture)
