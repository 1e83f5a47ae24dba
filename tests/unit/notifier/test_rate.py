import pytest

from bridge.notifier.rate import MaxRate, max_rate
from bridge.sip.headers import parse_event
from support.playbook import Playbook


@pytest.mark.requirement("S28")
@pytest.mark.parametrize(
    ("event", "expected"),
    [
        ("presence;max-rate=0.5", MaxRate("0.5", 2.0)),
        ("presence;max-rate=10", MaxRate("10", 0.1)),
        ("presence;max-rate=0.0000000001", MaxRate("0.0000000001", 3600.0)),
        ("presence", None),
        ("presence;max-rate", None),
        ("presence;max-rate=0", None),
        ("presence;max-rate=0.0", None),
        ("presence;max-rate=abc", None),
        ("presence;max-rate=-1", None),
        ("presence;max-rate=1e3", None),
        ("presence;max-rate=100", None),
        ("presence;min-rate=1", None),
    ],
)
def test_the_parameter(event, expected):
    assert max_rate(parse_event(event)) == expected


@pytest.mark.requirement("S28")
def test_the_rate_is_kept_to_and_said():
    play = Playbook("2000 = ,CustomPresence:2000", min_interval=0.1)
    phone = play.phone()
    phone.subscribe(Event="presence;max-rate=0.5")
    assert phone.notified().state == "active;expires=600;max-rate=0.5"
    play.mqtt("presence/2000", "away")
    play.advance(1.9)
    play.mqtt("presence/2000", "dnd")
    assert len(phone.notifies()) == 1
    play.advance(0.2)
    assert phone.notified().presence[0] == "dnd"


@pytest.mark.requirement("S28")
def test_a_refresh_can_change_it():
    play = Playbook("2000 = ,CustomPresence:2000", min_interval=0.0)
    phone = play.phone()
    phone.subscribe(Event="presence;max-rate=0.01")
    phone.notified()
    phone.subscribe(Event="presence")
    assert phone.notified().state == "active;expires=600"
    play.mqtt("presence/2000", "away")
    assert phone.notified().presence[0] == "away"
