"""Whom a body speaks about, and what may be added to it."""

from collections.abc import Callable
from typing import Final, NamedTuple

from bridge.model.hint import ExtensionState

# Where a format wants the number of the NOTIFY within its subscription; no text can hold it.
VERSION: Final = b"\0"

# XML of elements to add, indented for their place, or "" for none.
Supplement = Callable[[ExtensionState], str]


class Subject(NamedTuple):
    """The watched extension, under the URI that the watcher wrote: clients match what they asked for."""

    extension: str
    uri: str
    supplements: tuple[Supplement, ...] = ()
