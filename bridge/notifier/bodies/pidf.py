"""`application/pidf+xml` (RFC 3863, 4479, 4480) in the layout of Asterisk's res_pjsip.

One blank per level and ` />`, as there: simple clients match the text. Unlike there, the contact
is the subscribed URI, as the entity is (decision 12).
"""

from typing import Final, NamedTuple

from bridge.model.device import DeviceState
from bridge.model.hint import ExtensionState
from bridge.notifier.bodies.subject import Subject
from bridge.notifier.bodies.xml import escape

_HEAD: Final = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<presence entity="{uri}" xmlns="urn:ietf:params:xml:ns:pidf"'
    ' xmlns:dm="urn:ietf:params:xml:ns:pidf:data-model"'
    ' xmlns:rpid="urn:ietf:params:xml:ns:pidf:rpid">\n'
    " <note>{note}</note>\n"
    ' <tuple id="{extension}">\n'
    "  <status>\n"
    "   <basic>{basic}</basic>\n"
    "  </status>\n"
    '  <contact priority="1">{uri}</contact>\n'
    " </tuple>\n"
)
_IDLE_PERSON: Final = " <dm:person />\n"
_BUSY_PERSON: Final = (
    " <dm:person>\n  <rpid:activities>\n   <rpid:on-the-phone />\n  </rpid:activities>\n </dm:person>\n"
)


class _Words(NamedTuple):
    basic: str
    note: str
    on_the_phone: bool = False


# Phones tell ringing and on hold from on the phone by the note alone.
_READY: Final = _Words("open", "Ready")
_OFFLINE: Final = _Words("closed", "Unavailable")
_WORDS: Final = {
    DeviceState.UNKNOWN: _READY,
    DeviceState.NOT_INUSE: _READY,
    DeviceState.INUSE: _Words("open", "On the phone", True),
    DeviceState.BUSY: _Words("open", "On the phone", True),
    DeviceState.INVALID: _OFFLINE,
    DeviceState.UNAVAILABLE: _OFFLINE,
    DeviceState.RINGING: _Words("open", "Ringing", True),
    DeviceState.RINGINUSE: _Words("open", "Ringing", True),
    DeviceState.ONHOLD: _Words("open", "On hold", True),
}


class Pidf:
    """The document that Digium phones are told presence with."""

    content_type = "application/pidf+xml"

    def format(self, state: ExtensionState, subject: Subject) -> bytes:
        """Render note, tuple, supplements and person, in the order of res_pjsip."""
        words = _WORDS[state.device]
        head = _HEAD.format(
            uri=escape(subject.uri),
            extension=escape(subject.extension),
            note=words.note,
            basic=words.basic,
        )
        extras = "".join(supplement(state) for supplement in subject.supplements)
        person = _BUSY_PERSON if words.on_the_phone else _IDLE_PERSON
        return f"{head}{extras}{person}</presence>\n".encode()
