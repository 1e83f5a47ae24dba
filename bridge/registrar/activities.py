"""What people do (RFC 4480 section 3.2), as Asterisk's presence states."""

from collections.abc import Mapping
from typing import Final, NamedTuple

from bridge.model.presence import PresenceState


class Activity(NamedTuple):
    """`words` go into the subtype: what is done, where the state alone does not say it."""

    state: PresenceState
    words: str


def activity(name: str, text: str = "") -> Activity | None:
    """The activity of that name (`on-the-phone`); None for one that says nothing.

    `text` is the content of the element: what `other` means, and what unknown ones may explain.
    """
    name = name.lower()
    if name in _SAYS_NOTHING:
        return None
    if name in _WORDLESS:
        return Activity(STATES[name], "")
    words = name.replace("-", " ")
    if name in STATES:
        return Activity(STATES[name], words)
    text = " ".join(text.split())
    return Activity(PresenceState.AVAILABLE, text or ("" if name == "other" else words))


# Someone who must not be disturbed, someone who will be back, someone who will not be back soon. On
# the phone is no state of a person: the lamp shows it from the device.
STATES: Final[Mapping[str, PresenceState]] = {
    **dict.fromkeys(
        ("appointment", "busy", "meeting", "performance", "presentation", "steering", "worship"),
        PresenceState.DND,
    ),
    **dict.fromkeys(
        (
            *("away", "breakfast", "dinner", "in-transit", "lunch", "meal", "playing", "shopping"),
            *("spectator", "tv"),
        ),
        PresenceState.AWAY,
    ),
    **dict.fromkeys(("holiday", "permanent-absence", "sleeping", "travel", "vacation"), PresenceState.XA),
    **dict.fromkeys(("looking-for-work", "on-the-phone", "working"), PresenceState.AVAILABLE),
}
# The last row: what the basic status has said already.
_SAYS_NOTHING: Final = frozenset(
    [
        *("", "note", "unknown"),
        *("available", "closed", "offline", "online", "open"),
    ]
)
_WORDLESS: Final = frozenset({"away", "busy"})
