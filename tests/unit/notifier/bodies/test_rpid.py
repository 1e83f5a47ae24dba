"""What the RFCs' rules make of our documents, and whether our schema knows the rules."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from bridge.model.device import DeviceState
from bridge.model.hint import ExtensionState
from bridge.model.presence import NOT_SET, Presence, PresenceState
from bridge.notifier.bodies.pidf import Pidf
from bridge.notifier.bodies.rpid import Rpid
from bridge.notifier.bodies.subject import Subject
from support.schemas import faults
from support.states import STATES, states

URI = "sip:2000@127.0.0.1:5060"
SUBJECT = Subject("2000", URI, personal=True)
RPID = "{urn:ietf:params:xml:ns:pidf:rpid}"


def render(device="NOT_INUSE", presence="not_set", *texts, subject=SUBJECT):
    state = ExtensionState(DeviceState(device), Presence(PresenceState(presence), *texts))
    return Rpid().format(state, subject).decode()


def shown(device, presence):
    """Basic status, activities and note."""
    document = etree.fromstring(render(device, presence).encode())
    activities = [child.tag.removeprefix(RPID) for child in document.iterfind(f".//{RPID}activities/*")]
    return document.findtext("{*}tuple/{*}status/{*}basic"), activities, document.findtext("{*}note")


def test_the_whole_document():
    assert render("NOT_INUSE", "away", "lunch", "back at 13:00") == (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<presence entity="sip:2000@127.0.0.1:5060" xmlns="urn:ietf:params:xml:ns:pidf"'
        ' xmlns:dm="urn:ietf:params:xml:ns:pidf:data-model"'
        ' xmlns:rpid="urn:ietf:params:xml:ns:pidf:rpid">\n'
        ' <tuple id="line">\n'
        "  <status>\n"
        "   <basic>open</basic>\n"
        "  </status>\n"
        '  <contact priority="1">sip:2000@127.0.0.1:5060</contact>\n'
        " </tuple>\n"
        " <note>Away - lunch: back at 13:00</note>\n"
        ' <dm:person id="user">\n'
        "  <rpid:activities>\n"
        "   <rpid:away />\n"
        "  </rpid:activities>\n"
        " </dm:person>\n"
        "</presence>\n"
    )


@pytest.mark.parametrize(
    ("device", "presence", "expected"),
    [
        ("NOT_INUSE", "not_set", ("open", [], "Ready")),
        ("UNKNOWN", "available", ("open", [], "Available")),
        ("NOT_INUSE", "away", ("open", ["away"], "Away")),
        ("NOT_INUSE", "xa", ("open", ["away"], "Extended away")),
        ("NOT_INUSE", "dnd", ("open", ["busy"], "Do not disturb")),
        ("NOT_INUSE", "unavailable", ("closed", [], "Unavailable")),
        ("INUSE", "not_set", ("open", ["on-the-phone"], "On the phone")),
        ("INUSE", "dnd", ("open", ["on-the-phone"], "On the phone")),
        ("BUSY", "unavailable", ("open", ["on-the-phone"], "On the phone")),
        ("RINGING", "away", ("open", ["on-the-phone"], "Ringing")),
        ("ONHOLD", "away", ("open", ["on-the-phone"], "On hold")),
        ("UNAVAILABLE", "dnd", ("closed", [], "Unavailable")),
    ],
)
@pytest.mark.requirement("B1", "B2")
def test_one_status_one_activity_one_note(device, presence, expected):
    assert shown(device, presence) == expected


@pytest.mark.parametrize("personal", [True, False])
@pytest.mark.requirement("B1", "B2", "B5")
def test_every_state_is_valid(personal):
    for state in STATES:
        for room in (2046, 10):
            document = Rpid().format(state, SUBJECT._replace(personal=personal, room=room))
            assert faults("pidf", document) == []


@given(states, st.text(min_size=1), st.booleans())
@pytest.mark.requirement("B1", "B2", "B5")
def test_any_text_and_any_extension_is_valid(state, extension, personal):
    assert faults("pidf", Rpid().format(state, Subject(extension, URI, personal=personal))) == []


# What the rules forbid: what is replaced in a valid document, and by what.
PLANTED = {
    "no entity": (f' entity="{URI}"', ""),
    "an entity that is no URI": (f'entity="{URI}"', 'entity="2000"'),
    "a number for an ID": ('tuple id="line"', 'tuple id="2000"'),
    "a tuple without id": ('tuple id="line"', "tuple"),
    "a person without id": (' id="user"', ""),
    "the same ID twice": ('id="user"', 'id="line"'),
    "the note first": (' <tuple id="line">', ' <note>x</note>\n <tuple id="line">'),
    "the note last": ("</presence>", "<note>x</note></presence>"),
    "contact before status": ("  <status>", "  <contact>sip:a@b</contact>\n  <status>"),
    "a tuple without status": ("status>", "state>"),
    "another status": ("<basic>open", "<basic>busy"),
    "a status in capitals": ("<basic>open", "<basic>OPEN"),
    "two basic values": ("<basic>open</basic>", "<basic>open</basic><basic>open</basic>"),
    "a priority above one": ('priority="1"', 'priority="1.5"'),
    "a contact that is no URI": (f">{URI}<", ">the front desk<"),
    "an unknown activity": ("rpid:away", "rpid:awayish"),
    "an activity with text": ("<rpid:away />", "<rpid:away>x</rpid:away>"),
    "an activity of another namespace": ("rpid:away", "dm:away"),
    "activities outside of a person": (
        "</presence>",
        "<rpid:activities><rpid:away/></rpid:activities></presence>",
    ),
    "unknown beside an activity": ("<rpid:away />", "<rpid:unknown /><rpid:away />"),
    "person in the wrong namespace": ("dm:person", "rpid:person"),
    "an element of a maker in PIDF's namespace": (
        "</presence>",
        '<tuple id="d"><status><digium_presence type="away"/></status></tuple></presence>',
    ),
    "text where none belongs": ("</presence>", "x</presence>"),
    "another root": ("presence", "presense"),
    "another namespace": ("ns:pidf", "ns:cpim"),
}


@pytest.mark.parametrize("planted", PLANTED)
def test_the_schema_finds_what_is_planted(planted):
    valid = render("NOT_INUSE", "away")
    old, new = PLANTED[planted]
    broken = valid.replace(old, new)
    assert broken != valid
    assert faults("pidf", valid) == []
    assert faults("pidf", broken) != []


def test_asterisks_document_is_none_of_this():
    assert faults("pidf", Pidf().format(ExtensionState(DeviceState.INUSE, NOT_SET), SUBJECT)) != []


def test_what_else_the_rules_allow():
    valid = render("NOT_INUSE", "away")
    for old, new in [
        (
            "</contact>\n",
            '</contact><note xml:lang="de">Mittag</note><timestamp>2026-01-01T12:00:00Z</timestamp>',
        ),
        ("<rpid:away />", "<rpid:note>x</rpid:note><rpid:away /><rpid:other>y</rpid:other><rpid:meal/>"),
        ("<rpid:away />", "<rpid:unknown />"),
        ("<rpid:away />", ""),
        (
            " </dm:person>",
            "<dm:note>x</dm:note><dm:timestamp>2026-01-01T12:00:00Z</dm:timestamp></dm:person>",
        ),
    ]:
        assert old in valid
        assert faults("pidf", valid.replace(old, new)) == []
