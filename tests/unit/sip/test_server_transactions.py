import pytest

from bridge.sip import endpoint
from bridge.sip.parser import parse
from support.playbook import Playbook


@pytest.fixture
def play():
    return Playbook("2000 = SIP/2000,CustomPresence:2000")


@pytest.mark.requirement("X8")
@pytest.mark.parametrize("later", [0, 31])
def test_a_merged_request_is_known_while_the_first_is_alive(play, later):
    phone = play.phone()
    text = phone.request("SUBSCRIBE", Event="presence", Expires="600")
    phone.send(text)
    phone.notified()
    play.advance(later)
    phone.send(text.replace("branch=z9hG4bK", "branch=z9hG4bKother"))
    assert [response.status for response in phone.responses()] == [200, 482]


@pytest.mark.requirement("X8")
def test_after_timer_j_the_same_request_is_a_new_one(play):
    phone = play.phone()
    text = phone.request("SUBSCRIBE", Event="presence", Expires="600")
    phone.send(text)
    phone.notified()
    play.advance(33)
    phone.send(text.replace("branch=z9hG4bK", "branch=z9hG4bKother"))
    assert [response.status for response in phone.responses()] == [200, 200]


@pytest.mark.requirement("D17")
def test_a_flood_gets_503_and_what_belongs_to_a_dialog_goes_on(play, monkeypatch):
    monkeypatch.setattr(endpoint, "_MOST_TRANSACTIONS", 3)
    phone = play.phone()
    phone.subscribe()
    phone.notified()
    others = [play.phone() for _ in range(4)]
    for other in others:
        other.send(other.request("OPTIONS"))
    answers = [other.responses()[0] for other in others]
    assert [answer.status for answer in answers] == [200, 200, 503, 503]
    assert answers[-1].get("retry-after") == "30"
    assert phone.subscribe().status == 200
    play.advance(40)
    late = play.phone()
    late.send(late.request("OPTIONS"))
    assert late.responses()[0].status == 200


def test_a_forgotten_transaction_is_looked_at_anew(play):
    phone = play.phone()
    text = phone.request("SUBSCRIBE", Event="presence", Expires="600")
    phone.send(text)
    phone.notified()
    servers = play.endpoint._servers
    servers.forget(parse(text.replace("\n", "\r\n").encode()))
    phone.send(text)
    assert [response.status for response in phone.responses()] == [200, 200]
    play.advance(40)
    assert len(servers) == 0
