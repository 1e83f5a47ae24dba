"""What keeps the store from being written, in words for people."""

import os
import sqlite3
from collections.abc import Mapping
from typing import Final

from bridge.io.store.lock import StoreInUse
from bridge.io.store.schema import NewerSchemaError

# What can go wrong with a file, and does not stop the bridge.
Trouble = OSError | sqlite3.Error | NewerSchemaError | StoreInUse
TROUBLES: Final = (OSError, sqlite3.Error, NewerSchemaError, StoreInUse)

_WORDS: Final[Mapping[int, str]] = {
    sqlite3.SQLITE_BUSY: "another program is writing to the file",
    sqlite3.SQLITE_LOCKED: "another program is writing to the file",
    sqlite3.SQLITE_READONLY: "the file can only be read",
    sqlite3.SQLITE_FULL: "the disk is full",
    sqlite3.SQLITE_CANTOPEN: "the file cannot be opened",
    sqlite3.SQLITE_IOERR: "the disk failed",
}


def words(error: Trouble) -> str:
    """A few words, the same for the same trouble."""
    if isinstance(error, sqlite3.Error):
        code = getattr(error, "sqlite_errorcode", None)
        known = _WORDS.get(code & 0xFF) if code is not None else None
        return f"{known} ({error})" if known else str(error)
    if isinstance(error, OSError):
        return os.strerror(error.errno) if error.errno else str(error)
    return str(error)
