"""Who is handed which observation: looked up once for each kind, since some are made 30,000 times a second."""

from collections.abc import Callable
from typing import Any, Protocol

from bridge.effects import Observation

Observe = Callable[[Any], None]


class Chooser(Protocol):
    """An observer that wants some kinds."""

    def handler(self, kind: type) -> Observe | None:
        """What takes observations of this kind; None where they are passed over."""
        ...


class Distribution:
    """`choosers` come before those that are added, who are handed everything."""

    def __init__(self, *choosers: Chooser) -> None:
        self._choosers = choosers
        self._others: tuple[Observe, ...] = ()
        self._handlers: dict[type, tuple[Observe, ...]] = {}

    def add(self, observe: Observe) -> None:
        """Hand everything to this one too."""
        self._others = (*self._others, observe)
        self._handlers.clear()

    def observe(self, seen: Observation) -> None:
        """Hand it on."""
        kind = type(seen)
        handlers = self._handlers.get(kind)
        if handlers is None:
            handlers = self._handlers[kind] = self._of(kind)
        for handler in handlers:
            handler(seen)

    def _of(self, kind: type) -> tuple[Observe, ...]:
        chosen = (chooser.handler(kind) for chooser in self._choosers)
        return (*(handler for handler in chosen if handler is not None), *self._others)
