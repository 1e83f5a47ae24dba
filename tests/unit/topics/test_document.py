"""Payloads, and the retained topic that holds one."""

import json

from hypothesis import given
from hypothesis import strategies as st

from bridge.effects import Publish
from bridge.topics.document import RetainedDocument, encode_document


def test_a_document_is_compact_and_utf8():
    assert encode_document({"a": [1, None], "b": "Grüße"}) == '{"a":[1,null],"b":"Grüße"}'.encode()


@given(st.dictionaries(st.text(st.characters()), st.text(st.characters(exclude_categories=[]))))
def test_what_is_encoded_is_read_again(document):
    encodable = {key.encode(errors="replace").decode(): value for key, value in document.items()}
    assert json.loads(encode_document(encodable)) == encodable


def test_half_a_surrogate_pair_stays_escaped():
    assert encode_document({"a": "\ud800"}) == b'{"a":"\\ud800"}'


def test_a_topic_is_published_when_its_document_changes():
    effects = []
    topic = RetainedDocument("b/x", effects.append)
    for document in ({"a": 1}, {"a": 1}, {"a": 2}):
        topic.publish(document)
    assert effects == [Publish("b/x", b'{"a":1}', retain=True), Publish("b/x", b'{"a":2}', retain=True)]


def test_what_is_forgotten_is_published_again():
    effects = []
    topic = RetainedDocument("b/x", effects.append)
    topic.publish({"a": 1})
    topic.forget()
    topic.publish({"a": 1})
    assert len(effects) == 2
