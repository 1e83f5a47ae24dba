"""Hints of the running PBX: which are taken, and when they are looked for."""

import pytest

from bridge.asterisk.hints import EVERY, SOON, HintImport
from bridge.asterisk.message import parse_message
from bridge.timers import Timers
from support.ami_recording import recorded


class Import:
    """An import, and what it asks for and tells."""

    def __init__(self, *contexts):
        self.timers = Timers()
        self.asked, self.taken, self.warnings = [], [], []
        self.part = HintImport(
            contexts, self.asked.append, lambda hints, _now: self.taken.append(hints), self.timers, self.warn
        )

    def warn(self, warned):
        self.warnings.append(warned.text)

    def list(self, *rows, now=0.0):
        self.part.listed([row(*fields) for fields in rows], now)

    def hear(self, *fields, status="0", now=0.0):
        self.part.heard(row(*fields, status=status), now)


def row(exten, hint, context="ext-local", status="0"):
    lines = (
        "Event: ExtensionStatus",
        f"Exten: {exten}",
        f"Context: {context}",
        f"Hint: {hint}",
        f"Status: {status}",
    )
    return parse_message(lines)


def test_all_recorded_hints_are_taken_or_refused_in_words():
    found = Import()
    messages = map(parse_message, recorded()["action ExtensionStateList"])
    found.part.listed([message for message in messages if message.text("Exten")], 0.0)
    (hints,) = found.taken
    assert [hint.extension for hint in hints] == [
        "2000", "2001", "2002", "2003", "2004", "2006", "2008", "2009", "2010", "2011", "2012", "2013", "3123",
        "5000", "5001",
    ]  # fmt: skip
    assert len(found.warnings) == 3
    assert found.warnings[1].startswith(
        "the hint 'CustomPresence:2005' of 2005@hints is not taken from Asterisk: a presence provider needs a comma"
    )


def test_only_what_is_another_is_told():
    found = Import()
    found.list(("2000", "PJSIP/2000"), ("2001", "PJSIP/2001"))
    found.list(("2001", "PJSIP/2001"), ("2000", "PJSIP/2000"))
    assert len(found.taken) == 1
    found.list(("2000", "PJSIP/2000&Custom:DND2000"))
    assert [hint.text for hint in found.taken[-1]] == ["PJSIP/2000&Custom:DND2000"]
    found.list()
    assert found.taken[-1] == ()


def test_contexts_can_be_chosen_and_of_two_the_first_counts():
    found = Import()
    found.list(("2000", "SIP/1", "a"), ("2000", "SIP/2", "b"))
    assert found.part.hints["2000"].text == "SIP/1"
    found = Import("b")
    found.list(("2000", "SIP/1", "a"), ("2000", "SIP/2", "b"), ("_3XXX", "SIP/${EXTEN}", "b"))
    assert [hint.text for hint in found.taken[0]] == ["SIP/2"]


def test_the_list_is_read_again_every_minute():
    found = Import()
    found.list(("2000", "SIP/1"))
    found.timers.run(EVERY - 1)
    assert found.asked == []
    found.timers.run(EVERY)
    assert found.asked == [EVERY]


@pytest.mark.parametrize(
    ("fields", "status"), [(("2001", "SIP/1"), "0"), (("2000", "SIP/9"), "0"), (("2000", "SIP/1"), "-2")]
)
def test_an_event_that_does_not_fit_is_a_reason_to_look_soon(fields, status):
    found = Import()
    found.list(("2000", "SIP/1"))
    for _ in range(3):
        found.hear(*fields, status=status)
    found.timers.run(SOON)
    assert found.asked == [SOON]


def test_an_event_that_fits_or_is_of_what_was_refused_is_none():
    found = Import("ext-local")
    found.list(("2000", "SIP/1"), ("2005", "CustomPresence:2005"))
    found.hear("2000", "SIP/1", status="8")
    found.hear("2005", "CustomPresence:2005")
    found.hear("2001", "SIP/1", "elsewhere")
    found.timers.run(SOON)
    assert found.asked == []


def test_nothing_is_asked_of_a_pbx_that_is_away():
    found = Import()
    found.part.lost()
    found.list(("2000", "SIP/1"))
    found.part.lost()
    found.timers.run(EVERY)
    assert found.asked == []
    assert "2000" in found.part.hints


def test_what_an_earlier_run_had_taken_is_known():
    found = Import()
    found.part.resume("2000", "SIP/1")
    found.list(("2000", "SIP/1"))
    assert found.taken == []
    with pytest.raises(ValueError, match="watches nothing"):
        found.part.resume("2001", "")
