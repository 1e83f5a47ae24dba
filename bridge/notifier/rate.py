"""How often a watcher wants to be told at most: the Event parameter `max-rate` (RFC 6446 section 5)."""

import re
from typing import Final, NamedTuple

from bridge.sip.headers import Event

# RFC 6446 section 8: 1*2DIGIT ["." 1*10DIGIT], in notifications per second.
_RATE: Final = re.compile(r"[0-9]{1,2}(?:\.[0-9]{1,10})?")

# A watcher that wants less than one NOTIFY in an hour can fetch.
_LONGEST: Final = 3600.0


class MaxRate(NamedTuple):
    """The rate as the watcher wrote it, and the seconds between two NOTIFYs that it means."""

    text: str
    interval: float


def max_rate(event: Event) -> MaxRate | None:
    """The rate that the watcher asks for; None where it asks for none that can be kept to.

    `min-rate` and `adaptive-min-rate` are not supported, which section 4.2 leaves to the notifier.
    """
    text = event.params.get("max-rate")
    if text is None or not _RATE.fullmatch(text) or float(text) == 0:
        return None
    return MaxRate(text, min(1 / float(text), _LONGEST))
