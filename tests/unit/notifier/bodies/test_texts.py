import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.model.presence import Presence, PresenceState
from bridge.notifier.bodies.texts import ROOM, TEXT_LIMIT, texts


def of(subtype, message, room=ROOM):
    return texts(Presence(PresenceState.AWAY, subtype, message), room)


def test_both_are_escaped():
    assert of("a&b", "<c>") == ("a&amp;b", "&lt;c&gt;")


def test_each_has_the_limit_of_asterisk():
    assert of("s" * 2000, "m" * 2000) == ("s" * TEXT_LIMIT, "m" * TEXT_LIMIT)


@pytest.mark.requirement("B7")
def test_the_message_gives_way_first():
    assert of("lunch", "back at 13:00", 12) == ("lunch", "back at")
    assert of("lunch", "back at 13:00", 5) == ("lunch", "")
    assert of("lunch", "back at 13:00", 3) == ("lun", "")
    assert of("lunch", "back at 13:00", 0) == ("", "")


@pytest.mark.requirement("B5")
def test_cuts_are_made_between_characters():
    assert of("", "a&b", 5) == ("", "a")
    assert of("", "éé", 3) == ("", "é")


@given(st.text(), st.text(), st.integers(0, ROOM))
@pytest.mark.requirement("B7")
def test_the_room_is_never_exceeded(subtype, message, room):
    cut = of(subtype, message, room)
    whole = of(subtype, message)
    assert len("".join(cut).encode()) <= room
    assert whole.subtype.startswith(cut.subtype)
    assert whole.message.startswith(cut.message)
