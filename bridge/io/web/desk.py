"""Where routes ask: documents that are put together here, and those that the engine's thread must answer."""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import Protocol, TypeVar

from bridge.io.web.problem import Problem
from bridge.status.board import Board
from bridge.status.status import Document, Status

# Seconds that the engine has to answer: it needs a millisecond.
_PATIENCE = 3.0

# Seconds for which the status is what it was: many pages ask for the same.
_FRESH = 0.5

T = TypeVar("T")


class Ask(Protocol):
    """Have a question answered on the engine's thread (`Questions.ask`)."""

    def __call__(self, question: Callable[[float], T], /) -> Future[T]:
        """Return the future answer; RuntimeError when nobody answers any more."""
        ...


class Desk:
    """For one event loop: that of the HTTP server."""

    def __init__(self, status: Status, ask: Ask) -> None:
        self.status = status
        self._ask = ask
        self._last: tuple[float, Document] | None = None

    @property
    def board(self) -> Board:
        """What has happened lately."""
        return self.status.board

    async def ask(self, question: Callable[[float], T]) -> T:
        """The engine's answer. Problem (503) when there is none in time."""
        try:
            async with asyncio.timeout(_PATIENCE):
                return await asyncio.wrap_future(self._ask(question))
        except (TimeoutError, RuntimeError):
            raise Problem(503, "the bridge does not answer", {"Retry-After": "5"}) from None

    async def bridge(self) -> Document:
        """The status of the bridge, at most half a second old."""
        if self._last is None or time.monotonic() - self._last[0] > _FRESH:
            self._last = time.monotonic(), await self.ask(self.status.status)
        return self._last[1]

    async def details(self, extension: str) -> Document | None:
        """An extension with all that is known of it; None where there is none."""
        details = self.status.details(extension, time.monotonic())
        if details is None:
            return None
        return {**details, "rules": await self.ask(lambda now: self.status.rules(extension, now))}
