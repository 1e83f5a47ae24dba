"""What holds for every test."""

import logging
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def _the_log_as_it_was() -> Iterator[None]:
    """A test that runs a command configures the log of the whole process, and import-linter switches it off."""
    log = logging.getLogger("bridge")
    handlers, propagate, level, disabled = [*log.handlers], log.propagate, log.level, log.disabled
    yield
    log.handlers[:], log.propagate, log.disabled = handlers, propagate, disabled
    log.setLevel(level)
