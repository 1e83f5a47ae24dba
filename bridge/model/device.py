"""Device states, and how several devices become one state: Asterisk's table, measured on Asterisk 20.

The measurement covers every ordered pair and triple; the tests hold all of it.
"""

from collections.abc import Iterable
from enum import Enum
from typing import Final, Self

from bridge.model.vocabulary import Vocabulary


class DeviceState(Enum):
    """What a device does. The value is Asterisk's word; `rank` decides which of several states shows."""

    _value_: str
    rank: int

    def __new__(cls, word: str, rank: int) -> Self:
        """Give the member its rank beside its value."""
        member = object.__new__(cls)
        member._value_ = word
        member.rank = rank
        return member

    UNKNOWN = "UNKNOWN", 1
    NOT_INUSE = "NOT_INUSE", 3
    INUSE = "INUSE", 6
    BUSY = "BUSY", 7
    INVALID = "INVALID", 0
    UNAVAILABLE = "UNAVAILABLE", 2
    RINGING = "RINGING", 5
    RINGINUSE = "RINGINUSE", 8
    ONHOLD = "ONHOLD", 4


_STATES: Final = Vocabulary("device state", DeviceState)
_IN_USE: Final = (DeviceState.INUSE, DeviceState.BUSY, DeviceState.ONHOLD)


def parse_device_state(text: str) -> DeviceState:
    """Return the state that `text` names, in any case; ValueError says which names there are."""
    return _STATES.parse(text)


def aggregate(states: Iterable[DeviceState]) -> DeviceState:
    """Return the one state of several devices, whatever their order; INVALID when there are none.

    A device that rings beside one that is in use makes RINGINUSE; else the highest rank shows.
    """
    highest = DeviceState.INVALID
    ringing = in_use = False
    for state in states:
        if state.rank > highest.rank:
            highest = state
        if state is DeviceState.RINGING:
            ringing = True
        elif state in _IN_USE:
            in_use = True
    return DeviceState.RINGINUSE if ringing and in_use else highest
