from bridge.notifier.bodies import PRESENCE_BODIES, supplements_for
from bridge.notifier.bodies.digium import digium_tuple


def test_bodies_stand_under_their_content_type():
    assert PRESENCE_BODIES
    assert all(body.content_type == name for name, body in PRESENCE_BODIES.items())


def test_supplements_go_to_those_who_read_them():
    assert supplements_for("Digium D40 1_4_0_0_57389") == (digium_tuple,)
    assert supplements_for("Yealink SIP-T46S 66.85") == ()
