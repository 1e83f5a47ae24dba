import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.model.presence import NOT_SET, Presence, PresenceState
from bridge.pidf import DocumentError
from bridge.registrar.activities import STATES
from bridge.registrar.pidf_reader import MAX_TEXT, read_presence
from bridge.topics.decoders.presence import decode_presence, encode_presence
from support.softphone import pidf

NAMESPACES = (
    'xmlns="urn:ietf:params:xml:ns:pidf" xmlns:dm="urn:ietf:params:xml:ns:pidf:data-model"'
    ' xmlns:rpid="urn:ietf:params:xml:ns:pidf:rpid" xmlns:im="urn:ietf:params:xml:ns:pidf:im"'
)
OPEN = '<tuple id="a"><status><basic>open</basic></status></tuple>'
CLOSED = OPEN.replace("open", "closed")


def read(content: str) -> tuple[str, str, str]:
    state, subtype, message = read_presence(f"<presence {NAMESPACES}>{content}</presence>".encode())
    return state.value, subtype, message


def person(*activities: str, note: str = "") -> str:
    doing = "".join(f"<rpid:{name}/>" for name in activities)
    note = note and f"<dm:note>{note}</dm:note>"
    return f'<dm:person id="p"><rpid:activities>{doing}</rpid:activities>{note}</dm:person>'


@pytest.mark.requirement("B2")
@pytest.mark.parametrize(
    ("content", "presence"),
    [
        (OPEN, ("available", "", "")),
        (CLOSED, ("unavailable", "", "")),
        (OPEN.replace("open", "\n Open "), ("available", "", "")),
        (CLOSED + OPEN, ("available", "", "")),
        (OPEN.replace("open", "ajar"), ("not_set", "", "")),
        ("", ("not_set", "", "")),
        ("<note>here</note>", ("available", "", "here")),
        (OPEN + person("away"), ("away", "", "")),
        (person("lunch") + OPEN, ("away", "lunch", "")),
        (OPEN + person("on-the-phone"), ("available", "on the phone", "")),
        (OPEN + person("vacation", note="back in May"), ("xa", "vacation", "back in May")),
        (OPEN + person("busy"), ("dnd", "", "")),
        (person("meeting"), ("dnd", "meeting", "")),
        (CLOSED + person("vacation"), ("unavailable", "vacation", "")),
        (OPEN + person("unknown"), ("available", "", "")),
        (OPEN + person("away", "meeting", "busy", "holiday"), ("dnd", "meeting", "")),
    ],
)
def test_what_documents_say(content, presence):
    assert read(content) == presence


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (f"<note>whole</note>{OPEN}{person(note='person')}", "person"),
        ("<note>whole</note><tuple id='a'><status/><note>tuple</note></tuple>", "tuple"),
        ("<note>whole</note>", "whole"),
        ("<note> </note><tuple id='a'><status/><note>tuple</note></tuple>", "tuple"),
        (
            "<dm:person id='p'><rpid:activities><rpid:note>doing</rpid:note></rpid:activities></dm:person>",
            "doing",
        ),
        ("<note xml:lang='de'>zurück</note><note xml:lang='en'>back</note>", "zurück"),
        ("<note>\n    back\n    at &lt;13:00&gt; ☕\n  </note>", "back at <13:00> ☕"),
    ],
)
def test_the_message_is_the_note_nearest_to_the_person(content, message):
    assert read(content)[2] == message


@pytest.mark.parametrize(
    ("element", "presence"),
    [
        ('type="away" subtype="lunch">back, soon', ("away", "lunch", "back, soon")),
        ('type="DND">', ("dnd", "", "")),
        ('type="not_set">', ("not_set", "", "")),
        ('type="bored" subtype="x">y', ("available", "", "")),
        (">y", ("available", "", "")),
    ],
)
def test_the_tuple_of_digium_is_taken_as_it_is(element, presence):
    content = (
        f"<tuple id='digium-presence'><status><digium_presence {element}</digium_presence></status></tuple>"
    )
    assert read(OPEN + content) == presence


@pytest.mark.parametrize(
    ("words", "presence"),
    [
        ("Lunch", ("away", "lunch", "")),
        ("On the phone", ("available", "on the phone", "")),
        ("Busy", ("dnd", "", "")),
        ("Online", ("available", "", "")),
        ("Be right back", ("available", "Be right back", "")),
    ],
)
def test_the_words_of_a_snom(words, presence):
    status = f"<status><basic>open</basic><im:im>{words}</im:im></status>"
    assert read(f"<tuple id='a'>{status}</tuple>") == presence


@pytest.mark.parametrize(
    "activities",
    [
        '<d:activities xmlns:d="urn:ietf:params:xml:ns:pidf:rpid:rpid-person"><d:meal/></d:activities>',
        '<d:activities xmlns:d="urn:ietf:params:xml:ns:pidf:status:rpid-status"><d:activity>Meal</d:activity></d:activities>',
    ],
)
def test_the_drafts_of_rpid_are_read_too(activities):
    assert read(f"{OPEN}<dm:person id='p'>{activities}</dm:person>") == ("away", "meal", "")


def test_texts_are_cut():
    state, subtype, message = read(f"{OPEN}{person('juggling' + 'g' * 2000, note='n' * 2000)}")
    assert (state, len(subtype), len(message)) == ("available", MAX_TEXT, MAX_TEXT)
    digium = f'<digium_presence type="xa" subtype="{"s" * 2000}">{"m" * 2000}</digium_presence>'
    assert read(f"<tuple id='d'><status>{digium}</status></tuple>") == ("xa", "s" * MAX_TEXT, "m" * MAX_TEXT)


@pytest.mark.parametrize("body", [b"", b"<presence/>", b"<!DOCTYPE a><presence/>", b"away"])
def test_what_is_no_document_is_refused(body):
    with pytest.raises(DocumentError):
        read_presence(body)


def test_an_empty_document_says_what_is_said_of_nobody():
    assert read_presence(b'<presence xmlns="urn:ietf:params:xml:ns:pidf"/>') == NOT_SET


texts = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="<&>￾￿"), max_size=40)


@given(
    st.sampled_from(["open", "closed"]), st.lists(st.sampled_from([*STATES, "other", "x"]), max_size=4), texts
)
def test_whatever_is_read_can_be_the_truth(basic, activities, note):
    presence = read_presence(pidf(basic, *activities, note=note).encode())
    assert decode_presence(encode_presence(presence)) == presence
    assert presence.message == " ".join(note.split())
    assert (presence.state is PresenceState.UNAVAILABLE) == (basic == "closed")


@given(st.binary(max_size=200) | texts.map(lambda text: f"<presence {NAMESPACES}>{text}</presence>".encode()))
def test_any_bytes_give_a_presence_or_the_one_error(body):
    with contextlib.suppress(DocumentError):
        assert isinstance(read_presence(body), Presence)
