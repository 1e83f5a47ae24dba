import pytest

from bridge.sip.credentials import User
from support.playbook import Playbook
from support.softphone import Softphone, pidf

HINTS = (
    "2000 = SIP/2000,CustomPresence:Front&CustomPresence:other",
    "2001 = SIP/2001",
    "2002 = ,CustomPresence:2000",
)


@pytest.fixture
def play():
    return Playbook(*HINTS)


def topics(play):
    return [topic for topic in play.published if "/presence/" in topic]


@pytest.mark.parametrize(
    ("user", "topic"),
    [
        ("2000", "presence-bridge/presence/Front"),
        ("Front", "presence-bridge/presence/Front"),
        ("front", "presence-bridge/presence/Front"),
        ("other", "presence-bridge/presence/other"),
        ("2002", "presence-bridge/presence/2000"),
    ],
)
def test_a_user_is_an_extension_or_a_provider_by_name(play, user, topic):
    assert Softphone(play, user).publish(pidf()).status == 200
    assert topics(play) == [topic]


@pytest.mark.requirement("P1")
@pytest.mark.parametrize("user", ["2001", "2003", "SIP/2000", "x%2F%23", "+"])
def test_who_has_no_provider_is_not_found(play, user):
    assert Softphone(play, user).publish(pidf()).status == 404
    assert topics(play) == []


def test_a_request_uri_without_a_user_is_not_found(play):
    softphone = Softphone(play)
    request = softphone.phone.request("PUBLISH", Event="presence", From="<sip:2000@127.0.0.1>;tag=a")
    softphone.phone.send(request.replace("PUBLISH sip:2000@", "PUBLISH sip:"))
    assert softphone.phone.responses()[-1].status == 404


@pytest.mark.requirement("A11", "P1")
def test_from_a_trusted_network_everybody_speaks_for_the_user_in_from(play):
    assert Softphone(play, "2002").publish(pidf(), to="2000").status == 403
    assert Softphone(play, "2000").publish(pidf(), to="front").status == 403
    assert topics(play) == []


@pytest.mark.requirement("A11", "P1")
def test_who_authenticates_speaks_for_himself_whatever_from_says():
    users = (User("2000", "secret"), User("2002", "other", extensions=frozenset({"2000"})))
    play = Playbook(*HINTS, trusted=(), users=users)
    own = Softphone(play, "2000", password="secret")
    other = Softphone(play, "2002", password="other")
    claimed = "<sip:2000@127.0.0.1>;tag=a"
    assert other.publish(pidf(), to="2000", From=claimed).status == 403
    assert other.publish(pidf(), to="Front").status == 403
    assert Softphone(play, "2000", password="guess").publish(pidf()).status == 401
    assert topics(play) == []
    assert own.publish(pidf(), From="<sip:anonymous@anonymous.invalid>;tag=a").status == 200
    assert topics(play) == ["presence-bridge/presence/Front"]
