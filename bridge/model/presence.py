"""Presence states and Asterisk's PRESENCE_STATE line: `state[,subtype[,message[,options]]]`.

The line is accepted and refused as Asterisk 20 does it (measured), with three differences: base64
that is not valid is refused (Asterisk makes bytes of it), so is base64 that is not UTF-8 text
(Asterisk sends the bytes to phones), and decoded text is not cut to 255 bytes.
"""

import re
from base64 import b64decode, b64encode
from collections.abc import Iterable
from enum import Enum
from operator import attrgetter
from typing import Final, NamedTuple, Self

from bridge.model.vocabulary import Vocabulary
from bridge.model.words import quoted


class PresenceState(Enum):
    """A presence state.

    The value is Asterisk's word, `code` its number in Asterisk, and `rank` decides which of
    several providers shows.
    """

    _value_: str
    code: int
    rank: int

    def __new__(cls, word: str, code: int, rank: int) -> Self:
        """Give the member its number and rank beside its value."""
        member = object.__new__(cls)
        member._value_ = word
        member.code = code
        member.rank = rank
        return member

    NOT_SET = "not_set", 0, 1
    UNAVAILABLE = "unavailable", 1, 3
    AVAILABLE = "available", 2, 2
    AWAY = "away", 3, 5
    XA = "xa", 4, 6
    CHAT = "chat", 5, 4
    DND = "dnd", 6, 7


class Presence(NamedTuple):
    """What a presence provider says: a state, and two texts that may hold anything but NUL."""

    state: PresenceState
    subtype: str = ""
    message: str = ""


NOT_SET: Final = Presence(PresenceState.NOT_SET)

_STATES: Final = Vocabulary("presence state", PresenceState)
_rank = attrgetter("state.rank")

# No XML document can carry either, and a C string ends at the first.
_UNSPEAKABLE = re.compile("[\x00\ud800-\udfff]")
# A comma ends a field of the line; the rest would end or disturb the line itself.
_NEEDS_BASE64 = re.compile("[,\x00-\x1f\x7f-\x9f\u2028\u2029]")


def parse_presence_state(text: str) -> PresenceState:
    """Return the state that `text` names, in any case; ValueError says which names there are."""
    return _STATES.parse(text)


def require_text(field: str, text: str) -> str:
    """Return `text`; ValueError when it holds what no presence document can carry."""
    found = _UNSPEAKABLE.search(text)
    if found:
        raise ValueError(
            f"{field} holds the character U+{ord(found[0]):04X}, which cannot be sent to a phone"
        )
    return text


def parse_presence(text: str) -> Presence:
    """Parse `state[,subtype[,message[,options]]]`; ValueError says in words what is wrong.

    Option `e`: subtype and message are base64 of UTF-8. Blanks before the state are dropped (as
    Asterisk's manager interface does), blanks anywhere else belong to what they stand in.
    """
    word, *rest = text.lstrip(" \t").split(",", 3)
    if not word:
        raise ValueError("no presence state given: write state[,subtype[,message[,options]]]")
    state = parse_presence_state(word)
    subtype, message, options = (*rest, "", "", "")[:3]
    if options:
        _require_base64_option(options)
        subtype, message = _decoded("subtype", subtype), _decoded("message", message)
    return Presence(state, require_text("subtype", subtype), require_text("message", message))


def format_presence(presence: Presence) -> str:
    """Return the shortest line that `parse_presence` reads back to the same value; base64 when needed."""
    word, subtype, message = presence.state.value, presence.subtype, presence.message
    if _NEEDS_BASE64.search(subtype) or _NEEDS_BASE64.search(message):
        return f"{word},{_encoded(subtype)},{_encoded(message)},e"
    if message:
        return f"{word},{subtype},{message}"
    return f"{word},{subtype}" if subtype else word


def strongest(presences: Iterable[Presence]) -> Presence:
    """Return the presence of the highest rank, the first of equal ones; NOT_SET when there are none."""
    return max(presences, key=_rank, default=NOT_SET)


def _require_base64_option(options: str) -> None:
    # Asterisk asks no more than that the letter occurs somewhere in what follows the third comma.
    if "e" not in options:
        raise ValueError(
            f"invalid options {quoted(options)}: the only one is e (subtype and message in base64); "
            "a text that holds a comma must be written in base64, or as JSON",
        )


def _decoded(field: str, text: str) -> str:
    try:
        return b64decode(text, validate=True).decode()
    except ValueError:
        raise ValueError(
            f"{field} {quoted(text)} is not base64 of UTF-8 text, but option e says so"
        ) from None


def _encoded(text: str) -> str:
    return b64encode(text.encode()).decode()
