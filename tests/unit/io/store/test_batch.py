from bridge.effects import Remember, Rewrite
from bridge.io.store.batch import Batch


def filled(*commands):
    batch = Batch()
    for command in commands:
        batch.add(command)
    return batch


def test_of_many_commands_about_one_row_the_last_counts():
    batch = filled(
        Remember(1, "t", "a", "old"),
        Remember(2, "t", "b", "b"),
        Remember(3, "t", "a", None),
        Remember(4, "u", "a", "x"),
    )
    assert batch.changes == {("t", "a"): None, ("t", "b"): "b", ("u", "a"): "x"}
    assert (batch.number, batch.is_ready, batch.is_whole) == (4, True, False)
    batch.committed()
    assert (batch.changes, batch.is_ready) == ({}, False)


def test_a_rewrite_is_committed_when_it_is_whole():
    batch = filled(Remember(1, "t", "old", "d"), Rewrite(2, begins=True), Remember(3, "t", "a", "d"))
    assert not batch.is_ready
    batch.add(Rewrite(4, begins=False))
    batch.add(Remember(5, "t", "b", "d"))
    assert (batch.is_ready, batch.is_whole, batch.number) == (True, True, 5)
    assert batch.changes == {("t", "a"): "d", ("t", "b"): "d"}
    batch.committed()
    batch.add(Remember(6, "t", "c", "d"))
    assert (batch.is_ready, batch.is_whole) == (True, False)


def test_after_a_loss_only_a_rewrite_counts():
    batch = filled(Remember(1, "t", "a", "d"))
    batch.spoilt()
    batch.add(Remember(2, "t", "b", "d"))
    assert (batch.changes, batch.is_ready) == ({}, False)
    batch.add(Rewrite(3, begins=True))
    batch.add(Rewrite(4, begins=False))
    assert (batch.changes, batch.is_ready, batch.is_whole) == ({}, True, True)


def test_an_empty_rewrite_is_one():
    batch = filled(Rewrite(1, begins=True), Rewrite(2, begins=False))
    assert batch.is_ready
    assert batch.is_whole
