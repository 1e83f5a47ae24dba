import pytest

from bridge.model.device import DeviceState
from bridge.model.hint import ExtensionState
from bridge.model.presence import Presence, PresenceState
from bridge.notifier.bodies.digium import TEXT_LIMIT, digium_tuple, reads_digium_presence


@pytest.mark.parametrize(
    ("agent", "reads"),
    [
        ("Digium D40 1_4_0_0_57389", True),
        ("my digium thing", True),
        ("Sangoma P325 4_9_2", True),
        ("SANGOMA", True),
        ("Yealink SIP-T46S 66.85", False),
        ("baresip v1.0.0 (x86_64/linux)", False),
        ("", False),
    ],
)
def test_who_reads_it(agent, reads):
    assert reads_digium_presence(agent) is reads


def element(subtype="", message=""):
    presence = Presence(PresenceState.AWAY, subtype, message)
    return digium_tuple(ExtensionState(DeviceState.NOT_INUSE, presence)).splitlines()[2].strip()


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
