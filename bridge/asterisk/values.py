"""What Asterisk can hold of a presence, and the line that makes it hold that.

Measured on Asterisk 20.20: no quoting exists in `PRESENCE_STATE(...)=state,subtype,message`, so that a
comma or a control character needs option `e` (base64); what was written so is cut to 255 octets; and a
line of the manager interface has at most 1,024.
"""

import re
from base64 import b64decode
from typing import Final

from bridge.model.device import DeviceState, parse_device_state
from bridge.model.presence import Presence, format_presence, parse_presence_state

PROVIDER: Final = "CustomPresence:"
DEVICE: Final = "Custom:"

# Octets of a text: what option `e` leaves of one; and without it, what a line has room for.
MOST_ENCODED: Final = 255
MOST_SUBTYPE: Final = 255
MOST_MESSAGE: Final = 600

# Octets of a name: with the rest of its line and of its key in the database it must fit (manager.c, db.c).
MOST_NAME: Final = 200

# As in `bridge.model.presence`: what makes base64 needed.
_ENCODED: Final = re.compile("[,\x00-\x1f\x7f-\x9f\u2028\u2029]")

# An empty line ends a message: with one in a text, whoever may set a presence could write whole
# messages to all who listen to the manager interface (`PresenceStatus` is not escaped).
_LINE_BREAKS: Final = re.compile(r"[\r\n]+")

# What separates and quotes arguments of a function, and joins providers: such names cannot be asked for.
_NOT_IN_NAME: Final = re.compile(r'[\x00-\x1f\x7f,&"\\|(){}\[\]]')


def can_be_named(name: str) -> bool:
    """Whether `CustomPresence:<name>` or `Custom:<name>` can be written and asked for, and means what it says."""
    return bool(name.strip()) and not _NOT_IN_NAME.search(name) and len(name.encode()) <= MOST_NAME


def held(presence: Presence) -> Presence:
    """What Asterisk holds when it was told this: two presences are the same there if this is equal for both."""
    subtype, message = map(_spoken, (presence.subtype, presence.message))
    if _ENCODED.search(subtype) or _ENCODED.search(message):
        return Presence(presence.state, _cut(subtype, MOST_ENCODED), _cut(message, MOST_ENCODED))
    return Presence(presence.state, _cut(subtype, MOST_SUBTYPE), _cut(message, MOST_MESSAGE))


def format_write(presence: Presence) -> str:
    """The value of a Setvar that makes Asterisk hold `held(presence)`; it has no line break in it."""
    return format_presence(held(presence))


def read_presence(state: str, subtype: str, message: str) -> Presence | None:
    """What Asterisk says by three Getvars, the texts in base64 as it was asked to; None if it does not know."""
    try:
        return Presence(parse_presence_state(state), _decoded(subtype), _decoded(message))
    except ValueError:
        return None


def read_device(text: str) -> DeviceState | None:
    """A device state as Asterisk names it; None for what is none."""
    try:
        return parse_device_state(text)
    except ValueError:
        return None


def can_be_written(state: DeviceState) -> bool:
    """Whether `DEVICE_STATE(Custom:x)=` takes this: UNKNOWN, which is what was never written, is refused."""
    return state is not DeviceState.UNKNOWN


def _spoken(text: str) -> str:
    return _LINE_BREAKS.sub("\n", text)


def _cut(text: str, most: int) -> str:
    """The longest beginning of so many octets that ends with a whole character."""
    octets = text.encode()
    return text if len(octets) <= most else octets[:most].decode("utf-8", "ignore")


def _decoded(text: str) -> str:
    # An answer to Getvar holds 1,023 octets; what is longer ends within a group of four.
    return b64decode(text[: len(text) // 4 * 4]).decode("utf-8", "replace").replace("\0", "")
