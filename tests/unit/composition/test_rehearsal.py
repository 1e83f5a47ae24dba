from datetime import UTC, datetime

import pytest

from bridge.composition.rehearsal import Rehearsal
from bridge.config import Settings
from bridge.effects import BrokerSynchronised, PresenceChanged, RuleDecided, SensorChanged

START = datetime(2026, 11, 24, 7, 0, tzinfo=UTC).timestamp()
CONFIG = {
    "hints": [{"extension": "2000", "hint": ",CustomPresence:2000"}],
    "rule_options": {"time_zone": "UTC"},
    "sensors": {
        "door": {"topic": "z/{room}"},
        "shown": {"topic": "presence-bridge/hint/2000", "path": "presence"},
    },
    "rules": [
        {"presence": "2000", "when": {"door": "closed"}, "for_seconds": 30, "set": "dnd"},
        {"presence": "2000", "from": "08:00", "to": "17:00", "set": "available", "layer": "sensor"},
        {"device": "Custom:lamp", "when": {"shown": "dnd"}, "set": "INUSE"},
    ],
}


class Stage:
    """A rehearsal, and what has been observed."""

    def __init__(self):
        self.seen = []
        self.rehearsal = Rehearsal(Settings.model_validate(CONFIG), START, self._observe)

    def receive(self, second: float, topic: str, payload: str, *, retained: bool = False) -> None:
        self.rehearsal.receive(START + second, topic, payload.encode(), retained=retained)

    def _observe(self, observation, unix, topic):
        self.seen.append((unix - START, topic, observation))

    def of(self, kind: type) -> list:
        return [one for one in self.seen if isinstance(one[2], kind)]

    @property
    def doors(self) -> list:
        return [one for one in self.of(SensorChanged) if one[2].sensor == "door"]

    @property
    def decided(self) -> list:
        return [(at, topic, one.output, one.value) for at, topic, one in self.of(RuleDecided)]


@pytest.fixture
def stage():
    return Stage()


def test_only_what_the_bridge_subscribes_to_is_heard(stage):
    hears = stage.rehearsal.hears
    assert hears("z/a")
    assert hears("presence-bridge/presence/2000/set")
    assert hears("presence-bridge/hint/2000")
    assert not hears("z/a/b")
    assert not hears("elsewhere")


def test_what_is_stored_has_been_so(stage):
    stage.receive(0.1, "z/a", "closed", retained=True)
    assert stage.of(BrokerSynchronised) == []
    stage.rehearsal.synchronise()
    assert len(stage.of(BrokerSynchronised)) == 1
    assert stage.decided[0] == (pytest.approx(0.1, abs=1e-3), "", "2000", "dnd")


@pytest.mark.parametrize(("second", "retained"), [(0.1, False), (60, True)])
def test_news_end_what_is_stored(stage, second, retained):
    stage.receive(second, "z/a", "closed", retained=retained)
    ((at, _, _),) = stage.of(BrokerSynchronised)
    assert at == 0


def test_the_clock_is_that_of_then(stage):
    stage.receive(10, "z/a", "open")
    stage.rehearsal.advance(START + 2 * 3600)
    assert stage.decided == [(pytest.approx(3600, abs=0.01), "", "2000", "available")]


def test_what_is_decided_is_given_back_and_read_again(stage):
    stage.receive(0, "z/a", "closed")
    stage.rehearsal.advance(START + 60)
    ((at, topic, change),) = stage.of(PresenceChanged)
    assert (at, topic, change) == (30, "", PresenceChanged("2000", "not_set", "dnd", "rule", "rule 1"))
    assert stage.decided == [(30, "", "2000", "dnd"), (30, "", "Custom/lamp", "INUSE")]


def test_the_cause_is_told(stage):
    stage.receive(5, "z/a", "closed")
    assert stage.doors == [(5, "z/a", SensorChanged("door", "a", "unknown", "closed"))]


def test_time_does_not_go_back(stage):
    stage.receive(60, "z/a", "closed")
    stage.receive(30, "z/a", "open")
    assert [at for at, _, _ in stage.doors] == [60, 60]
