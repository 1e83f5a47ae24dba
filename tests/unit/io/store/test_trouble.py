import errno
import os
import sqlite3

import pytest

from bridge.io.store.database import Database
from bridge.io.store.lock import StoreInUse
from bridge.io.store.trouble import TROUBLES, words


def test_what_the_system_says_is_said_as_it_says_it():
    assert words(OSError(errno.ENOSPC, "whatever")) == "No space left on device"
    assert words(TimeoutError("the disk is too slow")) == "the disk is too slow"
    assert words(StoreInUse("process 7 uses it")) == "process 7 uses it"


def test_a_file_that_cannot_be_written_to(tmp_path):
    database = Database(tmp_path / "s.db")
    database.close()
    connection = sqlite3.connect(f"file:{tmp_path / 's.db'}?mode=ro", uri=True)
    with pytest.raises(sqlite3.Error) as raised:
        connection.execute("INSERT INTO facts VALUES ('a', 'b')")
    connection.close()
    assert words(raised.value) == "the file can only be read (attempt to write a readonly database)"


def test_a_locked_file(tmp_path):
    database = Database(tmp_path / "s.db")
    other = sqlite3.connect(tmp_path / "s.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(sqlite3.Error) as raised:
        database.write({("facts", "a"): "b"})
    assert words(raised.value) == "another program is writing to the file (database is locked)"
    other.close()
    database.write({("facts", "a"): "b"})
    database.close()


def test_what_is_not_known_is_said_as_it_is():
    assert words(sqlite3.OperationalError("odd")) == "odd"


def test_every_trouble_has_words():
    for kind in TROUBLES:
        assert words(kind("text")), kind
    assert os.strerror(errno.EROFS) == words(OSError(errno.EROFS, ""))
