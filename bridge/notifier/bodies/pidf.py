"""`application/pidf+xml` (RFC 3863, 4479, 4480) in the layout of Asterisk's res_pjsip.

One blank per level and ` />`, as there: simple clients match the text. Unlike there, the contact
is the subscribed URI, as the entity is (decision 12). The schemas want another order and other
identifiers: see `rpid.py`.
"""

from collections.abc import Mapping
from typing import Final

from bridge.model.hint import ExtensionState
from bridge.notifier.bodies.status import IN_USE, Status, note_of, status_of
from bridge.notifier.bodies.subject import Subject
from bridge.notifier.bodies.xml import escape
from bridge.pidf import CONTENT_TYPE

# What simple clients look for; RPID has no word for a phone that rings, and none for one on hold.
ACTIVITIES: Final[Mapping[Status, str]] = {
    **dict.fromkeys(IN_USE, "on-the-phone"),
    Status.AWAY: "away",
    Status.BUSY: "busy",
}

HEAD: Final = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<presence entity="{uri}" xmlns="urn:ietf:params:xml:ns:pidf"'
    ' xmlns:dm="urn:ietf:params:xml:ns:pidf:data-model"'
    ' xmlns:rpid="urn:ietf:params:xml:ns:pidf:rpid">\n'
)
TUPLE: Final = (
    ' <tuple id="{id}">\n'
    "  <status>\n"
    "   <basic>{basic}</basic>\n"
    "  </status>\n"
    '  <contact priority="1">{uri}</contact>\n'
    " </tuple>\n"
)


class Pidf:
    """The document that Digium phones are told presence with."""

    content_type = CONTENT_TYPE

    def format(self, state: ExtensionState, subject: Subject) -> bytes:
        """Render note, tuple, supplements and person, in the order of res_pjsip."""
        uri, status = escape(subject.uri), status_of(state, subject)
        parts = (
            HEAD.format(uri=uri),
            f" <note>{note_of(state, subject)}</note>\n",
            TUPLE.format(id=escape(subject.extension), basic=basic(status), uri=uri),
            *(supplement(state, subject.room) for supplement in subject.supplements),
            person(status),
            "</presence>\n",
        )
        return "".join(parts).encode()


def basic(status: Status) -> str:
    """RFC 3863 section 4.1.4: whether a message would be taken."""
    return "closed" if status is Status.OFFLINE else "open"


def person(status: Status, attributes: str = "") -> str:
    """The person of RFC 4479 section 3.2, with one activity or none; `attributes` begin with a blank."""
    activity = ACTIVITIES.get(status)
    if activity is None:
        return f" <dm:person{attributes} />\n"
    return (
        f" <dm:person{attributes}>\n"
        f"  <rpid:activities>\n   <rpid:{activity} />\n  </rpid:activities>\n"
        " </dm:person>\n"
    )
