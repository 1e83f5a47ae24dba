"""The store's thread on real files: what it commits, and what becomes of it when the disk fails."""

import asyncio
import os
import resource
import sqlite3
import time
from contextlib import asynccontextmanager, contextmanager

import pytest

from bridge.effects import Remember, Rewrite
from bridge.events import Remembered, StoreLost, StoreReturned
from bridge.io.backoff import Backoff
from bridge.io.store import Store, StoreInUse
from bridge.io.store.database import Database


class Ear:
    """Takes the place of the engine: hears what the store says, and tells everything anew when asked to."""

    def __init__(self):
        self.events = []
        self.warnings = []
        self.number = 0
        self.rows = {}
        self.store = None

    def hear(self, event):
        self.events.append(event)
        if isinstance(event, StoreReturned):
            self.tell_everything()

    def remember(self, key, document="d"):
        self.number += 1
        self.rows[key] = document
        self.store.put(Remember(self.number, "facts", key, document))

    def tell_everything(self):
        self.number += 1
        self.store.put(Rewrite(self.number, begins=True))
        for key, document in [*self.rows.items()]:
            self.remember(key, document)
        self.number += 1
        self.store.put(Rewrite(self.number, begins=False))

    def of(self, kind):
        return [event for event in self.events if isinstance(event, kind)]

    @property
    def safe(self):
        return max((event.number for event in self.of(Remembered)), default=0)

    async def until(self, condition, within=10.0):
        deadline = time.monotonic() + within
        while not condition():
            assert time.monotonic() < deadline, (self.events[-5:], self.warnings)
            await asyncio.sleep(0.005)


@asynccontextmanager
async def running(path, **options):
    """A store on its thread, with short pauses between its tries; the content that it found, and an ear."""
    ear = Ear()
    ear.store = store = Store(path, ear.hear, ear.warnings.append, Backoff(first=0.02, last=0.05), **options)
    content = store.open()
    task = asyncio.get_running_loop().create_task(store.run())
    try:
        yield ear, content
    finally:
        await store.stop()
        await asyncio.wait_for(task, 10)


def kept(path):
    database = Database(path)
    facts = database.read()["facts"]
    database.close()
    return facts


@contextmanager
def no_file_larger_than(octets):
    """The kernel refuses to let files grow (EFBIG), as a full disk does."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (octets, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.fixture
def path(tmp_path):
    return tmp_path / "s.db"


def test_what_is_remembered_is_on_disk_when_it_is_said(path):
    async def scenario():
        async with running(path) as (ear, content):
            assert content == {"subscriptions": {}, "facts": {}, "asterisk": {}}
            for n in range(100):
                ear.remember(str(n))
            await ear.until(lambda: ear.safe == 100)
            # Another connection sees it at once.
            reader = sqlite3.connect(path)
            assert reader.execute("SELECT count(*) FROM facts").fetchone() == (100,)
            reader.close()
            assert len(ear.events) < 50, "what waits is committed together"
            assert all(0 < event.seconds < 5 for event in ear.events)
        async with running(path) as (ear, content):
            assert content["facts"] == {str(n): "d" for n in range(100)}

    asyncio.run(scenario())


def test_a_stop_writes_what_waits(path):
    async def scenario():
        async with running(path) as (ear, _):
            for n in range(5000):
                ear.remember(str(n))
        assert ear.safe == 5000

    asyncio.run(scenario())
    assert len(kept(path)) == 5000
    assert not path.with_name("s.db-wal").exists(), "the log is moved into the file"


def test_a_store_lives_until_its_thread_ends(path):
    async def scenario():
        async with running(path) as (ear, _):
            ear.remember("1")
            await ear.until(lambda: ear.safe == 1)
            assert ear.store.is_alive
        assert not ear.store.is_alive

    asyncio.run(scenario())


def test_a_store_that_was_never_run_can_be_stopped(path):
    async def scenario():
        store = Store(path, print, print)
        store.open()
        await store.stop()
        again = Store(path, print, print)
        again.open()
        await again.stop()

    asyncio.run(scenario())


def test_a_second_process_is_refused_in_words(path):
    async def scenario():
        async with running(path):
            with pytest.raises(StoreInUse, match=f"process {os.getpid()} uses it"):
                Store(path, print, print).open()

    asyncio.run(scenario())


def test_a_damaged_file_is_moved_aside_and_a_new_one_begun(path):
    path.write_bytes(b"no database at all" * 1000)

    async def scenario():
        async with running(path) as (ear, content):
            assert content == {"subscriptions": {}, "facts": {}, "asterisk": {}}
            (warning,) = ear.warnings
            assert "the store was damaged (file is not a database): it is kept as" in warning
            ear.remember("a")
            await ear.until(lambda: ear.safe == 1)
            assert ear.of(StoreLost) == []

    asyncio.run(scenario())
    (aside,) = path.parent.glob("s.db.corrupt-*")
    assert aside.read_bytes().startswith(b"no database")
    assert kept(path) == {"a": "d"}


def test_damage_while_it_runs_is_moved_aside_and_everything_written_again(path):
    async def scenario():
        async with running(path) as (ear, _):
            for n in range(500):
                ear.remember(str(n), "x" * 200)
            await ear.until(lambda: ear.safe == 500)
            # SQLite has it in its cache, and notices when it reads the file again.
            ear.store._database._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            data = bytearray(path.read_bytes())
            data[100:] = b"\xff" * (len(data) - 100)
            path.write_bytes(data)
            ear.store._database._connection.execute("PRAGMA cache_size = 0")
            other = sqlite3.connect(path)
            with pytest.raises(sqlite3.DatabaseError):
                other.execute("SELECT count(*) FROM facts").fetchone()
            other.close()
            for n in range(500):
                ear.remember(str(n), "y" * 200)
            await ear.until(lambda: ear.of(StoreReturned) and ear.safe == ear.number)
            assert len(ear.warnings) == 1

    asyncio.run(scenario())
    assert list(path.parent.glob("s.db.corrupt-*"))
    assert set(kept(path).values()) == {"y" * 200}
    assert len(kept(path)) == 500


def test_a_full_disk_is_waited_out_and_everything_written(path):
    async def scenario():
        async with running(path) as (ear, _):
            ear.remember("before")
            await ear.until(lambda: ear.safe == 1)
            with no_file_larger_than(path.with_name("s.db-wal").stat().st_size + 8192):
                for n in range(300):
                    ear.remember(str(n), "x" * 200)
                await ear.until(lambda: ear.of(StoreLost))
                assert "disk" in ear.of(StoreLost)[0].reason
                lost_at = len(ear.events)
                await ear.until(lambda: len(ear.of(StoreLost)) > 1)
                ear.remember("meanwhile")
                assert not [e for e in ear.events[lost_at:] if isinstance(e, Remembered)]
            await ear.until(lambda: ear.safe == ear.number)

    asyncio.run(scenario())
    facts = kept(path)
    assert len(facts) == 302
    assert facts["meanwhile"] == "d"


def test_a_folder_that_cannot_be_written_to_is_waited_out(tmp_path):
    folder = tmp_path / "file"
    folder.write_text("a file, where a folder is needed")
    path = folder / "s.db"

    async def scenario():
        async with running(path) as (ear, content):
            assert content == {}
            await ear.until(lambda: len(ear.of(StoreLost)) > 2)
            assert ear.of(StoreLost)[0].reason in ("File exists", "Not a directory")
            ear.rows["meanwhile"] = "d"
            folder.unlink()
            await ear.until(lambda: ear.safe and ear.safe == ear.number)

    asyncio.run(scenario())
    assert kept(path) == {"meanwhile": "d"}


def test_somebody_who_writes_to_the_file_is_waited_out(path):
    async def scenario():
        async with running(path) as (ear, _):
            other = sqlite3.connect(path, isolation_level=None)
            other.execute("BEGIN IMMEDIATE")
            ear.remember("a")
            await ear.until(lambda: ear.of(StoreLost))
            assert (
                ear.of(StoreLost)[0].reason == "another program is writing to the file (database is locked)"
            )
            other.close()
            await ear.until(lambda: ear.safe == ear.number)

    asyncio.run(scenario())
    assert kept(path) == {"a": "d"}


def test_a_file_that_is_removed_is_made_again_with_all_that_was_in_it(path):
    async def scenario():
        async with running(path) as (ear, _):
            ear.remember("old")
            await ear.until(lambda: ear.safe == 1)
            for file in path.parent.glob("s.db*"):
                file.unlink()
            ear.remember("new")
            await ear.until(lambda: ear.of(StoreReturned) and ear.safe == ear.number)
            assert ear.of(StoreLost)[0].reason == "the file was removed"

    asyncio.run(scenario())
    assert kept(path) == {"old": "d", "new": "d"}


def test_a_file_of_a_newer_version_is_left_as_it_is(path):
    database = Database(path)
    database._connection.execute("PRAGMA user_version = 99")
    database.close()
    before = path.read_bytes()

    async def scenario():
        async with running(path) as (ear, content):
            assert content == {}
            await ear.until(lambda: ear.of(StoreLost))
            assert "it has version 99" in ear.of(StoreLost)[0].reason
            ear.remember("a")

    asyncio.run(scenario())
    assert path.read_bytes() == before


def test_a_disk_that_hangs_takes_no_more_memory_than_agreed(path, monkeypatch):
    hanging = [True]
    write = Database.write

    def hang(self, changes, *, anew=False):
        while hanging[0]:
            time.sleep(0.005)
        write(self, changes, anew=anew)

    monkeypatch.setattr(Database, "write", hang)

    async def scenario():
        async with running(path, most_waiting=100) as (ear, _):
            for n in range(1000):
                ear.remember(str(n))
                if n % 10 == 0:
                    await asyncio.sleep(0.001)
            assert ear.store._given <= 121
            assert not ear.store._is_taking
            assert ear.events == []
            hanging[0] = False
            await ear.until(lambda: ear.of(StoreLost))
            assert ear.of(StoreLost)[0].reason == "the disk is too slow"
            ear.store._most_waiting = 10_000
            await ear.until(lambda: ear.safe == ear.number)

    asyncio.run(scenario())
    assert len(kept(path)) == 1000


def test_a_stop_does_not_wait_for_a_disk_that_hangs(path, monkeypatch):
    monkeypatch.setattr("bridge.io.store.store._LAST_COMMIT", 0.1)
    hanging = [True]

    def hang(self, changes, *, anew=False):
        while hanging[0]:
            time.sleep(0.005)

    monkeypatch.setattr(Database, "write", hang)

    async def scenario():
        ear = Ear()
        ear.store = Store(path, ear.hear, ear.warnings.append)
        ear.store.open()
        task = asyncio.get_running_loop().create_task(ear.store.run())
        await asyncio.sleep(0)
        ear.remember("a")
        began_at = time.monotonic()
        await ear.store.stop()
        assert time.monotonic() - began_at < 2
        hanging[0] = False
        await task

    asyncio.run(scenario())


def test_what_nobody_has_thought_of_is_not_silent(path, monkeypatch):
    def fail(self, changes, *, anew=False):
        raise RuntimeError("a mistake")

    monkeypatch.setattr(Database, "write", fail)

    async def scenario():
        ear = Ear()
        ear.store = Store(path, ear.hear, ear.warnings.append)
        ear.store.open()
        task = asyncio.get_running_loop().create_task(ear.store.run())
        await asyncio.sleep(0)
        ear.remember("a")
        with pytest.raises(RuntimeError, match="a mistake"):
            await asyncio.wait_for(task, 5)
        assert [event.reason for event in ear.of(StoreLost)] == ["RuntimeError('a mistake')"]
        await ear.store.stop()

    asyncio.run(scenario())


def test_what_could_not_be_read_at_the_start_is_read_later(path):
    database = Database(path)
    database.write({("subscriptions", "a"): "d", ("facts", "b"): "e"})
    database.close()
    path.rename(path.with_name("away"))
    path.mkdir()

    async def scenario():
        async with running(path) as (ear, content):
            assert content == {}
            await ear.until(lambda: ear.of(StoreLost))
            path.rmdir()
            path.with_name("away").rename(path)
            await ear.until(lambda: ear.of(StoreReturned))
            assert ear.of(StoreReturned)[0].unread == {
                "subscriptions": {"a": "d"},
                "facts": {"b": "e"},
                "asterisk": {},
            }
            for file in path.parent.glob("s.db*"):
                if file.name != "s.db.lock":
                    file.unlink()
            ear.remember("c")
            await ear.until(lambda: len(ear.of(StoreReturned)) == 2)
            assert ear.of(StoreReturned)[1].unread == {}, "it was read already"

    asyncio.run(scenario())
