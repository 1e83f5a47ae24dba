import pytest

from bridge.dialplan.extension_list import parse_extensions


@pytest.mark.parametrize(
    ("text", "extensions"),
    [
        ("3000", ("3000",)),
        ("3000-3002,4000", ("3000", "3001", "3002", "4000")),
        (" 098-101 , 099 ", ("098", "099", "100", "101")),
        ("alice,a-b", ("alice", "a-b")),
        ("5-5", ("5",)),
    ],
)
def test_a_list_of_extensions(text, extensions):
    assert parse_extensions(text) == extensions


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "'' names no extensions"),
        (" , ", "names no extensions"),
        ("3099-3000", "'3099-3000' is no range of extensions: write 3000-3099"),
        ("99-100", "is no range of extensions"),
        ("000000-999999", "is no range of extensions"),
        ("00000-99999,100000", "too many extensions"),
    ],
)
def test_a_wrong_list_is_refused_in_words(text, reason):
    with pytest.raises(ValueError, match=reason):
        parse_extensions(text)
