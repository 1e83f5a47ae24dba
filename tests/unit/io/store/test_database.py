import contextlib
import sqlite3

import pytest

from bridge.io.store import database as module
from bridge.io.store.database import Database, is_corrupt, move_aside
from bridge.io.store.schema import MIGRATIONS


@pytest.fixture
def path(tmp_path):
    return tmp_path / "s.db"


@pytest.fixture
def database(path):
    database = Database(path)
    yield database
    database.close()


def rows(number, word="d"):
    return {("subscriptions", f"{n:05}"): f"{word}{n}" for n in range(number)}


def test_what_is_written_is_there_for_the_next(path):
    first = Database(path)
    first.write({("subscriptions", "a"): "x", ("facts", "a"): "ü", ("facts", "b"): "y"})
    first.write({("facts", "b"): None, ("subscriptions", "a"): "z", ("subscriptions", "never"): None})
    first.close()
    second = Database(path)
    assert second.read() == {"subscriptions": {"a": "z"}, "facts": {"a": "ü"}, "asterisk": {}}
    second.close()


@pytest.mark.parametrize("number", [0, 1, 3, 4, 85, 256, 1000])
def test_any_number_of_rows_by_one_commit(database, number):
    database.write(rows(number))
    assert database.read()["subscriptions"] == {key: text for (_, key), text in rows(number).items()}
    database.write(dict.fromkeys(rows(number)))
    assert database.read()["subscriptions"] == {}


def test_anew_means_nothing_else_is_left(database):
    database.write({("facts", "old"): "x", **rows(10)})
    database.write(rows(3, "new"), anew=True)
    left = {table: rows for table, rows in database.read().items() if rows}
    assert left == {"subscriptions": {f"{n:05}": f"new{n}" for n in range(3)}}


def test_all_or_nothing(database):
    database.write(rows(2))
    with pytest.raises(sqlite3.Error):
        database.write({**rows(2, "new"), ("subscriptions", "bad"): object()}, anew=True)
    assert database.read()["subscriptions"] == {"00000": "d0", "00001": "d1"}
    database.write(rows(1, "again"))


def test_a_commit_is_on_disk_before_it_is_done(path, database):
    (mode,) = database._connection.execute("PRAGMA synchronous").fetchone()
    (journal,) = database._connection.execute("PRAGMA journal_mode").fetchone()
    assert (mode, journal) == (2, "wal")


def test_nobody_else_can_read_who_watches_whom(path, database):
    database.write(rows(1))
    modes = {file.name: file.stat().st_mode & 0o777 for file in path.parent.iterdir()}
    assert modes == {"s.db": 0o600, "s.db-wal": 0o600, "s.db-shm": 0o600}


def test_a_file_that_was_removed_is_noticed(path, database):
    assert database.is_in_place
    path.unlink()
    assert not database.is_in_place
    path.write_bytes(b"another")
    assert not database.is_in_place


@pytest.mark.parametrize("text", [b"this is no database at all" * 100, b"\0" * 5000])
def test_what_is_no_database_is_corrupt(path, text):
    path.write_bytes(text)
    with pytest.raises(sqlite3.DatabaseError) as raised, contextlib.closing(Database(path)) as database:
        database.read()
    assert is_corrupt(raised.value) or not text.strip(b"\0")


def test_a_damaged_page_is_found_when_it_is_opened(path):
    database = Database(path)
    database.write(rows(2000, "x" * 100))
    database.close()
    data = bytearray(path.read_bytes())
    for page in range(4, 40):
        data[page * 4096 : page * 4096 + 64] = b"\xff" * 64
    path.write_bytes(data)
    with pytest.raises(sqlite3.DatabaseError) as raised:
        Database(path)
    assert is_corrupt(raised.value)


def test_other_troubles_are_no_damage(path):
    assert not is_corrupt(OSError("x"))
    assert not is_corrupt(sqlite3.OperationalError("disk I/O error"))


def test_a_damaged_file_is_kept_under_another_name(path, monkeypatch):
    monkeypatch.setattr(module.time, "strftime", lambda _form: "20261118T120000")
    for suffix in ("", "-wal", "-shm"):
        path.with_name(path.name + suffix).write_bytes(b"x")
    aside = move_aside(path)
    assert aside.name == "s.db.corrupt-20261118T120000"
    assert sorted(file.name for file in path.parent.iterdir()) == [
        aside.name,
        f"{aside.name}-shm",
        f"{aside.name}-wal",
    ]


def test_it_is_brought_to_the_newest_schema(path):
    older = Database(path)
    older.write(rows(1))
    older.close()
    newer = Database(path, (*MIGRATIONS, ("CREATE TABLE more (x)",)))
    assert newer.read()["subscriptions"] == {"00000": "d0"}
    newer.close()


def test_what_was_not_opened_leaves_nothing_open(path):
    path.write_bytes(b"no database" * 1000)
    for _ in range(3):
        with pytest.raises(sqlite3.DatabaseError):
            Database(path)
    path.unlink()
    Database(path).close()
