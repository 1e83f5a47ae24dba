import sqlite3

import pytest

from bridge.io.store import count_rows, inspect, read_rows
from bridge.io.store.database import Database


@pytest.fixture
def path(tmp_path):
    return tmp_path / "s.db"


def test_while_somebody_writes(path):
    database = Database(path)
    database.write({("subscriptions", "b"): "2", ("subscriptions", "a"): "1", ("facts", "f"): "3"})
    found = inspect(path)
    assert (found.version, found.rows, found.faults) == (
        2,
        {"subscriptions": 2, "facts": 1, "asterisk": 0},
        [],
    )
    assert found.octets > 0
    assert [tuple(row) for row in read_rows(path)] == [
        ("subscriptions", "a", "1"),
        ("subscriptions", "b", "2"),
        ("facts", "f", "3"),
    ]
    assert count_rows(path) == 3
    database.write({("facts", "g"): "4"})
    assert count_rows(path) == 4
    database.close()


def test_when_nobody_does(path):
    database = Database(path)
    database.write({("facts", "f"): "3"})
    database.close()
    assert inspect(path).rows == {"subscriptions": 0, "facts": 1, "asterisk": 0}


def test_what_is_not_there(path):
    with pytest.raises(FileNotFoundError, match=r"there is no .*s\.db"):
        inspect(path)
    assert count_rows(path) == 0
    assert not path.exists()


def test_what_is_no_store(path):
    path.write_bytes(b"no database at all" * 100)
    with pytest.raises(sqlite3.DatabaseError):
        inspect(path)
    assert count_rows(path) == 0
