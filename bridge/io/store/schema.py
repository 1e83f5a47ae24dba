"""The tables, and how an older file is brought to them. `PRAGMA user_version` tells how far a file is."""

import sqlite3
from collections.abc import Sequence
from typing import Final

TABLES: Final = ("subscriptions", "facts", "asterisk")

# Each brings a file one version further. What has been released is never changed: a new one goes behind it.
# Not WITHOUT ROWID: new rows of random keys would each change a page of its own, and a commit of 100 take
# eight times as long.
MIGRATIONS: Final[Sequence[tuple[str, ...]]] = (
    (
        "CREATE TABLE subscriptions (key TEXT NOT NULL PRIMARY KEY, document TEXT NOT NULL)",
        "CREATE TABLE facts (key TEXT NOT NULL PRIMARY KEY, document TEXT NOT NULL)",
    ),
    ("CREATE TABLE asterisk (key TEXT NOT NULL PRIMARY KEY, document TEXT NOT NULL)",),
)


class NewerSchemaError(Exception):
    """A later version of the bridge has written the file; the text says so."""


def version_of(connection: sqlite3.Connection) -> int:
    """The version of a file; 0 for an empty one."""
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    return int(version)


def migrate(connection: sqlite3.Connection, migrations: Sequence[tuple[str, ...]] = MIGRATIONS) -> None:
    """Bring a file to the newest version, all at once or not at all. Raise NewerSchemaError."""
    version, newest = version_of(connection), len(migrations)
    if version > newest:
        raise NewerSchemaError(f"it has version {version}, and this bridge knows no more than {newest}")
    if version == newest:
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        for statement in (one for step in migrations[version:] for one in step):
            connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {newest}")
    except sqlite3.Error:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")
