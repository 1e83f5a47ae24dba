"""Waiting for what other programs do."""

import time
from collections.abc import Callable


def eventually(
    holds: Callable[[], object], what: Callable[[], object] = lambda: None, within: float = 30.0
) -> None:
    """Return as soon as it holds; `what` is shown if it does not."""
    until = time.monotonic() + within
    while not holds():
        assert time.monotonic() < until, what()
        time.sleep(0.02)
