"""Questions of other threads to the engine, answered on its own thread between two events."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

from bridge.events import Asked, Feed

T = TypeVar("T")


class Questions:
    """Asked from `open` on, which is called on the engine's running loop."""

    def __init__(self, feed: Feed) -> None:
        self._feed = feed
        self._loop: asyncio.AbstractEventLoop | None = None

    def open(self) -> None:
        """Take questions."""
        self._loop = asyncio.get_running_loop()

    def ask(self, question: Callable[[float], T]) -> Future[T]:
        """Call `question` with the time on the engine's thread. The future has what it returns, or raises.

        RuntimeError when the loop runs no more.
        """
        if self._loop is None:
            raise RuntimeError("nobody answers questions yet")
        future: Future[T] = Future()

        def answer(now: float) -> None:
            if not future.set_running_or_notify_cancel():
                return
            try:
                future.set_result(question(now))
            except Exception as error:  # noqa: BLE001 - whoever has asked is told
                future.set_exception(error)

        self._loop.call_soon_threadsafe(self._feed, Asked(answer))
        return future
