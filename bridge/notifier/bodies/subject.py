"""Whom a body speaks about, and what the phone that it goes to reads of it."""

from collections.abc import Callable
from typing import Final, NamedTuple

from bridge.model.hint import ExtensionState
from bridge.notifier.bodies.texts import ROOM

# Where a format wants the number of the NOTIFY within its subscription; no text can hold it.
VERSION: Final = b"\0"

# XML of elements to add, indented for their place, or "" for none; `room` as in Subject.
Supplement = Callable[[ExtensionState, int], str]


class Subject(NamedTuple):
    """The watched extension, under the URI that the watcher wrote: clients match what they asked for.

    The rest is what its profile makes of a body. `personal`: what a person says shows in status,
    activity and note while the line is idle; else those are of the devices alone. `room` is how many
    octets the person's texts may take once they are escaped.
    """

    extension: str
    uri: str
    supplements: tuple[Supplement, ...] = ()
    personal: bool = False
    room: int = ROOM
