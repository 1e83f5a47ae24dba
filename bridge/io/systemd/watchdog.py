"""The watchdog of systemd (systemd.service(5), WatchdogSec): how often it wants to be fed."""

from collections.abc import Mapping
from typing import Final

# Twice in the time that it waits, as sd_watchdog_enabled(3) advises.
_MEALS: Final = 2


def pause(environ: Mapping[str, str], pid: int) -> float | None:
    """The seconds between two meals; None where it wants none of the process `pid`."""
    owner = environ.get("WATCHDOG_PID", "")
    if owner and owner != str(pid):
        return None
    micros = environ.get("WATCHDOG_USEC", "")
    if not micros.isdecimal() or int(micros) == 0:
        return None
    return int(micros) / 1e6 / _MEALS
