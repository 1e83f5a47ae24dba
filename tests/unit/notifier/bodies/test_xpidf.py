import re

import pytest
from lxml import etree

from bridge.model.device import DeviceState
from bridge.model.hint import ExtensionState
from bridge.model.presence import NOT_SET, Presence, PresenceState
from bridge.notifier.bodies import BODIES
from bridge.notifier.bodies.subject import Subject
from bridge.notifier.bodies.xpidf import CPIM, XPIDF, Xpidf
from support.recordings import notifies

URI = "sip:2002@127.0.0.20:5060"


def render(device, presence="not_set", *, personal=False, content_type=XPIDF):
    state = ExtensionState(DeviceState(device), Presence(PresenceState(presence)))
    return BODIES[content_type].format(state, Subject("2002", URI, personal=personal)).decode()


def comparable(body):
    """Without the address, which is the subscriber's in Asterisk, and the identifier that it makes up."""
    body = re.sub(r'<address uri="[^"]*"', '<address uri=""', body)
    return re.sub(r'atomid="[^"]*"', 'atomid=""', body)


def test_the_whole_document():
    assert render("INUSE") == (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        "<presence>\n"
        ' <presentity uri="sip:2002@127.0.0.20:5060;method=SUBSCRIBE" />\n'
        ' <atom atomid="2002" id="2002">\n'
        '  <address uri="sip:2002@127.0.0.20:5060;user=ip" priority="0.80000">\n'
        '   <status status="inuse" />\n'
        '   <msnsubstatus substatus="onthephone" />\n'
        "  </address>\n"
        " </atom>\n"
        "</presence>\n"
    )


@pytest.mark.parametrize("content_type", [XPIDF, CPIM])
@pytest.mark.requirement("B6")
def test_all_device_states_as_asterisk_sends_them(content_type):
    told = {
        one.written: one.body
        for one in notifies("pjsip_states_device.txt")
        if one.content_type == content_type and one.written
    }
    assert set(told) == {state.value for state in DeviceState} - {"UNKNOWN"}
    for written, body in told.items():
        assert comparable(render(written, content_type=content_type)) == comparable(body)


@pytest.mark.parametrize("content_type", [XPIDF, CPIM])
@pytest.mark.requirement("B6")
def test_a_device_that_was_never_written_is_online_as_in_asterisk(content_type):
    body = next(notifies(f"pjsip_state_unknown_{content_type.removeprefix('application/')}.txt")).body
    ours = Xpidf(content_type).format(
        ExtensionState(DeviceState.UNKNOWN, NOT_SET), Subject("2025", "sip:2025@127.0.0.20:5060")
    )
    assert comparable(ours.decode()) == comparable(body)


@pytest.mark.parametrize("presence", PresenceState)
def test_presence_shows_only_where_the_profile_says_so(presence):
    assert render("NOT_INUSE", presence) == render("NOT_INUSE")


@pytest.mark.parametrize(
    ("device", "presence", "expected"),
    [
        ("NOT_INUSE", "available", ["open", "online"]),
        ("NOT_INUSE", "away", ["open", "away"]),
        ("NOT_INUSE", "xa", ["open", "away"]),
        ("NOT_INUSE", "dnd", ["inuse", "busy"]),
        ("NOT_INUSE", "unavailable", ["closed", "offline"]),
        ("RINGING", "away", ["inuse", "onthephone"]),
        ("ONHOLD", "dnd", ["inuse", "onthephone"]),
        ("UNAVAILABLE", "dnd", ["closed", "offline"]),
    ],
)
def test_presence_in_the_words_of_msn(device, presence, expected):
    root = etree.fromstring(render(device, presence, personal=True).encode())
    assert [root.find(".//status").get("status"), root.find(".//msnsubstatus").get("substatus")] == expected
