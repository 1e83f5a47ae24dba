"""The log: one line for each thing that an operator may want to know. See docs/logs.md."""

from bridge.io.log.behind import Behind
from bridge.io.log.forms import FORMATS
from bridge.io.log.writer import (
    LEVELS,
    configure,
    fail,
    level,
    note,
    observe,
    set_level,
    sum_up,
    tend,
    warn,
)

__all__ = [
    "FORMATS",
    "LEVELS",
    "Behind",
    "configure",
    "fail",
    "level",
    "note",
    "observe",
    "set_level",
    "sum_up",
    "tend",
    "warn",
]
