import pytest

from bridge.effects import Remember, Rewrite, StoreChanged
from bridge.events import Remembered, StoreLost
from bridge.memory.memory import Memory
from bridge.timers import Timers


class House:
    """A memory with one table, at second 100 of a pretended clock."""

    def __init__(self, *, on=True):
        self.now = 100.0
        self.offset = 1_000_000.0
        self.effects = []
        self.done = []
        self.rows = {}
        self.timers = Timers()
        self.memory = Memory(self.timers, self.effects.append, lambda now: now + self.offset, on=on)
        self.memory.serve("t", self)

    def all(self):
        return [*self.rows]

    def document(self, key, now):
        return self.rows.get(key)

    def keep(self, key, document="d"):
        return self.memory.keep("t", key, document, lambda now: self.done.append((key, now)), self.now)

    def commit(self):
        """All that was emitted is on disk."""
        number = [e.number for e in self.effects if not isinstance(e, StoreChanged)][-1]
        self.memory.remembered(Remembered(number, 0.001), self.now)
        self.work()

    def advance(self, seconds):
        self.now += seconds
        self.timers.run(self.now)
        self.work()

    def work(self):
        while self.memory.work(self.now):
            pass

    def written(self):
        """What was emitted since the last time."""
        effects, self.effects[:] = [*self.effects], []
        return effects

    def documents(self):
        return [(e.key, e.document) for e in self.written() if isinstance(e, Remember)]

    def told(self):
        return [e.trouble for e in self.effects if isinstance(e, StoreChanged)]


@pytest.fixture
def house():
    return House()


def test_what_is_kept_is_waited_for():
    house = House()
    assert not house.keep("a")
    assert not house.keep("b")
    assert house.effects == [Remember(1, "t", "a", "d"), Remember(2, "t", "b", "d")]
    assert house.done == []
    house.memory.remembered(Remembered(1, 0.001), 100.5)
    house.memory.work(100.5)
    assert house.done == [("a", 100.5)]
    house.commit()
    assert [key for key, _ in house.done] == ["a", "b"]


def test_without_a_store_nobody_waits_and_nothing_is_emitted():
    house = House(on=False)
    assert house.keep("a")
    house.memory.drop("t", "a")
    house.memory.note("t", "a", house.now)
    house.memory.watch_clock(house.now)
    house.memory.lost(StoreLost("x"), house.now)
    house.memory.returned(house.now)
    house.memory.flush(house.now)
    house.advance(100)
    assert (house.effects, house.done, len(house.timers)) == ([], [], 0)
    assert (house.memory.is_on, house.memory.is_safe, house.memory.health) == (False, False, "off")


def test_after_a_second_nobody_waits_any_more(house):
    house.keep("a")
    house.advance(0.5)
    house.keep("b")
    house.advance(0.49)
    assert house.done == []
    house.advance(0.02)
    assert [key for key, _ in house.done] == ["a", "b"]
    assert house.keep("c")
    assert house.told() == ["nothing has been written for 1 s"]
    assert house.memory.health == "in memory: nothing has been written for 1 s"
    assert not house.memory.is_safe
    assert [key for key, _ in house.documents()] == ["a", "b", "c"]


def test_after_a_commit_of_many_rows_others_have_their_turn():
    house = House()
    for number in range(100):
        house.keep(str(number))
    house.memory.remembered(Remembered(70, 0.001), house.now)
    counts = []
    while house.memory.work(house.now):
        counts.append(len(house.done))
    assert counts == [32, 64]
    assert [key for key, _ in house.done] == [str(number) for number in range(70)]


def test_who_waits_for_his_turn_does_not_wait_for_the_disk():
    house = House()
    for number in range(40):
        house.keep(str(number))
    house.memory.remembered(Remembered(40, 0.001), house.now)
    assert house.memory.work(house.now)
    house.now += 1.5
    house.timers.run(house.now)
    assert (house.memory.health, len(house.done)) == ("ok", 32)
    house.work()
    assert len(house.done) == 40
    assert not house.keep("late")
    house.advance(1.5)
    assert house.memory.health == "in memory: nothing has been written for 1 s"


def test_a_disk_that_has_caught_up_is_waited_for_again(house):
    house.keep("a")
    house.advance(1)
    house.keep("b")
    house.memory.remembered(Remembered(1, 3.0), house.now)
    assert house.memory.is_safe
    assert house.told() == ["nothing has been written for 1 s", ""]
    assert house.memory.health == "ok"
    assert not house.keep("c")
    house.commit()
    assert house.done[-1] == ("c", house.now)


def test_each_that_waits_has_its_own_second(house):
    house.keep("a")
    house.advance(0.9)
    house.commit()
    house.keep("b")
    house.advance(0.95)
    assert len(house.done) == 1
    assert house.memory.is_safe
    house.advance(0.05)
    assert len(house.done) == 2


def test_what_is_noted_is_written_once_and_as_it_is_then(house):
    house.rows = {"a": "old", "b": "b"}
    for _ in range(3):
        house.memory.note("t", "a", house.now)
    house.memory.note("t", "gone", house.now)
    house.rows["a"] = "new"
    house.advance(0.9)
    assert house.effects == []
    house.advance(0.1)
    assert house.documents() == [("a", "new"), ("gone", None)]
    house.advance(10)
    assert house.effects == []


def test_many_are_written_in_slices(house):
    house.rows = {f"{n:03}": "d" for n in range(150)}
    for key in house.rows:
        house.memory.note("t", key, house.now)
    house.now += 1
    house.timers.run(house.now)
    sizes = []
    working = True
    while working:
        working = house.memory.work(house.now)
        sizes.append(len(house.written()))
    assert sizes == [64, 64, 22]


def test_a_flush_does_not_wait(house):
    house.rows = {str(n): "d" for n in range(100)}
    for key in house.rows:
        house.memory.note("t", key, house.now)
    house.memory.flush(house.now)
    assert len(house.documents()) == 100


def test_a_lost_store_is_not_waited_for(house):
    house.keep("a")
    house.memory.lost(StoreLost("the disk is full"), house.now)
    house.work()
    assert house.done == [("a", house.now)]
    house.written()
    assert house.keep("b")
    house.memory.drop("t", "a")
    house.memory.note("t", "a", house.now)
    house.advance(5)
    house.memory.lost(StoreLost("the disk is full"), house.now)
    assert house.effects == []
    assert house.memory.health == "in memory: the disk is full"
    house.memory.lost(StoreLost("read-only"), house.now)
    assert house.told() == ["read-only"]


def test_a_store_that_is_back_is_told_everything(house):
    house.rows = {str(n): f"d{n}" for n in range(100)}
    house.memory.note("t", "0", house.now)
    house.memory.lost(StoreLost("the disk is full"), house.now)
    house.written()
    house.memory.returned(house.now)
    assert house.keep("new"), "it is not safe before everything is"
    house.advance(0)
    first, *rows, last = house.written()
    assert (first, last) == (Rewrite(first.number, begins=True), Rewrite(last.number, begins=False))
    assert {(row.key, row.document) for row in rows} == {("new", "d"), *house.rows.items()}
    assert [row.number for row in rows] == [*range(first.number + 1, last.number)]
    assert not house.memory.is_safe
    house.memory.remembered(Remembered(last.number - 1, 0.001), house.now)
    assert not house.memory.is_safe
    house.memory.remembered(Remembered(last.number, 0.001), house.now)
    assert house.memory.is_safe
    assert house.told() == [""]


def test_what_ends_while_everything_is_told_is_not_told(house):
    house.rows = {str(n): "d" for n in range(100)}
    house.memory.lost(StoreLost("x"), house.now)
    house.written()
    house.memory.returned(house.now)
    house.memory.work(house.now)
    for key in ("0", "99"):
        del house.rows[key]
        house.memory.drop("t", key)
    house.advance(0)
    rows = {e.key: e.document for e in house.written() if isinstance(e, Remember)}
    assert (rows["0"], rows["99"], rows["50"]) == (None, None, "d")


def test_an_empty_house_is_told_too(house):
    house.memory.lost(StoreLost("x"), house.now)
    house.written()
    house.memory.returned(house.now)
    house.advance(0)
    assert [effect.begins for effect in house.written()] == [True, False]


def test_a_return_without_a_loss_means_nothing(house):
    house.memory.returned(house.now)
    house.advance(5)
    assert house.effects == []


def test_lost_again_while_everything_is_told(house):
    house.rows = {"a": "d"}
    house.memory.lost(StoreLost("x"), house.now)
    house.memory.returned(house.now)
    house.memory.lost(StoreLost("x"), house.now)
    house.written()
    house.advance(5)
    assert house.effects == []
    house.memory.returned(house.now)
    house.advance(0)
    assert len(house.written()) == 3


@pytest.mark.parametrize("jump", [3600, -86_400])
def test_when_the_clock_is_set_all_rows_are_written_again(house, jump):
    house.rows = {"a": "d", "b": "d"}
    house.memory.watch_clock(house.now)
    for _ in range(10):
        house.advance(31)
    assert house.effects == []
    house.offset += jump
    house.advance(31)
    house.advance(1)
    assert house.documents() == [("a", "d"), ("b", "d")]
    house.advance(62)
    assert house.effects == []
