"""What holds for every test."""

import logging
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def _the_logs_as_they_were() -> Iterator[None]:
    """A test that runs a command configures the log of the whole process, and import-linter switches all off."""
    log, library = logging.getLogger("bridge"), logging.getLogger("asyncio")
    handlers, propagate, level, disabled = [*log.handlers], log.propagate, log.level, log.disabled
    library_disabled = library.disabled
    yield
    log.handlers[:], log.propagate, log.disabled = handlers, propagate, disabled
    log.setLevel(level)
    library.disabled = library_disabled
