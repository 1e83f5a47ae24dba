from bridge.notifier.bodies import supplements_for
from bridge.notifier.bodies.digium import digium_tuple
from bridge.notifier.bodies.subject import Subject


def test_subjects_that_say_the_same_share_a_body():
    one = Subject("2000", "sip:2000@h", supplements_for("Digium D40"))
    other = Subject("2000", "sip:2000@h", supplements_for("Sangoma P325"))
    assert one == other
    assert one.supplements == (digium_tuple,)
    assert hash(one) == hash(other)
    assert one != Subject("2000", "sip:2000@h", supplements_for("baresip"))
