"""Whom a body speaks about, and what may be added to it."""

from collections.abc import Callable
from typing import NamedTuple

from bridge.model.hint import ExtensionState

# XML of elements to add, indented for their place, or "" for none.
Supplement = Callable[[ExtensionState], str]


class Subject(NamedTuple):
    """The watched extension, under the URI that the watcher wrote: clients match what they asked for."""

    extension: str
    uri: str
    supplements: tuple[Supplement, ...] = ()
