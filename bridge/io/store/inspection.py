"""Looking at a store, also at one that a running bridge writes to."""

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from bridge.io.store.database import integrity_faults
from bridge.io.store.schema import TABLES, version_of


class Inspection(NamedTuple):
    """What a file is like. `rows` by table; `faults` of its structure, none if it is sound."""

    version: int
    rows: Mapping[str, int]
    octets: int
    faults: list[str]


class Row(NamedTuple):
    """One row."""

    table: str
    key: str
    document: str


def inspect(path: Path) -> Inspection:
    """Look at all of it. Raise FileNotFoundError, or sqlite3.Error for what is no store."""
    with closing(_connect(path)) as connection:
        faults = integrity_faults(connection)
        rows = {} if faults else {table: _count(connection, table) for table in TABLES}
        return Inspection(version_of(connection), rows, path.stat().st_size, faults)


def count_rows(path: Path) -> int:
    """How many rows are in it; 0 if that cannot be found out."""
    try:
        with closing(_connect(path)) as connection:
            return sum(_count(connection, table) for table in TABLES)
    except (OSError, sqlite3.Error):
        return 0


def read_rows(path: Path) -> Iterator[Row]:
    """All rows, as they are at one moment. Raise as `inspect` does."""
    with closing(_connect(path)) as connection:
        connection.execute("BEGIN")
        for table in TABLES:
            for key, document in connection.execute(f"SELECT key, document FROM {table} ORDER BY key"):  # noqa: S608 - names of ours
                yield Row(table, key, document)


def _connect(path: Path) -> sqlite3.Connection:
    """A connection that changes nothing.

    It may have to write all the same: a reader leaves its mark beside the file (WAL), and restores what
    a process that was killed has left in the log.
    """
    if not path.is_file():
        raise FileNotFoundError(f"there is no {path}")
    connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", uri=True, isolation_level=None)
    connection.execute("PRAGMA query_only = 1")
    return connection


def _count(connection: sqlite3.Connection, table: str) -> int:
    (count,) = connection.execute(f"SELECT count(*) FROM {table}").fetchone()  # noqa: S608 - names of ours
    return int(count)
