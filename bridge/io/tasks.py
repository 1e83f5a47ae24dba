"""Background work: the only place that starts a task or a thread, each with a name and an owner."""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from contextlib import suppress
from functools import partial
from typing import Any, TypeVar

Result = TypeVar("Result")

# Told of a task that failed: its name, and what was raised.
Failed = Callable[[str, BaseException], None]


class Tasks:
    """The tasks of one owner. They are held, so that none is collected while it runs, and end together."""

    def __init__(self, failed: Failed) -> None:
        self._failed = failed
        self._running: set[asyncio.Task[None]] = set()

    def start(self, name: str, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Run `work` on the running loop. An exception that it raises is told, never lost."""
        task = asyncio.get_running_loop().create_task(work, name=name)
        self._running.add(task)
        task.add_done_callback(self._ended)
        return task

    async def stop(self) -> None:
        """Cancel what still runs, and wait until all of it has ended; not to be called by one of the tasks."""
        running = tuple(self._running)
        for task in running:
            task.cancel()
        # A task's own failure goes to `failed`.
        await asyncio.gather(*running, return_exceptions=True)

    def __len__(self) -> int:
        return len(self._running)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self._failed(task.get_name(), error)


async def call_in_thread(name: str, function: Callable[[], Result]) -> Result:
    """Call a blocking `function` in a thread that nothing waits for; its result, or what it raised.

    The threads of an executor are joined when the process ends: a name server that does not answer
    would hold up a stop for as long as the resolver tries. A cancelled caller leaves the thread to
    itself.
    """
    loop = asyncio.get_running_loop()
    future: asyncio.Future[Result] = loop.create_future()

    def deliver(settle: Callable[[], None]) -> None:
        if not future.cancelled():
            settle()

    def work() -> None:
        settle: Callable[[], None]
        try:
            settle = partial(future.set_result, function())
        except Exception as error:  # noqa: BLE001 - whatever it is, it is the caller's
            settle = partial(future.set_exception, error)
        with suppress(RuntimeError):  # the loop was closed meanwhile: nobody waits any more
            loop.call_soon_threadsafe(deliver, settle)

    threading.Thread(target=work, name=name, daemon=True).start()
    return await future
