from bridge.model.device import DeviceState
from bridge.model.hint import ExtensionState
from bridge.model.presence import Presence, PresenceState
from bridge.notifier.bodies.digium import digium_tuple
from bridge.notifier.bodies.texts import ROOM, TEXT_LIMIT


def element(subtype="", message="", room=ROOM):
    presence = Presence(PresenceState.AWAY, subtype, message)
    return digium_tuple(ExtensionState(DeviceState.NOT_INUSE, presence), room).splitlines()[2].strip()


def test_the_forms_of_the_element():
    assert element() == '<digium_presence type="away" />'
    assert element("lunch") == '<digium_presence type="away" subtype="lunch" />'
    assert element("lunch", "back at 13:00") == (
        '<digium_presence type="away" subtype="lunch">back at 13:00</digium_presence>'
    )


def test_texts_that_hold_nothing_xml_can_say_are_absent():
    assert element("\x01", "\x02") == '<digium_presence type="away" />'


def test_long_texts_are_cut_as_in_asterisk():
    text = element("s" * 2000, "m" * 2000)
    assert "s" * TEXT_LIMIT + '"' in text
    assert "m" * TEXT_LIMIT + "<" in text


def test_in_less_room_the_message_is_cut():
    assert element("lunch", "back at 13:00", 9) == (
        '<digium_presence type="away" subtype="lunch">back</digium_presence>'
    )
