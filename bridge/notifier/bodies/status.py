"""What an extension amounts to in one word: documents have room for one status, one activity, one note.

Devices come first. What a person says can show only while the line is idle: a lamp is watched to
know whether a call would be answered, and clients differ in which of two activities they show
(linphone the last one, baresip any that it knows).
"""

from collections.abc import Mapping
from enum import Enum
from typing import Final

from bridge.model.device import DeviceState
from bridge.model.hint import ExtensionState
from bridge.model.presence import Presence, PresenceState
from bridge.notifier.bodies.subject import Subject
from bridge.notifier.bodies.texts import texts


class Status(Enum):
    """The value is Asterisk's note for it. Phones tell ringing and on hold from on the phone by it alone."""

    IDLE = "Ready"
    ON_THE_PHONE = "On the phone"
    RINGING = "Ringing"
    ON_HOLD = "On hold"
    OFFLINE = "Unavailable"
    AWAY = "Away"
    BUSY = "Do not disturb"


# Those of a line in use.
IN_USE: Final = frozenset((Status.ON_THE_PHONE, Status.RINGING, Status.ON_HOLD))

_OF_DEVICE: Final[Mapping[DeviceState, Status]] = {
    DeviceState.UNKNOWN: Status.IDLE,
    DeviceState.NOT_INUSE: Status.IDLE,
    DeviceState.INUSE: Status.ON_THE_PHONE,
    DeviceState.BUSY: Status.ON_THE_PHONE,
    DeviceState.INVALID: Status.OFFLINE,
    DeviceState.UNAVAILABLE: Status.OFFLINE,
    DeviceState.RINGING: Status.RINGING,
    DeviceState.RINGINUSE: Status.RINGING,
    DeviceState.ONHOLD: Status.ON_HOLD,
}

# RPID has no word for available or chat; nobody needs one to be seen as ready.
_OF_PERSON: Final[Mapping[PresenceState, Status]] = {
    PresenceState.NOT_SET: Status.IDLE,
    PresenceState.UNAVAILABLE: Status.OFFLINE,
    PresenceState.AVAILABLE: Status.IDLE,
    PresenceState.AWAY: Status.AWAY,
    PresenceState.XA: Status.AWAY,
    PresenceState.CHAT: Status.IDLE,
    PresenceState.DND: Status.BUSY,
}

# The words of a Digium phone's own menu.
_SAID: Final[Mapping[PresenceState, str]] = {
    PresenceState.NOT_SET: Status.IDLE.value,
    PresenceState.UNAVAILABLE: Status.OFFLINE.value,
    PresenceState.AVAILABLE: "Available",
    PresenceState.AWAY: Status.AWAY.value,
    PresenceState.XA: "Extended away",
    PresenceState.CHAT: "Chat",
    PresenceState.DND: Status.BUSY.value,
}


def status_of(state: ExtensionState, subject: Subject) -> Status:
    """The one status to show."""
    lamp = _lamp(state, subject)
    if _is_heard(state, subject, lamp):
        return _OF_PERSON[state.presence.state]
    return _OF_DEVICE[lamp]


def note_of(state: ExtensionState, subject: Subject) -> str:
    """The note beside it, escaped; a person's as `Away - lunch: back at 13:00`.

    Where "do not disturb" has lit the lamp of an idle line, the note says why.
    """
    if _is_heard(state, subject, state.device):
        return _said(state.presence, subject.room)
    return _OF_DEVICE[_lamp(state, subject)].value


def _lamp(state: ExtensionState, subject: Subject) -> DeviceState:
    """What is shown of the devices. A document that presence is added to is for a phone that reads it."""
    return state.lamp(reads_presence=bool(subject.supplements))


def _is_heard(state: ExtensionState, subject: Subject, device: DeviceState) -> bool:
    """Whether the person is: while the line is idle, or when both cannot be reached."""
    return subject.personal and _OF_DEVICE[device] in (Status.IDLE, _OF_PERSON[state.presence.state])


def _said(presence: Presence, room: int) -> str:
    subtype, message = texts(presence, room)
    words = _SAID[presence.state]
    if subtype:
        words += f" - {subtype}"
    return f"{words}: {message}" if message else words
