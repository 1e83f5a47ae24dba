"""The way of an effect: out to the shells, and then to those inside who listen for its kind."""

from collections.abc import Callable, Mapping
from typing import Any

from bridge.effects import Effect, Emit

Listener = Callable[[Any, float], None]


class Emission:
    """`emit` is what parts are given. `now` tells the time of the event that is being handled."""

    def __init__(self, outside: Emit, now: Callable[[], float]) -> None:
        self._outside = outside
        self._now = now
        self._listeners: dict[type, tuple[Listener, ...]] = {}

    def listen(self, listeners: Mapping[type, Listener]) -> None:
        """Call these, each for its kind of effect, after those that listen already."""
        for kind, listener in listeners.items():
            self._listeners[kind] = (*self._listeners.get(kind, ()), listener)

    def emit(self, effect: Effect) -> None:
        """Let it out, and tell who listens."""
        self._outside(effect)
        for listener in self._listeners.get(type(effect), ()):
            listener(effect, self._now())
