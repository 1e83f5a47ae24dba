import pytest

from bridge.phones.roster import Listed, find_phone

KITCHEN = Listed("000fd3aabbcc", ("200", "2000"))
DESK = Listed("000fd3aabbdd", ("201", "2001"))
NUMBER = "200020002000"


@pytest.mark.parametrize(
    ("target", "found"),
    [
        ("00:0F:D3:AA:BB:CC", KITCHEN),
        ("000fd3aabbdd", DESK),
        ("2001", DESK),
        ("200", KITCHEN),
        ("3000", Listed("", ("3000",))),
        ("000fd3000000", Listed("000fd3000000", ("000fd3000000",))),
    ],
)
def test_a_phone_is_meant_by_address_extension_or_user(target, found):
    assert find_phone(target, (KITCHEN, DESK)) == found


def test_a_long_extension_that_could_be_an_address_is_an_extension():
    listed = Listed("000fd3aabbee", (NUMBER,))
    assert find_phone(NUMBER, (KITCHEN, listed)) == listed


def test_a_phone_without_a_known_address_is_in_no_user_agent():
    assert not Listed("", ("200",)).is_named_in("Sangoma P330 4_27_8 000FD3AABBCC")
    assert KITCHEN.is_named_in("Sangoma P330 4_27_8 000FD3AABBCC")
