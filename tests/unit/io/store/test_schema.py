import sqlite3

import pytest

from bridge.io.store.schema import MIGRATIONS, TABLES, NewerSchemaError, migrate, version_of

NEXT = ("ALTER TABLE subscriptions ADD COLUMN note TEXT NOT NULL DEFAULT ''", "CREATE TABLE more (x)")


@pytest.fixture
def connection():
    connection = sqlite3.connect(":memory:", isolation_level=None)
    yield connection
    connection.close()


def test_an_empty_file_gets_all_tables(connection):
    assert version_of(connection) == 0
    migrate(connection)
    assert version_of(connection) == len(MIGRATIONS)
    names = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    assert names == set(TABLES)
    migrate(connection)


def test_an_older_file_is_brought_further_with_its_rows(connection):
    migrate(connection)
    connection.execute("INSERT INTO subscriptions VALUES ('k', 'd')")
    migrate(connection, (*MIGRATIONS, NEXT))
    assert version_of(connection) == len(MIGRATIONS) + 1
    assert connection.execute("SELECT * FROM subscriptions").fetchall() == [("k", "d", "")]


def test_a_migration_that_fails_leaves_the_file_as_it_was(connection):
    migrate(connection)
    with pytest.raises(sqlite3.OperationalError):
        migrate(connection, (*MIGRATIONS, (*NEXT, "NONSENSE")))
    assert version_of(connection) == len(MIGRATIONS)
    assert not connection.in_transaction
    migrate(connection, (*MIGRATIONS, NEXT))


def test_a_newer_file_is_left_alone(connection):
    migrate(connection, (*MIGRATIONS, NEXT))
    with pytest.raises(
        NewerSchemaError,
        match=rf"has version {len(MIGRATIONS) + 1}, and this bridge knows no more than {len(MIGRATIONS)}",
    ):
        migrate(connection)
