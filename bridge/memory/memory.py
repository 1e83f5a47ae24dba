"""Rows on their way to the store: what waits until they are safe, and what happens while there is no store.

A 2xx to SUBSCRIBE promises that the subscription lives, so it leaves when its row is on disk. No disk
may stop the bridge, though: after a second nobody waits any more, and all goes on in memory.
"""

from collections import deque
from collections.abc import Callable, Iterable
from enum import Enum, auto
from typing import Final, NamedTuple, Protocol

from bridge.effects import Emit, Remember, Rewrite, StoreChanged
from bridge.events import Remembered, StoreLost
from bridge.timers import Timers

# Seconds that an answer waits for the disk. A commit takes 1 to 50 ms; a phone repeats its request
# after 500 ms and gives up after 32 s.
_PATIENCE: Final = 1.0

# Seconds after which rows are written that nobody waits for: many changes of one fact make one row.
_SOON: Final = 1.0

# Rows made in one go, and calls to those who wait: about half a millisecond, and ten.
_SLICE: Final = 64
_CALLS: Final = 32

# Seconds between two looks at the clock on the wall, and by how much it must have been set to count.
# Rows tell times by that clock.
_LOOK: Final = 30.0
_SET: Final = 1.0

_NOTHING_WRITTEN = "nothing has been written for {:g} s"

Then = Callable[[float], None]


class Rows(Protocol):
    """One table, as its owner knows it."""

    def all(self) -> Iterable[str]:
        """The keys of all rows that there should be."""
        ...

    def document(self, key: str, now: float) -> str | None:
        """What the row should hold; None if there should be none."""
        ...


class _Standing(Enum):
    """OFF for good; KEPT; LOST while the store takes nothing; ANEW while it is told everything again."""

    OFF = auto()
    KEPT = auto()
    LOST = auto()
    ANEW = auto()


class _Waiting(NamedTuple):
    number: int
    until: float
    then: Then


class Memory:
    """One for all tables. Without a store (`on` is false) nothing is emitted, and nobody waits.

    `wall(now)` gives the Unix seconds of a monotonic second.
    """

    def __init__(self, timers: Timers, emit: Emit, wall: Callable[[float], float], *, on: bool) -> None:
        self._timers = timers
        self._emit = emit
        self._wall = wall
        self._standing = _Standing.KEPT if on else _Standing.OFF
        self._tables: dict[str, Rows] = {}
        self._number = 0
        self._waiting: deque[_Waiting] = deque()
        # Nobody waits any more for what has this number, or a lower one.
        self._safe = 0
        self._is_watched = False
        # While nobody waits, though there is a store: the number with which all is well again.
        self._well_at: int | None = None
        self._noted: dict[tuple[str, str], None] = {}
        self._is_due = False
        self._is_timed = False
        self._offset: float | None = None
        self._trouble = ""

    def serve(self, table: str, rows: Rows) -> None:
        """Ask `rows` what is in a table."""
        self._tables[table] = rows

    @property
    def is_on(self) -> bool:
        """Whether there is a store, be it in trouble or not."""
        return self._standing is not _Standing.OFF

    @property
    def is_safe(self) -> bool:
        """Whether what is remembered outlives the process."""
        return self._standing is _Standing.KEPT and self._well_at is None

    @property
    def trouble(self) -> str:
        """Why it does not, if there is a store; else empty. Safe to read from another thread."""
        return self._trouble

    @property
    def health(self) -> str:
        """`ok`, `in memory: <why>`, or `off`. Safe to read from another thread."""
        if not self.is_on:
            return "off"
        return f"in memory: {self._trouble}" if self._trouble else "ok"

    # --- rows ------------------------------------------------------------------------------------

    def keep(self, table: str, key: str, document: str | None, then: Then, now: float) -> bool:
        """Write a row, or delete it. True if there is nothing to wait for; else `then(now)` is called when
        that is safe.
        """
        if self._standing in (_Standing.OFF, _Standing.LOST):
            return True
        number = self._remember(table, key, document)
        if not self.is_safe:
            return True
        self._waiting.append(_Waiting(number, now + _PATIENCE, then))
        if not self._is_watched:
            self._is_watched = True
            self._timers.call_at(now + _PATIENCE, self._look_for_overdue)
        return False

    def drop(self, table: str, key: str) -> None:
        """Delete a row; nobody waits for that."""
        if self._standing not in (_Standing.OFF, _Standing.LOST):
            self._remember(table, key, None)

    def note(self, table: str, key: str, now: float) -> None:
        """A row has changed that nobody waits for: it is written soon, as it is then."""
        if self._standing in (_Standing.OFF, _Standing.LOST):
            return
        self._noted[table, key] = None
        if not self._is_timed:
            self._is_timed = True
            self._timers.call_at(now + _SOON, self._soon)

    @property
    def has_work(self) -> bool:
        """Whether `work` has something to do."""
        return self._is_due

    def work(self, now: float) -> bool:
        """Call a slice of those who have waited, and write one of what is noted; true while something is left."""
        is_waited_for = self._call(now)
        return self._write(now) or is_waited_for

    def flush(self, now: float) -> None:
        """Write all that is noted, now: the process ends."""
        self._is_due = bool(self._noted)
        while self.work(now):
            pass

    def watch_clock(self, now: float) -> None:
        """Begin to look at the clock; when it is set, all rows are written again."""
        if self.is_on and self._offset is None:
            self._offset = self._wall(now) - now
            self._timers.call_at(now + _LOOK, self._look_at_clock)

    # --- what the store says ---------------------------------------------------------------------

    def remembered(self, event: Remembered, _now: float) -> None:
        """Rows are safe: `work` goes on with what waited for them."""
        self._safe = max(self._safe, event.number)
        if self._well_at is not None and event.number >= self._well_at:
            self._well_at = None
            if self._standing is _Standing.ANEW:
                self._standing = _Standing.KEPT
            self._tell("")

    def lost(self, event: StoreLost, _now: float) -> None:
        """There is no store any more: nothing waits for it."""
        if self._standing is _Standing.OFF:
            return
        self._standing = _Standing.LOST
        self._well_at = None
        self._noted.clear()
        self._tell(event.reason)
        self._safe = self._number

    def returned(self, now: float) -> None:
        """Tell the store everything again, slice by slice; until it holds that, nobody waits."""
        if self._standing is not _Standing.LOST:
            return
        self._standing = _Standing.ANEW
        self._number += 1
        self._emit(Rewrite(self._number, begins=True))
        self._note_all(now)
        self._is_due = True

    # --- within ----------------------------------------------------------------------------------

    def _write(self, now: float) -> bool:
        if not self._is_due:
            return False
        for _ in range(min(_SLICE, len(self._noted))):
            table, key = next(iter(self._noted))
            del self._noted[table, key]
            self._remember(table, key, self._tables[table].document(key, now))
        if self._noted:
            return True
        self._is_due = False
        if self._standing is _Standing.ANEW and self._well_at is None:
            self._number += 1
            self._well_at = self._number
            self._emit(Rewrite(self._number, begins=False))
        return False

    def _remember(self, table: str, key: str, document: str | None) -> int:
        self._number += 1
        self._emit(Remember(self._number, table, key, document))
        return self._number

    def _note_all(self, now: float) -> None:
        for table, rows in self._tables.items():
            for key in rows.all():
                self.note(table, key, now)

    def _soon(self, _now: float) -> None:
        self._is_timed = False
        self._is_due = self._is_due or bool(self._noted)

    def _look_at_clock(self, now: float) -> None:
        offset = self._wall(now) - now
        if self._offset is not None and abs(offset - self._offset) > _SET:
            self._offset = offset
            self._note_all(now)
        self._timers.call_at(now + _LOOK, self._look_at_clock)

    def _look_for_overdue(self, now: float) -> None:
        self._is_watched = False
        unsafe = next((one for one in self._waiting if one.number > self._safe), None)
        if unsafe is None:
            return
        if unsafe.until <= now:
            self._well_at = self._safe = self._number
            self._tell(_NOTHING_WRITTEN.format(_PATIENCE))
        else:
            self._is_watched = True
            self._timers.call_at(unsafe.until, self._look_for_overdue)

    def _call(self, now: float) -> bool:
        """The next who need wait no longer; whether there are more of them."""
        waiting = self._waiting
        for _ in range(_CALLS):
            if not waiting or waiting[0].number > self._safe:
                return False
            waiting.popleft().then(now)
        return bool(waiting) and waiting[0].number <= self._safe

    def _tell(self, trouble: str) -> None:
        if trouble != self._trouble:
            self._trouble = trouble
            self._emit(StoreChanged(trouble))
