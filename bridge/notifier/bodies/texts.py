"""The two texts of a person's presence, as bodies carry them: escaped, and bounded."""

from typing import Final, NamedTuple

from bridge.model.presence import Presence
from bridge.notifier.bodies.xml import escape

# Octets of each text after escaping, as Asterisk's buffer: both at their limit still leave a common
# document below the 4,000 octets that PJSIP phones can take in one datagram.
TEXT_LIMIT: Final = 1023

# Octets of both, where nothing else bounds them.
ROOM: Final = 2 * TEXT_LIMIT


class Texts(NamedTuple):
    """Ready for an element or a quoted attribute."""

    subtype: str
    message: str


def texts(presence: Presence, room: int) -> Texts:
    """Both texts in `room` octets: the message gives way first. Cuts are made between characters."""
    subtype = escape(presence.subtype, min(TEXT_LIMIT, room))
    left = room - len(subtype.encode())
    return Texts(subtype, escape(presence.message, min(TEXT_LIMIT, left)))
