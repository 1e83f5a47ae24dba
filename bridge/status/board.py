"""What has happened lately: since when an extension shows what it shows, what has changed, the last events.

Written on the engine's thread, and read in the one of the HTTP server. What is written costs a few
appends and look-ups for each change; words are made of it when somebody looks.
"""

from collections import deque
from collections.abc import Callable, Mapping
from typing import Any, Final

from bridge.effects import Observation, PresenceChanged
from bridge.model.facts import Change
from bridge.model.hint import ExtensionState
from bridge.model.state import HintsReplaced, State
from bridge.topics.events import EVENTS, describe_event
from bridge.walltime import format_utc

# Events that are shown.
MOST_EVENTS: Final = 50

# Changes between two looks that are told one by one; of more, all is looked at anew.
_MOST_CHANGES: Final = 4096


class Board:
    """A `Service`. `synchronised` tells whether the broker's state is known: before, changes are no events.

    `configurations` counts the reloads: after each, everything may be another.
    """

    def __init__(
        self, state: State, synchronised: Callable[[], bool], wall: Callable[[float], float]
    ) -> None:
        self._state = state
        self._synchronised = synchronised
        self._wall = wall
        self._shown: dict[str, ExtensionState] = {}
        self._since: dict[str, float] = {}
        self._changed: deque[str] = deque(maxlen=_MOST_CHANGES)
        self._events: deque[tuple[int, float, Observation]] = deque(maxlen=MOST_EVENTS)
        self._count = 0
        self.configurations = 0

    # --- what is written -------------------------------------------------------------------------

    @property
    def kinds(self) -> Mapping[type, Callable[[Any, float], None]]:
        """What takes each kind of observation."""
        return dict.fromkeys(EVENTS, self.observe)

    def changed(self, change: Change, now: float) -> None:
        """Note the extensions that show something else now; since when, only if it has not been so for longer."""
        for hint in self._state.hints_of(change.key):
            extension = hint.extension
            shown = self._state.extension_state(extension)
            if shown == self._shown.get(extension):
                continue
            self._shown[extension] = shown
            if change.since is None:
                self._since.pop(extension, None)
            else:
                self._since[extension] = now
            self._changed.append(extension)

    def replaced(self, hints: HintsReplaced, now: float) -> None:
        """There is another configuration: note what shows something else, and forget what is gone."""
        for extension in hints.removed:
            self._shown.pop(extension, None)
            self._since.pop(extension, None)
        for extension in hints.changed:
            shown = self._state.extension_state(extension)
            if shown != self._shown.get(extension, shown):
                self._since[extension] = now
            self._shown[extension] = shown
        self.configurations += 1

    def observe(self, observation: Observation, now: float) -> None:
        """Keep what happens."""
        if not isinstance(observation, PresenceChanged) or self._synchronised():
            self._count += 1
            self._events.append((self._count, now, observation))

    # --- what is read, in any thread -------------------------------------------------------------

    def since(self, extension: str) -> str | None:
        """Since when an extension shows what it shows, ISO 8601; None where that was before we came."""
        at = self._since.get(extension)
        return None if at is None else format_utc(self._wall(at))

    def take_changes(self) -> frozenset[str] | None:
        """The extensions that have changed since the last time; None if they are too many to be told."""
        changed: set[str] = set()
        is_full = len(self._changed) == _MOST_CHANGES
        while True:
            try:
                changed.add(self._changed.popleft())
            except IndexError:
                return None if is_full else frozenset(changed)

    def events(self, after: int = 0) -> list[Mapping[str, object]]:
        """Those with a larger number than `after`, the oldest first: each as on `<base>/bridge/event`, and its number."""
        return [
            {"number": number, "at": format_utc(self._wall(at)), **document}
            for number, at, observation in tuple(self._events)
            if number > after and (document := describe_event(observation)) is not None
        ]
