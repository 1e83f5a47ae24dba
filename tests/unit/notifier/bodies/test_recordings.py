"""Every NOTIFY body that was recorded of res_pjsip, against what we send for the state that it tells."""

import re
from collections import Counter

import pytest
from lxml import etree

from bridge.model.device import DeviceState
from bridge.model.hint import ExtensionState
from bridge.model.presence import NOT_SET, Presence, parse_presence_state
from bridge.notifier.bodies import BODIES, PIDF_LAYOUTS
from bridge.notifier.bodies.dialog_info import DIALOG_INFO
from bridge.notifier.bodies.digium import digium_tuple
from bridge.notifier.bodies.subject import VERSION, Subject
from bridge.pidf import CONTENT_TYPE
from support.recordings import ASTERISK, notifies

NAMES = sorted(path.name for path in ASTERISK.glob("*.txt"))

DEVICES = {
    "Ready": "NOT_INUSE",
    "On the phone": "INUSE",
    "Ringing": "RINGING",
    "On hold": "ONHOLD",
    "Unavailable": "UNAVAILABLE",
    "terminated": "NOT_INUSE",
    "early": "RINGING",
    "confirmed": "INUSE",
    "online": "NOT_INUSE",
    "onthephone": "INUSE",
    "offline": "UNAVAILABLE",
}


def ours(content_type, root):
    """What we send for the state, the extension and the URI that the body tells."""
    if content_type == CONTENT_TYPE:
        element = root.find(".//{*}digium_presence")
        presence, supplements = NOT_SET, ()
        if element is not None:
            state = parse_presence_state(element.get("type"))
            presence = Presence(state, element.get("subtype", ""), element.text or "")
            supplements = (digium_tuple,)
        word, uri, extension = root.findtext("{*}note"), root.get("entity"), root.find("{*}tuple").get("id")
        subject = Subject(extension, uri, supplements)
        return PIDF_LAYOUTS["asterisk"].format(ExtensionState(device(word), presence), subject).decode()
    if content_type == DIALOG_INFO:
        word, uri, extension = (
            root.findtext(".//{*}state"),
            root.get("entity"),
            root.find("{*}dialog").get("id"),
        )
        state = DeviceState.ONHOLD if root.find(".//{*}param") is not None else device(word)
        body = BODIES[content_type].format(ExtensionState(state, NOT_SET), Subject(extension, uri))
        return body.replace(VERSION, root.get("version").encode()).decode()
    word, extension = root.find(".//msnsubstatus").get("substatus"), root.find("atom").get("id")
    uri = root.find("presentity").get("uri").removesuffix(";method=SUBSCRIBE")
    state = ExtensionState(device(word), NOT_SET)
    return BODIES[content_type].format(state, Subject(extension, uri)).decode()


def device(word):
    return DeviceState(DEVICES[word])


def comparable(body):
    """Without what differs on purpose: the subscriber's address (decision 12), and Asterisk's random numbers."""
    body = re.sub(r'<contact priority="1">.*?</contact>', "<contact/>", body)
    body = re.sub(r'<address uri="[^"]*"', '<address uri=""', body)
    return re.sub(r'atomid="[^"]*"', 'atomid=""', body)


def well_formed(name):
    """The bodies of a recording that an XML parser reads; chan_sip's, in one of them, are left out."""
    for one in notifies(name):
        if "ISO-8859-1" in one.body:
            continue
        try:
            yield one, etree.fromstring(one.body.encode("utf-8", "surrogateescape"))
        except etree.XMLSyntaxError:
            continue


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.requirement("B3", "B4")
def test_the_same_text_for_the_same_state(name):
    for one, root in well_formed(name):
        assert comparable(ours(one.content_type, root)) == comparable(one.body)


def test_the_recordings_hold_all_formats():
    seen = Counter(one.content_type for name in NAMES for one, _ in well_formed(name))
    assert set(seen) == {CONTENT_TYPE, *BODIES}
    assert seen[CONTENT_TYPE] > 300
    assert min(seen.values()) >= 10
