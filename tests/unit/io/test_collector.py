import gc

import pytest

from bridge.io.collector import Collector
from support.disk import Disk
from support.playbook import Playbook


@pytest.fixture(autouse=True)
def _as_before():
    before = gc.get_threshold()
    yield
    gc.set_threshold(*before)


def test_what_there_is_at_the_start_is_put_aside():
    frozen = []
    Collector(lambda: 5, lambda: frozen.append(True)).begin()
    assert frozen == [True]
    assert gc.get_threshold() > (700, 10, 10)


def test_it_is_done_again_when_there_are_many_more_and_not_when_they_come_and_go():
    frozen = []
    alive = [0]
    collector = Collector(lambda: alive[0], lambda: frozen.append(alive[0]))
    collector.begin()
    for alive[0] in (999, 1000, 1999, 10, 1999, 2100, 3000, 10, 3099, 3100):
        collector.look()
    assert frozen == [0, 1000, 2100, 3100]


def test_the_engine_makes_no_cycles():
    """Else what is put aside would never be freed."""
    play = Playbook("2000 = SIP/2000,CustomPresence:2000", disk=Disk())
    phones = [play.phone() for _ in range(20)]
    gc.collect()
    gc.disable()
    try:
        for phone in phones:
            phone.subscribe("2000")
            phone.notified()
        for word in ("away", "dnd"):
            play.mqtt("presence/2000", word)
            for phone in phones:
                phone.notified()
        for phone in phones:
            phone.subscribe("2000")
            phone.notified()
            phone.subscribe("2000", expires=0)
            phone.notified()
        play.advance(100)
        assert gc.collect() == 0
    finally:
        gc.enable()
