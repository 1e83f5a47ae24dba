"""Our document against real Asterisk's, as text: only the contact differs, which is the subscribed URI (decision 12)."""

import re

import pytest
from lxml import etree

from bridge.model.device import DeviceState
from bridge.model.hint import ExtensionState
from bridge.model.presence import NOT_SET, Presence, PresenceState, parse_presence
from bridge.notifier.bodies.digium import digium_tuple
from bridge.notifier.bodies.pidf import Pidf
from bridge.notifier.bodies.subject import Subject
from support.recordings import ASTERISK, notifies

# Asterisk cuts base64 text to 255 octets, decodes what is no base64, writes control characters into
# XML, and cuts escaped text in the middle of a reference; we do none of it.
DIFFERENT_ON_PURPOSE = {"b64_long", "b64_bad", "b64_control", "long_amp_400"}

CONTENT = sorted(path.stem.removeprefix("pjsip_content_") for path in ASTERISK.glob("pjsip_content_*.txt"))


def render(state, *, entity="sip:2000@127.0.0.20:5060", extension="2000", digium=True):
    supplements = (digium_tuple,) if digium else ()
    return Pidf().format(state, Subject(extension, entity, supplements)).decode()


def without_contact(text):
    return re.sub(r'<contact priority="1">.*?</contact>', "<contact/>", text)


def entity(text):
    return re.search(r'entity="([^"]*)"', text)[1]


def told(body, state, *, digium=True):
    """Assert that we would have sent the same text."""
    uri = entity(body)
    extension = re.search(r"sip:(\w+)@", uri)[1]
    ours = render(state, entity=uri, extension=extension, digium=digium)
    assert without_contact(ours) == without_contact(body)


def test_the_recordings_are_there():
    assert len(CONTENT) == 26
    assert set(CONTENT) >= DIFFERENT_ON_PURPOSE


@pytest.mark.parametrize("case", [case for case in CONTENT if case not in DIFFERENT_ON_PURPOSE])
@pytest.mark.requirement("B3")
def test_texts_as_asterisk_sends_them(case):
    bodies = [*notifies(f"pjsip_content_{case}.txt")]
    assert bodies
    for one in bodies:
        presence = parse_presence(one.written) if one.written else NOT_SET
        told(one.body, ExtensionState(DeviceState.NOT_INUSE, presence))


@pytest.mark.parametrize("agent", ["", "_nondigium"])
@pytest.mark.requirement("B3")
def test_all_presence_states_as_asterisk_sends_them(agent):
    seen = set()
    for one in notifies(f"pjsip_states_presence{agent}.txt"):
        presence = parse_presence(one.written) if one.written else NOT_SET
        seen.add((presence.state, bool(presence.subtype), bool(presence.message)))
        told(one.body, ExtensionState(DeviceState.NOT_INUSE, presence), digium=not agent)
    assert len(seen) == len(PresenceState) * 4


@pytest.mark.requirement("B3")
def test_all_device_states_as_asterisk_sends_them():
    seen = set()
    for one in notifies("pjsip_states_device.txt"):
        if one.content_type == "application/pidf+xml" and one.written:
            state = DeviceState(one.written)
            seen.add(state)
            told(one.body, ExtensionState(state, NOT_SET), digium="digium-presence" in one.body)
    assert seen == set(DeviceState) - {DeviceState.UNKNOWN}


@pytest.mark.requirement("B3")
def test_a_device_that_was_never_written_is_ready_as_in_asterisk():
    first = next(notifies("pjsip_states_device.txt"))
    told(first.body, ExtensionState(DeviceState.UNKNOWN, NOT_SET), digium="digium-presence" in first.body)


@pytest.mark.parametrize("device", DeviceState)
@pytest.mark.parametrize("presence", PresenceState)
@pytest.mark.parametrize("texts", [("", ""), ('a<b>&"q"\'s', "Grüße ☃ 😀 \n]]>\t"), ("sub", "")])
@pytest.mark.requirement("B1", "B5")
def test_every_state_is_well_formed_and_says_what_it_was_given(device, presence, texts):
    document = etree.fromstring(render(ExtensionState(device, Presence(presence, *texts))).encode())
    element = document.find(".//{*}digium_presence")
    assert element.get("type") == presence.value
    assert (element.get("subtype", ""), element.text or "") == texts
    assert document.findtext("{*}tuple/{*}contact") == "sip:2000@127.0.0.20:5060"


@pytest.mark.parametrize("case", sorted({"b64_control", "long_amp_400"}))
def test_well_formed_where_asterisk_is_not(case):
    last = [*notifies(f"pjsip_content_{case}.txt")][-1]
    with pytest.raises(etree.XMLSyntaxError):
        etree.fromstring(last.body.encode())
    ours = render(ExtensionState(DeviceState.NOT_INUSE, parse_presence(last.written)))
    assert etree.fromstring(ours.encode()).find(".//{*}digium_presence").text


def test_uri_and_extension_are_escaped():
    text = render(ExtensionState(DeviceState.INUSE, NOT_SET), entity='sip:a"&<@h', extension="*7'8&")
    document = etree.fromstring(text.encode())
    assert document.get("entity") == 'sip:a"&<@h'
    assert document.find("{*}tuple").get("id") == "*7'8&"
