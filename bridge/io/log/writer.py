"""Writes the log. May be used in any thread."""

import asyncio
import logging
import os
import sys
import time
from threading import Lock
from typing import Final

from bridge.io.log.flood import SPAN, Flood, LeftOut
from bridge.io.log.forms import JsonForm, TextForm
from bridge.io.log.journal import is_journal
from bridge.io.log.line import Line
from bridge.io.log.lines import KINDS, Kind
from bridge.io.log.pace import Pace
from bridge.model.words import unknown_name

LEVELS: Final = ("debug", "info", "warning", "error")

_LOG = logging.getLogger("bridge")

# Between two looks for what has been left out.
_PAUSE: Final = SPAN / 12


class _StandardError(logging.Handler):
    """Standard error as it is when something is written."""

    def emit(self, record: logging.LogRecord) -> None:
        try:
            sys.stderr.write(f"{self.format(record)}\n")
            sys.stderr.flush()
        except (OSError, ValueError):
            # Nobody reads it any more; the phones are served all the same.
            return


_HANDLER: Final = _StandardError()
_flood = Flood()
_paces: dict[str, Pace] = {}
_lock = Lock()


def configure(level: str, form: str = "text") -> None:
    """Log to standard error, in one of FORMATS; what libraries warn of as well."""
    journal = is_journal(os.environ)
    _HANDLER.setFormatter(JsonForm(journal=journal) if form == "json" else TextForm(journal=journal))
    for logger in (_LOG, logging.getLogger()):
        if _HANDLER not in logger.handlers:
            logger.addHandler(_HANDLER)
    _LOG.propagate = False
    with _lock:
        _flood.clear()
    _paces.clear()
    # Nobody reads them in our lines, and each costs a call for every record (Python's Logging HOWTO, Optimization).
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    _LOG.setLevel(level.upper())


def level() -> str:
    """The lowest level that is logged: one of LEVELS."""
    return logging.getLevelName(_LOG.getEffectiveLevel()).lower()


def set_level(wanted: str) -> str:
    """Log from another level on, and return the one that was. ValueError, in words, for one that there is not."""
    word = wanted.strip().lower()
    if word not in LEVELS:
        raise ValueError(unknown_name("level", wanted, LEVELS))
    before = level()
    _LOG.setLevel(word.upper())
    return before


def warn(text: str) -> None:
    """Say something that the operator should read."""
    _write(logging.WARNING, Line("warning", words=text, source=text))


def fail(text: str) -> None:
    """Say why the process ends."""
    _write(logging.ERROR, Line("failure", words=text))


def note(text: str) -> None:
    """Say something about the ordinary course of things."""
    _write(logging.INFO, Line("note", words=text))


def is_logged(effect: object) -> bool:
    """Whether `observe` would write a line, if there are not too many."""
    kind = KINDS.get(type(effect))
    return kind is not None and _LOG.isEnabledFor(kind.level(effect))


def observe(effect: object) -> None:
    """Log an observation, if it is of a kind that is logged. A level that is off costs no more than asking."""
    kind = KINDS.get(type(effect))
    if kind is not None and _LOG.isEnabledFor(level := kind.level(effect)) and _keeps_pace(kind, effect):
        _write(level, kind.line(effect))


def sum_up(until: float | None = None) -> None:
    """Say what was left out until this monotonic second, which is now unless told."""
    now = time.monotonic() if until is None else until
    with _lock:
        ended = [*_flood.ended(now)]
    _say(ended)
    for pace in _paces.values():
        if (line := pace.left_out()) is not None:
            _write(logging.INFO, line)


async def tend() -> None:
    """Say now and then what was left out, until cancelled."""
    while True:
        await asyncio.sleep(_PAUSE)
        sum_up()


def _write(level: int, line: Line) -> None:
    if not _LOG.isEnabledFor(level):
        return
    if line.source is not None:
        now = time.monotonic()
        with _lock:
            ended = [*_flood.ended(now)]
            is_admitted = _flood.admits(level, line, now)
        _say(ended)
        if not is_admitted:
            return
    # As `_LOG.log` does, but for looking through the stack for who has called.
    _LOG.handle(_LOG.makeRecord(_LOG.name, level, "", 0, line, (), None))


def _keeps_pace(kind: Kind, effect: object) -> bool:
    event = kind.paced(effect)
    if event is None:
        return True
    pace = _paces.get(event)
    if pace is None:
        pace = _paces[event] = Pace(event)
    return pace.admits(time.monotonic())


def _say(ended: list[LeftOut]) -> None:
    for level, line, number in ended:
        _LOG.log(level, line.left_out(number))
