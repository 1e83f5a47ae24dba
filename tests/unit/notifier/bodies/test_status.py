import pytest

from bridge.model.device import DeviceState
from bridge.model.hint import ExtensionState
from bridge.model.presence import NOT_SET, Presence, PresenceState
from bridge.notifier.bodies.status import Status, note_of, status_of
from bridge.notifier.bodies.subject import Subject

IDLE, RINGING, OFFLINE = DeviceState.NOT_INUSE, DeviceState.RINGING, DeviceState.UNAVAILABLE
DEVICES = Subject("2000", "sip:2000@h")
PERSONAL = DEVICES._replace(personal=True)


def said(state, subtype="", message=""):
    return Presence(PresenceState(state), subtype, message)


@pytest.mark.parametrize("device", DeviceState)
@pytest.mark.parametrize("presence", PresenceState)
def test_where_a_person_is_not_shown_the_device_says_it_all(device, presence):
    state = ExtensionState(device, Presence(presence, "lunch", "back at 13:00"))
    alone = ExtensionState(device, NOT_SET)
    assert status_of(state, DEVICES) is status_of(alone, DEVICES)
    assert note_of(state, DEVICES) == note_of(alone, DEVICES) == status_of(alone, DEVICES).value


@pytest.mark.parametrize(
    ("presence", "status", "note"),
    [
        (NOT_SET, Status.IDLE, "Ready"),
        (said("available"), Status.IDLE, "Available"),
        (said("chat", "", "about lamps"), Status.IDLE, "Chat: about lamps"),
        (said("away", "lunch", "back at 13:00"), Status.AWAY, "Away - lunch: back at 13:00"),
        (said("xa", "holiday"), Status.AWAY, "Extended away - holiday"),
        (said("dnd"), Status.BUSY, "Do not disturb"),
        (said("dnd", "<a>", "&"), Status.BUSY, "Do not disturb - &lt;a&gt;: &amp;"),
        (said("unavailable"), Status.OFFLINE, "Unavailable"),
    ],
)
def test_a_person_shows_while_the_line_is_idle(presence, status, note):
    for device in (IDLE, DeviceState.UNKNOWN):
        state = ExtensionState(device, presence)
        assert status_of(state, PERSONAL) is status
        assert note_of(state, PERSONAL) == note


@pytest.mark.parametrize(
    "device", [state for state in DeviceState if state not in (IDLE, DeviceState.UNKNOWN)]
)
@pytest.mark.parametrize("presence", ["not_set", "available", "away", "xa", "chat", "dnd"])
def test_a_device_that_does_anything_wins(device, presence):
    state = ExtensionState(device, said(presence, "lunch", "back at 13:00"))
    assert status_of(state, PERSONAL) is status_of(state, DEVICES)
    assert note_of(state, PERSONAL) == note_of(state, DEVICES)


def test_who_cannot_be_reached_may_say_why():
    state = ExtensionState(OFFLINE, said("unavailable", "holiday", "until Monday"))
    assert status_of(state, PERSONAL) is Status.OFFLINE
    assert note_of(state, PERSONAL) == "Unavailable - holiday: until Monday"
    assert note_of(ExtensionState(RINGING, state.presence), PERSONAL) == "Ringing"


@pytest.mark.requirement("B7")
def test_the_texts_keep_to_their_room():
    state = ExtensionState(IDLE, said("away", "lunch", "back at 13:00"))
    assert note_of(state, PERSONAL._replace(room=9)) == "Away - lunch: back"
    assert note_of(state, PERSONAL._replace(room=0)) == "Away"


@pytest.mark.parametrize(
    ("device", "subject", "status", "note"),
    [
        (IDLE, DEVICES, Status.ON_THE_PHONE, "On the phone"),
        # A document that can say why does so.
        (IDLE, PERSONAL, Status.ON_THE_PHONE, "Do not disturb - lunch"),
        # A phone that reads presence sees it there.
        (IDLE, DEVICES._replace(supplements=(lambda _state, _room: "",)), Status.IDLE, "Ready"),
        (OFFLINE, DEVICES, Status.ON_THE_PHONE, "On the phone"),
        (DeviceState.ONHOLD, PERSONAL, Status.ON_THE_PHONE, "On the phone"),
        (RINGING, PERSONAL, Status.RINGING, "Ringing"),
    ],
)
def test_do_not_disturb_can_light_the_lamp(device, subject, status, note):
    state = ExtensionState(device, said("dnd", "lunch"), dnd_is_busy=True)
    assert status_of(state, subject) is status
    assert note_of(state, subject) == note
    for other in PresenceState:
        if other is not PresenceState.DND:
            lit, unlit = (ExtensionState(device, Presence(other), option) for option in (True, False))
            assert status_of(lit, subject) is status_of(unlit, subject)
            assert note_of(lit, subject) == note_of(unlit, subject)
