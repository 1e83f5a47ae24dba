import json
from zoneinfo import ZoneInfo

import pytest

from bridge.commands.happenings import Happenings
from bridge.effects import (
    MessageRejected,
    PresenceChanged,
    RuleDecided,
    SensorChanged,
    TruthReceived,
    Warned,
)

BERLIN = ZoneInfo("Europe/Berlin")
NOON = 1_795_518_000.25  # in Berlin


def lines(*observations, as_json: bool = False, unix: float = NOON, topic: str = "z/door") -> list[str]:
    happenings = Happenings(BERLIN, as_json=as_json)
    return [line for one in observations for line in happenings.lines(one, unix, topic)]


@pytest.mark.parametrize(
    ("observation", "text"),
    [
        (SensorChanged("door", "", "unknown", "open"), "door: unknown -> open"),
        (SensorChanged("doors", "a/b", "open", "closed"), "doors (a/b): open -> closed"),
        (RuleDecided("2000", "door", "dnd,,Closed"), "2000 = dnd,,Closed by rule 'door'"),
        (PresenceChanged("2000", "away", "dnd"), "2000: away -> dnd"),
        (MessageRejected("z/door", "payload", "x", "no presence"), "not understood: no presence"),
        (Warned("look\x1b out"), "look\\x1b out"),
    ],
)
def test_a_line_for_people(observation, text):
    assert lines(observation) == [f"2026-11-24 12:00:00.250  {'z/door':40}  {text}"]


def test_time_alone():
    assert "  (time)  " in lines(RuleDecided("2000", "door", "dnd"), topic="")[0]


def test_what_has_nothing_to_do_with_rules_is_left_out():
    assert lines(TruthReceived("x", retained=False, changed=True)) == []


def test_a_decision_is_told_once():
    decided, changed = RuleDecided("Anna", "door", "dnd"), PresenceChanged("anna", "away", "dnd")
    assert len(lines(decided, changed)) == 1
    assert len(lines(changed, decided)) == 2
    happenings = Happenings(BERLIN, as_json=False)
    assert [*happenings.lines(decided, NOON, "a")]
    assert [*happenings.lines(changed, NOON, "b")]


def test_objects_for_programs():
    (sensor, decision, warning) = map(
        json.loads,
        lines(
            SensorChanged("doors", "a", "open", "closed"),
            RuleDecided("2000", "door", "dnd"),
            Warned("x"),
            as_json=True,
            topic="",
        ),
    )
    common = {"time": "2026-11-24T12:00:00.250+01:00", "topic": None}
    assert sensor == {
        **common,
        "event": "sensor",
        "sensor": "doors",
        "instance": "a",
        "old": "open",
        "new": "closed",
    }
    assert decision == {**common, "event": "decision", "output": "2000", "rule": "door", "value": "dnd"}
    assert warning == {**common, "event": "warning", "text": "x"}
