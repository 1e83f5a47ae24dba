"""The store's thread: commits together whatever waits, and keeps trying when the disk does not.

One thread writes, so that a sync never holds up the loop. Each commit takes all that has come while
the one before it was being written: the slower the disk, the more rows share a sync. The loop hands
over once in a round, since each time a thread wakes up costs the other more than a row does.
"""

import asyncio
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Final

from bridge.effects import Rewrite
from bridge.events import Event, Remembered, StoreLost, StoreReturned
from bridge.io.backoff import Backoff
from bridge.io.store.batch import Batch, Command
from bridge.io.store.database import Database, is_corrupt, move_aside
from bridge.io.store.lock import FileLock, StoreInUse
from bridge.io.store.trouble import TROUBLES, Trouble, words
from bridge.io.tasks import call_in_thread

# By table and key.
Content = Mapping[str, Mapping[str, str]]

# Commands that wait while the disk hangs, about 1 kB each: more than it takes to tell everything again.
# Then nothing more is taken, until everything is told again.
_MOST_WAITING: Final = 250_000

# Seconds for the last commit when the bridge stops.
_LAST_COMMIT: Final = 5.0


class Store:
    """`put` takes what the engine emits; `feed` gets what becomes of it, on the loop; `warn` gets words."""

    def __init__(
        self,
        path: Path,
        feed: Callable[[Event], None],
        warn: Callable[[str], None],
        backoff: Backoff | None = None,
        most_waiting: int = _MOST_WAITING,
    ) -> None:
        self.path = path
        self._feed = feed
        self._warn = warn
        self._backoff = backoff or Backoff(first=1.0, last=60.0)
        self._most_waiting = most_waiting
        self._lock = FileLock(path.with_name(f"{path.name}.lock"))
        self._database: Database | None = None
        self._first_trouble: Trouble | None = None
        self._was_read = False
        self._round: list[Command] = []
        self._queue: SimpleQueue[list[Command] | None] = SimpleQueue()
        # Counted apart, for each has one thread that writes it.
        self._given = self._taken = 0
        self._is_taking = True
        self._is_too_slow = False
        self._stopping = threading.Event()
        self._ended = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._batch = Batch()

    @property
    def is_alive(self) -> bool:
        """Whether somebody writes, or waits for the disk: a disk that hangs is no mistake of ours."""
        return not self._ended.is_set()

    # --- on the loop -----------------------------------------------------------------------------

    def open(self) -> Content:
        """Open the file, and give what is in it: nothing if it cannot be opened now. Raise StoreInUse."""
        try:
            self._database = self._opened()
            content = self._database.read()
        except StoreInUse:
            raise
        except TROUBLES as error:
            self._first_trouble = error
            return {}
        self._was_read = True
        return content

    async def run(self) -> None:
        """Write, until `stop` is called."""
        self._loop = asyncio.get_running_loop()
        self._hand_over()
        try:
            await call_in_thread("store", self._work)
        except Exception as error:
            # A mistake of ours. Nobody is to wait for what nobody writes.
            self._is_taking = False
            self._feed(StoreLost(repr(error)))
            raise
        finally:
            self._ended.set()

    def put(self, command: Command) -> None:
        """Write this when its turn comes."""
        if isinstance(command, Rewrite) and command.begins:
            self._is_taking = True
        if not self._is_taking:
            return
        if not self._round and self._loop is not None:
            self._loop.call_soon(self._hand_over)
        self._round.append(command)

    def _hand_over(self) -> None:
        """Give the thread what has come in this round of the loop."""
        commands, self._round = self._round, []
        if self._given - self._taken >= self._most_waiting:
            self._is_taking = False
            self._is_too_slow = True
        elif commands:
            self._given += len(commands)
            self._queue.put(commands)

    async def stop(self) -> None:
        """Write what waits, and close the file; a disk that hangs is not waited for."""
        # A run that was asked for begins, if it has not yet.
        await asyncio.sleep(0)
        self._hand_over()
        self._stopping.set()
        self._queue.put(None)
        if self._loop is not None:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._ended.wait(), _LAST_COMMIT)
        elif self._database is not None:
            self._database.close()
        self._lock.release()

    # --- in the thread ---------------------------------------------------------------------------

    def _work(self) -> None:
        if self._first_trouble is not None:
            self._lose(self._first_trouble)
            self._recover()
        goes_on = True
        while goes_on:
            goes_on = self._gather()
            if self._is_too_slow:
                self._is_too_slow = False
                self._lose(TimeoutError("the disk is too slow"))
                self._recover()
            elif self._batch.is_ready:
                self._commit()
        if self._database is not None:
            self._database.close()

    def _gather(self) -> bool:
        """Wait for commands, and take all that wait with them; false if there will be no more."""
        commands = self._queue.get()
        with suppress(Empty):
            while commands is not None:
                self._taken += len(commands)
                for command in commands:
                    self._batch.add(command)
                commands = self._queue.get_nowait()
            return False
        return True

    def _commit(self) -> None:
        began_at = time.monotonic()
        try:
            if self._database is None or not self._database.is_in_place:
                raise FileNotFoundError("the file was removed")
            self._database.write(self._batch.changes, anew=self._batch.is_whole)
        except TROUBLES as error:
            self._lose(error)
            self._recover()
        else:
            self._backoff.reset()
            self._tell(Remembered(self._batch.number, time.monotonic() - began_at))
            self._batch.committed()

    def _lose(self, error: Trouble) -> None:
        """Give the file up, and say so; what was to be written is told again later."""
        self._is_taking = False
        self._batch.spoilt()
        if self._database is not None:
            with suppress(*TROUBLES):
                self._database.close()
            self._database = None
        if is_corrupt(error):
            with suppress(*TROUBLES):
                self._set_aside(error)
        self._tell(StoreLost(words(error)))

    def _recover(self) -> None:
        """Come back with an open file, or when the bridge stops."""
        while not self._stopping.wait(self._backoff.pause()):
            try:
                self._database = self._opened()
                unread = {} if self._was_read else self._database.read()
            except TROUBLES as error:
                self._tell(StoreLost(words(error)))
            else:
                self._was_read = True
                self._tell(StoreReturned(unread))
                return

    def _opened(self) -> Database:
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._lock.take()
        try:
            return Database(self.path)
        except TROUBLES as error:
            if not is_corrupt(error):
                raise
            self._set_aside(error)
        return Database(self.path)

    def _set_aside(self, error: Trouble) -> None:
        aside = move_aside(self.path)
        self._warn(f"the store was damaged ({error}): it is kept as {aside}, and a new one is begun")

    def _tell(self, event: Event) -> None:
        if self._loop is not None:
            # A loop that is closed has nobody left to tell.
            with suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._feed, event)
