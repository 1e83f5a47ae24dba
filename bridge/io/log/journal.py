"""Whether standard error leads to systemd's journal (systemd.exec(5), JOURNAL_STREAM), and the priorities there."""

import logging
import os
from collections.abc import Mapping
from typing import Final

# The journal reads the priority from the front of a line (sd-daemon(3)).
_PRIORITY: Final = {logging.DEBUG: "<7>", logging.INFO: "<6>", logging.WARNING: "<4>", logging.ERROR: "<3>"}


def is_journal(environ: Mapping[str, str], descriptor: int = 2) -> bool:
    """Whether what is written to `descriptor` goes there.

    The variable is inherited by those whose output somebody has redirected: device and inode tell.
    """
    named = environ.get("JOURNAL_STREAM", "")
    if not named:
        return False
    try:
        status = os.fstat(descriptor)
    except OSError:
        return False
    return named == f"{status.st_dev}:{status.st_ino}"


def with_priority(level: int, text: str) -> str:
    """Return `text` with the priority of a level of `logging` before each of its lines."""
    priority = _PRIORITY.get(level, "<3>" if level > logging.ERROR else "<6>")
    return "\n".join(f"{priority}{line}" for line in text.split("\n"))
