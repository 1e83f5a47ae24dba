from bridge.io.log.pace import MOST, SPAN, Pace


def test_so_many_lines_a_second_are_written():
    pace = Pace("subscribe_created")
    assert [pace.admits(1000.0) for _ in range(MOST + 2)] == [True] * MOST + [False] * 2
    assert not pace.admits(1000.0 + SPAN - 0.01)
    assert pace.admits(1000.0 + SPAN)


def test_the_others_are_counted_and_told_once():
    pace = Pace("subscribe_created")
    for _ in range(MOST + 3):
        pace.admits(1000.0)
    line = pace.left_out()
    assert line.fields == {"left_out": 3}
    assert str(line) == "subscribe_created … and 3 more of these, too many a second"
    assert pace.left_out() is None


def test_where_none_was_left_out_there_is_nothing_to_tell():
    pace = Pace("subscribe_created")
    assert pace.admits(1000.0)
    assert pace.left_out() is None
