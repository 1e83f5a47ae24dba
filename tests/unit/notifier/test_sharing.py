from bridge.notifier import sharing
from bridge.notifier.profiles import Profiles
from bridge.notifier.sharing import Sharing


def test_equal_values_are_one_object():
    shared, profile = Sharing(), Profiles().choose("Digium D40").profile
    assert shared.text("ab" * 3) is shared.text("ababab")
    one = shared.subject(profile, "2000", "sip:2000@example.com")
    assert shared.subject(profile, "2000", "sip:2000@example.com") is one
    assert one == profile.subject("2000", "sip:2000@example.com")
    assert shared.subject(profile, "2000", "sip:2000@example.org") != one
    assert shared.subject(Profiles().choose("Yealink").profile, "2000", "sip:2000@example.com") != one


def test_what_strangers_write_does_not_stay(monkeypatch):
    monkeypatch.setattr(sharing, "_MOST", 3)
    shared, profile = Sharing(), Profiles().choose("").profile
    for number in range(10):
        shared.text(f"agent {number}")
        shared.subject(profile, "2000", f"sip:2000@{number}")
    assert (len(shared._texts), len(shared._subjects)) == (1, 1)
