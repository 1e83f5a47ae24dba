import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from bridge.model.device import DeviceState
from bridge.model.hint import ExtensionState
from bridge.model.presence import NOT_SET, Presence, PresenceState
from bridge.notifier.bodies.dialog_info import DIALOG_INFO, DialogInfo
from bridge.notifier.bodies.subject import VERSION, Subject
from support.recordings import notifies
from support.schemas import faults

URI = "sip:2002@127.0.0.20:5060"


def render(device, *, version="0", extension="2002", uri=URI, presence=NOT_SET):
    body = DialogInfo().format(ExtensionState(DeviceState(device), presence), Subject(extension, uri))
    return body.replace(VERSION, version.encode()).decode()


def version(body):
    return etree.fromstring(body.encode()).get("version")


def by_the_schema(body):
    """Asterisk's two liberties taken back: `local` before `state` while it rings, and `pvalue`."""
    for local in ("<local>", "</local>"):
        assert body.count(local) <= 1
    if "</local>\n  <state>early" in body:
        before, local, after = body.partition("  <local>")
        local, _, after = (local + after).partition("  <state>early</state>\n")
        body = f"{before}  <state>early</state>\n{local}{after}"
    return body.replace(" pvalue=", " pval=")


@pytest.mark.requirement("B4")
def test_all_device_states_as_asterisk_sends_them():
    told = {
        one.written: one.body
        for one in notifies("pjsip_states_device.txt")
        if one.content_type == DIALOG_INFO and one.written
    }
    assert set(told) == {state.value for state in DeviceState} - {"UNKNOWN"}
    for written, body in told.items():
        assert render(written, version=version(body)) == body


@pytest.mark.requirement("B4")
def test_a_device_that_was_never_written_is_idle_as_in_asterisk():
    body = next(notifies("pjsip_state_unknown_dialog-info+xml.txt")).body
    assert render("UNKNOWN", extension="2025", uri="sip:2025@127.0.0.20:5060") == body


@pytest.mark.parametrize("name", ["presence_accept_dialoginfo", "dialog_no_accept", "dialog_dialoginfo"])
@pytest.mark.requirement("B4")
def test_versions_rise_by_one_as_in_asterisk(name):
    bodies = [one.body for one in notifies(f"pjsip_fmt_{name}.txt")]
    assert [version(body) for body in bodies[:3]] == ["0", "1", "2"]
    for body, device in zip(bodies, ("NOT_INUSE", "NOT_INUSE", "INUSE", "INUSE"), strict=True):
        ours = render(device, version=version(body), extension="2000", uri="sip:2000@127.0.0.20:5060")
        assert ours == body


@pytest.mark.parametrize("device", DeviceState)
@pytest.mark.parametrize("presence", PresenceState)
def test_presence_is_not_part_of_it(device, presence):
    assert render(device, presence=Presence(presence, "lunch", "back at 13:00")) == render(device)


def test_what_each_state_means():
    states = {device.value: render(device) for device in DeviceState}
    early = {name for name, body in states.items() if "<state>early</state>" in body}
    confirmed = {name for name, body in states.items() if "<state>confirmed</state>" in body}
    ended = {name for name, body in states.items() if "<state>terminated</state>" in body}
    assert early == {name for name, body in states.items() if 'direction="recipient"' in body} == {"RINGING"}
    assert confirmed == {"INUSE", "BUSY", "RINGINUSE", "ONHOLD"}
    assert ended == {"UNKNOWN", "NOT_INUSE", "UNAVAILABLE", "INVALID"}
    assert {name for name, body in states.items() if "+sip.rendering" in body} == {"ONHOLD"}


@pytest.mark.parametrize("device", DeviceState)
@pytest.mark.requirement("B4")
def test_every_state_is_valid_but_for_asterisks_two_liberties(device):
    body = render(device, version="4294967295")
    assert faults("dialog-info", by_the_schema(body)) == []
    differs = device in (DeviceState.RINGING, DeviceState.ONHOLD)
    assert (faults("dialog-info", body) != []) == differs


@given(st.sampled_from(DeviceState), st.text(min_size=1), st.integers(0, 2**32 - 1))
@pytest.mark.requirement("B4", "B5")
def test_any_extension_is_valid(device, extension, number):
    body = render(device, extension=extension, version=str(number))
    assert faults("dialog-info", by_the_schema(body)) == []


# What the rules forbid: what is replaced in a valid document, and by what.
PLANTED = {
    "no version": (' version="0"', ""),
    "a version below zero": ('version="0"', 'version="-1"'),
    "a version above 32 bits": ('version="0"', 'version="4294967296"'),
    "no completeness": (' state="full"', ""),
    "another completeness": ('state="full"', 'state="whole"'),
    "no entity": (f' entity="{URI}"', ""),
    "an entity that is no URI": (f'entity="{URI}"', 'entity="2002"'),
    "a dialog without id": (' id="2002"', ""),
    "another direction": ('id="2002"', 'id="2002" direction="incoming"'),
    "another state": ("confirmed", "onhold"),
    "no state": ("<state>confirmed</state>", ""),
    "two states": ("<state>confirmed</state>", "<state>confirmed</state><state>early</state>"),
    "local before state": ("<state>confirmed</state>", "<local/><state>confirmed</state>"),
    "a target without URI": (f'target uri="{URI}"', "target"),
    "a parameter without a name": ('pname="+sip.rendering" ', ""),
    "a parameter's value as Asterisk calls it": ("pval=", "pvalue="),
    "identity behind target": ("</target>", "</target><identity>sip:a@b</identity>"),
    "a note": ("</dialog-info>", "<note>x</note></dialog-info>"),
    "another namespace": ("ns:dialog-info", "ns:dialoginfo"),
}


@pytest.mark.parametrize("planted", PLANTED)
def test_the_schema_finds_what_is_planted(planted):
    valid = by_the_schema(render("ONHOLD"))
    old, new = PLANTED[planted]
    broken = valid.replace(old, new)
    assert broken != valid
    assert faults("dialog-info", valid) == []
    assert faults("dialog-info", broken) != []


@pytest.mark.parametrize(
    ("presence", "device", "shown"),
    [("dnd", "NOT_INUSE", "BUSY"), ("dnd", "RINGING", "RINGINUSE"), ("away", "NOT_INUSE", "NOT_INUSE")],
)
def test_do_not_disturb_can_light_the_lamp(presence, device, shown):
    state = ExtensionState(DeviceState(device), Presence(PresenceState(presence)), dnd_is_busy=True)
    body = DialogInfo().format(state, Subject("2002", URI)).replace(VERSION, b"0").decode()
    assert body == render(shown)
