import pytest

from support.playbook import Playbook


@pytest.fixture
def play():
    return Playbook("2000 = SIP/2000,CustomPresence:2000")


def test_a_body_is_rendered_once_for_all_who_see_the_same(play):
    phones = [play.phone() for _ in range(3)]
    other = play.phone(agent="other")
    for phone in (*phones, other):
        phone.subscribe()
        phone.notified()
    play.mqtt("presence/2000", "away")
    renderer = play.notifier._renderer
    tails = {id(renderer.body(one).tail) for one in play.notifier.subscriptions}
    assert len(tails) == 2


def test_many_ways_to_write_the_uri_do_not_fill_the_memory(play):
    for i in range(200):
        phone = play.phone()
        text = phone.request("SUBSCRIBE", Event="presence", Expires="600")
        phone.send(text.replace("sip:2000@127.0.0.1:5060", f"sip:2000@host{i}.example"))
        assert phone.notified().tree.get("entity") == f"sip:2000@host{i}.example"
    assert len(play.notifier._renderer._rendered["2000"]) <= 64


@pytest.mark.requirement("M20")
def test_nothing_in_a_header_makes_another_line(play):
    phone = play.phone()
    phone.subscribe(
        From='"a\\\x00b" <sip:200@127.0.0.1>;tag=x', Contact="<sip:200@127.0.0.1:40000;x=%0d%0aEvil:1>"
    )
    data = phone.received[-1]
    assert data.startswith(b"NOTIFY ")
    assert b"\x00" not in data
    assert b"\nEvil" not in data


@pytest.mark.requirement("S29")
def test_a_watcher_that_knows_the_state_is_not_told(play):
    phone = play.phone()
    phone.subscribe()
    etag = phone.notified().request.get("sip-etag")
    response = phone.subscribe(Suppress_If_Match=etag)
    assert (response.status, response.reason, response.get("expires")) == (204, "No Notification", "600")
    assert len(phone.notifies()) == 1
    play.mqtt("presence/2000", "away")
    newer = phone.notified()
    assert newer.presence == ("away", "", "")
    assert newer.request.get("sip-etag") != etag


@pytest.mark.requirement("S29")
def test_a_watcher_that_knows_an_older_state_is_told(play):
    phone = play.phone()
    phone.subscribe()
    etag = phone.notified().request.get("sip-etag")
    play.mqtt("presence/2000", "away")
    phone.notified()
    assert phone.subscribe(Suppress_If_Match=etag).status == 200
    assert len(phone.notifies()) == 3


@pytest.mark.requirement("S29")
def test_an_asterisk_suppresses_the_last_word_too(play):
    phone = play.phone()
    phone.subscribe()
    phone.notified()
    assert phone.subscribe(expires=0, Suppress_If_Match="*").status == 204
    assert len(phone.notifies()) == 1
    assert play.notifier.subscriptions == ()


@pytest.mark.requirement("S29")
def test_an_asterisk_does_not_suppress_what_a_change_has_to_tell():
    play = Playbook("2000 = SIP/2000,CustomPresence:2000", min_interval=0.1)
    phone = play.phone()
    phone.subscribe()
    phone.notified()
    play.mqtt("presence/2000", "away")
    assert phone.subscribe(Suppress_If_Match="*").status == 204
    assert len(phone.notifies()) == 1
    assert play.notifier.behind(play.now)[0] == 1
    play.advance(0.1)
    assert phone.notified().presence == ("away", "", "")
    assert play.notifier.behind(play.now)[0] == 0


@pytest.mark.requirement("S29")
def test_a_new_subscription_can_be_silent(play):
    known = play.phone()
    known.subscribe(expires=0)
    etag = known.notified().request.get("sip-etag")
    phone = play.phone()
    phone.subscribe(Suppress_If_Match=etag)
    assert phone.responses()[0].status == 204
    assert phone.notifies() == []
    play.mqtt("presence/2000", "away")
    assert phone.notified().presence == ("away", "", "")
