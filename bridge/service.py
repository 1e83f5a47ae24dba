"""What a part of the engine may use (`Context`), and what the engine calls on it (`Service`)."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from bridge.effects import Emit
from bridge.model.facts import Change
from bridge.model.state import State
from bridge.timers import Timers


@dataclass(frozen=True, slots=True)
class Context:
    """The same for every part: what is known, when to be called again, where effects go.

    `token()` gives 16 fresh hexadecimal digits (64 unguessable bits) for tags and branches. `wall(now)`
    gives the Unix seconds of a monotonic second; clocks are set, so the answer for one may change.
    """

    state: State
    timers: Timers
    emit: Emit
    token: Callable[[], str]
    wall: Callable[[float], float]


class Service(Protocol):
    """A part that is told of every change."""

    def changed(self, change: Change, now: float) -> None:
        """A fact has a new value; the state holds it already."""
        ...
