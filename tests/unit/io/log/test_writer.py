import asyncio
import json
import logging
import os
import sys
import tracemalloc
from contextlib import suppress
from types import SimpleNamespace

import pytest

from bridge.effects import (
    AuthenticationFailed,
    MessageDropped,
    NotifyAnswered,
    NotifySent,
    PresenceChanged,
    SubscribeAnswered,
    Warned,
)
from bridge.events import Address, Flow
from bridge.io import log
from bridge.io.log import writer

FLOW = Flow("udp", Address("127.0.0.1", 5060), Address("192.0.2.1", 5060))
REFUSED = SubscribeAnswered("rejected", 403, "", "sip:a@h", "c", "10.0.0.7")


@pytest.fixture(autouse=True)
def clock(monkeypatch):
    """Pretended time, and a log as a process finds it."""

    class Clock:
        now = 1000.0

    monkeypatch.delenv("JOURNAL_STREAM", raising=False)
    monkeypatch.setattr(writer, "time", SimpleNamespace(monotonic=lambda: Clock.now))
    yield Clock
    for logger in (logging.getLogger("bridge"), logging.getLogger()):
        logger.removeHandler(writer._HANDLER)
    logging.getLogger("bridge").propagate = True


@pytest.fixture
def written(capsys):
    """What was written since the last call, without time and level."""
    return lambda: [line.split(" ", 2)[2].split(None, 1)[1] for line in capsys.readouterr().err.splitlines()]


def test_the_level_decides(written):
    log.configure("info")
    log.observe(PresenceChanged("2000", "away", "dnd"))
    log.observe(MessageDropped(FLOW, "malformed", "not at this level"))
    assert written() == ["presence_changed provider=2000 old=away new=dnd"]
    log.set_level("warning")
    log.observe(PresenceChanged("2000", "away", "dnd"))
    assert written() == []


@pytest.mark.parametrize(
    "effect", [NotifySent("state", None), NotifyAnswered("state", "acknowledged", 200, 0.1, None)]
)
def test_what_goes_well_is_not_logged(written, effect):
    log.configure("debug")
    log.observe(effect)
    assert written() == []


def test_of_what_is_ordinary_a_hundred_lines_a_second_are_written(written, clock):
    log.configure("info")
    for outcome in ("created", "rejected"):
        for number in range(105):
            log.observe(SubscribeAnswered(outcome, 200, "2000", "sip:a@h", "c", f"10.0.0.{number}"))
    log.sum_up()
    lines = written()
    assert len([line for line in lines if line.startswith("subscribe_created status=200")]) == 100
    assert len([line for line in lines if line.startswith("subscribe_rejected")]) == 105
    assert lines[-1] == "subscribe_created … and 5 more of these, too many a second"
    clock.now += 1
    log.observe(SubscribeAnswered("created", 200, "2000", "sip:a@h", "c", "10.0.0.1"))
    log.sum_up()
    assert len(written()) == 1


def test_words_have_three_levels(capsys):
    log.configure("info", "json")
    log.note("a")
    log.warn("b")
    log.fail("c")
    documents = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [(one["level"], one["event"], one["text"]) for one in documents] == [
        ("info", "note", "a"),
        ("warning", "warning", "b"),
        ("error", "failure", "c"),
    ]


def test_under_systemd_the_priority_stands_in_front(monkeypatch, tmp_path):
    file = tmp_path / "journal"
    with file.open("w") as journal:
        status = os.fstat(journal.fileno())
        monkeypatch.setenv("JOURNAL_STREAM", f"{status.st_dev}:{status.st_ino}")
        monkeypatch.setattr(writer, "is_journal", lambda environ: log_goes_to(journal, environ))
        monkeypatch.setattr(sys, "stderr", journal)
        log.configure("info")
        log.note("a")
        log.warn("b")
        log.fail("c")
    assert file.read_text().splitlines() == ["<6>a", "<4>b", "<3>c"]


def log_goes_to(file, environ):
    from bridge.io.log.journal import is_journal

    return is_journal(environ, file.fileno())


def test_a_variable_that_was_inherited_does_not_make_a_journal(monkeypatch, capsys):
    monkeypatch.setenv("JOURNAL_STREAM", "8:1")
    log.configure("info")
    log.note("a")
    assert "<6>" not in capsys.readouterr().err


@pytest.mark.parametrize("word", ["debug", "DEBUG", " Debug\n"])
def test_the_level_is_changed_while_it_runs(written, word):
    log.configure("warning")
    log.note("a")
    assert log.level() == "warning"
    assert log.set_level(word) == "warning"
    assert log.level() == "debug"
    log.note("b")
    assert log.set_level("error") == "debug"
    log.warn("c")
    assert written() == ["b"]


@pytest.mark.parametrize("level", log.LEVELS)
def test_each_level_is_one_that_can_be_read_back(level):
    log.set_level(level)
    assert log.level() == level


def test_a_level_that_there_is_not_is_refused_in_words_and_changes_nothing():
    log.set_level("info")
    words = r"unknown level 'debgu': known are debug, info, warning, error \(did you mean debug\?\)"
    with pytest.raises(ValueError, match=words):
        log.set_level("debgu")
    assert log.level() == "info"


def test_a_flood_is_ten_lines_and_a_sum(written, clock):
    log.configure("info")
    for _ in range(350):
        log.observe(REFUSED)
    assert len(written()) == 10
    log.sum_up()
    assert written() == []
    clock.now += 60
    log.sum_up()
    assert written() == ["subscribe_rejected … and 340 more of these in the last minute from 10.0.0.7"]


def test_the_sum_stands_before_the_next_line(written, clock):
    log.configure("info")
    for _ in range(11):
        log.observe(REFUSED)
    written()
    clock.now += 61
    log.observe(REFUSED)
    lines = written()
    assert lines[0].startswith("subscribe_rejected … and 1 more")
    assert lines[1].startswith("subscribe_rejected status=403")


def test_at_the_end_nothing_is_kept_back(written):
    log.configure("info")
    for _ in range(12):
        log.warn("again")
        log.observe(Warned("and again"))
    assert len(written()) == 20
    log.sum_up(float("inf"))
    assert written() == [
        "… and 2 more of these in the last minute: again",
        "… and 2 more of these in the last minute: and again",
    ]


def test_what_is_not_logged_is_not_counted(written, clock):
    log.configure("error")
    for _ in range(100):
        log.observe(AuthenticationFailed("10.0.0.7", "a"))
    clock.now += 60
    log.set_level("info")
    log.sum_up()
    assert written() == []


def test_the_sum_comes_by_itself(written, clock, monkeypatch):
    log.configure("info")
    for _ in range(11):
        log.observe(REFUSED)
    written()

    async def main():
        monkeypatch.setattr(writer, "_PAUSE", 0)
        clock.now += 60
        with suppress(TimeoutError):
            async with asyncio.timeout(0.05):
                await log.tend()

    asyncio.run(main())
    assert len(written()) == 1


def test_a_level_that_is_off_makes_no_line():
    log.configure("info")
    dropped = MessageDropped(FLOW, "malformed", "x")
    log.observe(dropped)
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        for _ in range(1000):
            log.observe(dropped)
        assert tracemalloc.get_traced_memory()[0] - before < 2000
    finally:
        tracemalloc.stop()


def test_what_libraries_warn_of_is_in_the_log(capsys):
    log.configure("info", "json")
    logging.getLogger("asyncio").warning("slow")
    logging.getLogger("asyncio").info("not this")
    (document,) = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert (document["library"], document["text"]) == ("asyncio", "slow")


def test_configured_twice_it_is_written_once(written):
    log.configure("info")
    log.configure("info")
    log.note("a")
    assert written() == ["a"]


def test_a_log_that_nobody_takes_any_more_stops_nothing(monkeypatch):
    log.configure("info")

    class Broken:
        def write(self, _text):
            raise BrokenPipeError

    monkeypatch.setattr(sys, "stderr", Broken())
    log.note("a")
