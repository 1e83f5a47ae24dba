import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from bridge.notifier.bodies import BODIES, PIDF_LAYOUTS
from bridge.notifier.bodies.digium import digium_tuple
from bridge.notifier.bodies.subject import VERSION, Subject
from bridge.notifier.packages import PACKAGES
from bridge.pidf import CONTENT_TYPE
from support.states import STATES, states

FORMATS = {**BODIES, **{f"{CONTENT_TYPE} {name}": body for name, body in PIDF_LAYOUTS.items()}}
SUBJECTS = [
    Subject("2000", "sip:2000@127.0.0.1:5060"),
    Subject("2000", "sip:2000@127.0.0.1:5060", personal=True),
    Subject("2000", "sip:2000@127.0.0.1:5060", (digium_tuple,)),
    Subject("*7'8&\"<", "sip:a\"&<'@h;x=\u00fc", personal=True, room=100),
]


def test_formats_stand_under_their_content_type():
    assert all(body.content_type == name for name, body in BODIES.items())
    assert CONTENT_TYPE not in BODIES


@pytest.mark.requirement("B6")
def test_every_package_offers_formats_that_there_are():
    for package in PACKAGES.values():
        assert set(package.bodies) == {CONTENT_TYPE, *BODIES}


@pytest.mark.parametrize("body", FORMATS.values(), ids=FORMATS)
def test_no_content_type_has_a_parameter(body):
    # baresip answers 415 to application/pidf+xml;charset=UTF-8.
    main, _, sub = body.content_type.partition("/")
    assert main.isidentifier()
    assert sub.replace("-", "").replace("+", "").isalnum()


def what_phones_can_read(body, state, subject):
    """Well formed, and with nothing that PJSIP refuses."""
    document = body.format(state, subject)
    assert document == body.format(state, subject)
    readable = document.replace(VERSION, b"0")
    root = etree.fromstring(readable)
    assert root.prefix is None
    assert not [*root.iter(etree.Comment, etree.ProcessingInstruction)]
    assert root.getroottree().docinfo.doctype == ""
    assert document.startswith(b'<?xml version="1.0" encoding="UTF-8"?>\n')
    assert document.endswith(b">\n")
    assert len(document) < 4000
    return root


@pytest.mark.parametrize("subject", SUBJECTS)
@pytest.mark.parametrize("body", FORMATS.values(), ids=FORMATS)
@pytest.mark.requirement("B5", "B7")
def test_every_body_can_be_read(body, subject):
    for state in STATES:
        root = what_phones_can_read(body, state, subject)
        assert subject.uri in "".join(itertools.chain(*(element.values() for element in root.iter())))


@given(st.sampled_from([*FORMATS.values()]), states, st.sampled_from(SUBJECTS))
@pytest.mark.requirement("B5")
def test_so_it_is_with_any_texts(body, state, subject):
    what_phones_can_read(body, state, subject)


@pytest.mark.parametrize("body", FORMATS.values(), ids=FORMATS)
@pytest.mark.requirement("B7")
def test_less_room_never_makes_a_longer_body(body):
    for state in STATES[::5]:
        for one in SUBJECTS[:3]:
            lengths = [len(body.format(state, one._replace(room=room))) for room in (0, 7, 100, 1500, 2046)]
            assert lengths == sorted(lengths)
            bare = lengths[0]
            # The texts take no more than their room; what stands around them, 48 octets at most.
            assert all(
                length - bare <= room + 48
                for length, room in zip(lengths, (0, 7, 100, 1500, 2046), strict=True)
            )


@pytest.mark.parametrize("body", FORMATS.values(), ids=FORMATS)
def test_the_version_is_left_open_in_one_place_or_none(body):
    document = body.format(STATES[0], SUBJECTS[0])
    assert document.count(VERSION) == (1 if b'version="\0"' in document else 0)
