import asyncio

import pytest

from bridge.effects import NotifyAnswered, NotifySent, PresenceChanged, Warned
from bridge.io import log
from bridge.io.log import behind
from bridge.io.log.behind import Behind


@pytest.fixture(autouse=True)
def _level():
    log.set_level("info")


SEEN = (PresenceChanged("2000", "away", "dnd"), Warned("a"), Warned("b"))


ACKNOWLEDGED = NotifyAnswered("state", "acknowledged", 200, 0.1, None)


def test_lines_are_written_in_their_order_in_the_next_round(monkeypatch):
    written = []
    monkeypatch.setattr(behind, "observe", written.append)

    async def observed():
        kept = Behind()
        for effect in (*SEEN, NotifySent("state", None), ACKNOWLEDGED):
            kept.observe(effect)
        at_once = list(written)
        await asyncio.sleep(0)
        return at_once

    assert asyncio.run(observed()) == []
    assert written == list(SEEN)


def test_what_waits_can_be_written_at_once(monkeypatch):
    written = []
    monkeypatch.setattr(behind, "observe", written.append)

    async def flushed():
        kept = Behind()
        kept.observe(SEEN[0])
        kept.flush()
        return list(written)

    assert asyncio.run(flushed()) == [SEEN[0]]
    assert written == [SEEN[0]]
