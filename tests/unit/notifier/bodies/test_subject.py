from bridge.notifier.bodies.digium import digium_tuple
from bridge.notifier.profiles import BY_NAME


def subject(profile):
    return BY_NAME[profile].subject("2000", "sip:2000@h")


def test_subjects_that_say_the_same_share_a_body():
    one, other = subject("digium"), subject("sangoma")
    assert one == other
    assert one.supplements == (digium_tuple,)
    assert hash(one) == hash(other)
    assert subject("yealink") == subject("default") != one
