from bridge.commands.columns import columns


def test_columns_are_as_wide_as_their_widest_cell():
    assert [*columns(("a", "bb", "c"), ("aaa", "b", ""))] == ["a    bb  c", "aaa  b"]
