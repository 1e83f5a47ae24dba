"""What must hold for any octets that a phone of a trusted network sends to a whole bridge.

* Nothing is raised, and nothing is told that only a mistake of ours could cause.
* Everything that is sent goes to the host that it came from, at a port that exists.
* When the longest time that anything is kept is over, nothing of it is left.
"""

from collections.abc import Iterable

from bridge.effects import Send, Warned
from bridge.features.feature_code import parse_feature_code
from fuzz.seeds import messages
from support.playbook import Playbook

_HOST = "127.0.0.1"

CODES = (
    parse_feature_code("2000", "2000", ["available", "dnd,{user}"]),
    parse_feature_code("*{x}", "{x}", ["away,{x},{user}"]),
)


def seeds() -> Iterable[bytes]:
    """Torture messages, recorded phones, and SUBSCRIBEs that were spoiled."""
    return messages()


def check(data: bytes) -> None:
    """Raise AssertionError, or anything else, if what is said above does not hold."""
    play = Playbook("2000 = SIP/2000,CustomPresence:2000", feature_codes=CODES, max_expires=60)
    phone = play.phone(_HOST, 5060)
    for part in data.split(b"\n----\n")[:8]:
        phone.send(part)
    play.mqtt("presence/2000", "away")
    assert not play.of(Warned), play.of(Warned)
    for effect in play.of(Send):
        assert effect.flow.remote.host == _HOST
        assert 0 < effect.flow.remote.port < 65_536
    # A publication and a binding last an hour at most. (With a broker it would look about each second.)
    play.disconnect()
    play.advance(4000)
    assert play.notifier.subscriptions == ()
    assert play.endpoint.transactions == (0, 0)
    assert play.timers_left() == 0
