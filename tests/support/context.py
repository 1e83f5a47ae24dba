"""What a part of the engine is given, pretended."""

import itertools

from bridge.effects import Emit
from bridge.model.state import State
from bridge.service import Context
from bridge.timers import Timers

EPOCH = 1_795_000_000.0  # 2026-11-18, the Wednesday on which second 0 of the pretended clock lies


def wall(now: float) -> float:
    """The Unix seconds of a pretended second."""
    return EPOCH + now


def pretended_context(state: State, emit: Emit, timers: Timers | None = None) -> Context:
    """A context whose clock is pretended, and whose tokens are counted."""
    tokens = itertools.count(0xABCDEF)
    timers = Timers() if timers is None else timers
    return Context(state, timers, emit, lambda: f"{next(tokens):016x}", wall)
