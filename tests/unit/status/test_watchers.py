from bridge.status.watchers import by_phone, identify, is_behind, phone_document, watcher_document
from support.context import wall
from support.playbook import Playbook


def subscriptions(*watching):
    """Of one address; each dialog of a pretended phone has a port of its own."""
    play = Playbook("2000 = ,CustomPresence:2000", "2001 = ,CustomPresence:2001")
    for extension in watching:
        play.phone().subscribe(extension)
    return play, play.notifier.subscriptions


def test_a_new_one_is_not_called_behind_at_once():
    play, (one,) = subscriptions("2000")
    assert one.behind
    assert not is_behind(one, play.now)
    assert is_behind(one, play.now + 1.5)


def test_what_is_not_known_yet_is_null():
    play, (one,) = subscriptions("2000")
    document = watcher_document(one, wall, play.now)
    assert document["last_notify"] is None
    assert document["latency_ms"] is None
    assert document["phone"] == identify(one)
    assert watcher_document(one, wall, play.now + 10**6)["expires_in"] == 0


def test_the_subscriptions_of_a_phone_are_one_phone():
    play, found = subscriptions("2000", "2001")
    ((name, of),) = by_phone(found).items()
    document = phone_document(name, of, wall, play.now)
    assert document["extensions"] == ["2000", "2001"]
    assert document["phone"] == name
    assert not document["behind"]
    assert phone_document(name, of, wall, play.now + 5)["behind"]


def test_texts_of_phones_are_made_printable():
    play, (one,) = subscriptions("2000")
    one.agent = "evil\x1b[2J\u202e"
    assert watcher_document(one, wall, play.now)["agent"].isprintable()
    assert phone_document("x", [one], wall, play.now)["agent"].isprintable()
