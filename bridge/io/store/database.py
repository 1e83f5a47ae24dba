"""The SQLite file: opened, checked, read and written. Blocking; used by one thread at a time.

WAL with synchronous=FULL: what was committed survives a loss of power, at one sync a commit.
"""

import os
import sqlite3
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final, TypeVar

from bridge.io.store.schema import MIGRATIONS, TABLES, migrate

_Value = TypeVar("_Value")

# (table, key) -> document; None deletes the row.
Changes = Mapping[tuple[str, str], str | None]

# Seconds to wait for somebody else who writes to the file, such as an operator's sqlite3.
_PATIENCE: Final = 1.0

# Octets of write-ahead log that are kept on disk after a large transaction.
_LARGEST_LOG: Final = 4 << 20

# Rows by one statement, each of two parameters; 999 are allowed everywhere. One statement is one
# release of the interpreter's lock, which costs more than the row when the loop is busy.
_ROWS: Final = (256, 64, 16, 4, 1)

# In place: REPLACE would move the row, and write the index anew.
_OVER: Final = "ON CONFLICT (key) DO UPDATE SET document = excluded.document"

_CORRUPT: Final = frozenset((sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB))


class Database:
    """Opened by its constructor. Raise OSError, sqlite3.Error or NewerSchemaError in all that it does."""

    def __init__(self, path: Path, migrations: Sequence[tuple[str, ...]] = MIGRATIONS) -> None:
        self._path = path
        _make_file(path)
        self._connection = sqlite3.connect(
            path, timeout=_PATIENCE, isolation_level=None, check_same_thread=False, cached_statements=64
        )
        try:
            self._prepare(migrations)
        except BaseException:
            self._connection.close()
            raise
        self._inode = path.stat().st_ino

    @property
    def is_in_place(self) -> bool:
        """Whether the file is still found under its name; SQLite would write to one that was deleted."""
        try:
            return self._path.stat().st_ino == self._inode
        except FileNotFoundError:
            return False

    def read(self) -> dict[str, dict[str, str]]:
        """All rows, by table and key."""
        return {
            table: dict(self._connection.execute(f"SELECT key, document FROM {table}"))  # noqa: S608 - names of ours
            for table in TABLES
        }

    def write(self, changes: Changes, *, anew: bool = False) -> None:
        """Carry out all changes, or none; `anew`: nothing else is to be in the file."""
        execute = self._connection.execute
        execute("BEGIN IMMEDIATE")
        try:
            for table in TABLES:
                if anew:
                    execute(f"DELETE FROM {table}")  # noqa: S608 - names of ours
                self._write_table(table, changes)
            execute("COMMIT")
        except sqlite3.Error:
            # Some errors have rolled back by themselves.
            with suppress(sqlite3.Error):
                execute("ROLLBACK")
            raise

    def close(self) -> None:
        """Close it; what is in the log is moved into the file."""
        self._connection.close()

    def _prepare(self, migrations: Sequence[tuple[str, ...]]) -> None:
        execute = self._connection.execute
        (mode,) = execute("PRAGMA journal_mode = WAL").fetchone()
        if mode != "wal":
            raise sqlite3.OperationalError(f"the file system allows no write-ahead log, only {mode}")
        execute("PRAGMA synchronous = FULL")
        execute(f"PRAGMA journal_size_limit = {_LARGEST_LOG}")
        faults = integrity_faults(self._connection)
        if faults:
            raise sqlite3.DatabaseError(f"database disk image is malformed: {faults[0]}")
        migrate(self._connection, migrations)

    def _write_table(self, table: str, changes: Changes) -> None:
        kept = [(key, text) for (of, key), text in changes.items() if of == table and text is not None]
        gone = [key for (of, key), text in changes.items() if of == table and text is None]
        for rows in _portions(kept):
            values = ",".join(["(?,?)"] * len(rows))
            statement = f"INSERT INTO {table} VALUES {values} {_OVER}"  # noqa: S608 - names of ours
            self._connection.execute(statement, [value for row in rows for value in row])
        for keys in _portions(gone):
            marks = ",".join("?" * len(keys))
            self._connection.execute(f"DELETE FROM {table} WHERE key IN ({marks})", keys)  # noqa: S608 - names of ours


def is_corrupt(error: Exception) -> bool:
    """Whether the file is damaged, rather than out of reach for now."""
    if not isinstance(error, sqlite3.DatabaseError):
        return False
    code = getattr(error, "sqlite_errorcode", None)
    return code & 0xFF in _CORRUPT if code is not None else "malformed" in str(error)


def move_aside(path: Path) -> Path:
    """Give a damaged file another name, for whoever wants to look at it; its new name."""
    aside = path.with_name(f"{path.name}.corrupt-{time.strftime('%Y%m%dT%H%M%S')}")
    path.rename(aside)
    for suffix in ("-wal", "-shm"):
        # They would be taken for those of the next file.
        with suppress(FileNotFoundError):
            path.with_name(path.name + suffix).rename(aside.with_name(aside.name + suffix))
    return aside


def integrity_faults(connection: sqlite3.Connection) -> list[str]:
    """What is wrong with the structure of the file; empty if nothing is."""
    found = [str(row[0]) for row in connection.execute("PRAGMA quick_check(10)")]
    return [] if found == ["ok"] else found


def _make_file(path: Path) -> None:
    """Nobody else may read who watches whom. SQLite gives its other files the rights of this one."""
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))


def _portions(values: list[_Value]) -> Iterator[list[_Value]]:
    """Cut into lengths of which there are few, so that their statements are found prepared."""
    at = 0
    for size in _ROWS:
        while len(values) - at >= size:
            yield values[at : at + size]
            at += size
