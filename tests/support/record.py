"""What phones and publisher have seen of a bridge, from outside: one list of events, in the order of time.

Times are monotonic seconds. A `dialog` is Call-ID and the bridge's tag (RFC 3261 section 12). What is shown is
the presence of a Digium body: type, subtype and message. Each value that is published is unlike all others.
"""

import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

Shown = tuple[str, str, str]
Dialog = tuple[str, str]

NOT_SET: Shown = ("not_set", "", "")

_WORDS = ("away", "dnd", "xa", "chat")


def value(number: int) -> Shown:
    """The presence with this number."""
    return _WORDS[number % len(_WORDS)], f"s{number}", f"m{number}"


class Published(NamedTuple):
    """Handed to the broker; `number` counts from 1 for each extension, and 0 is what was there before."""

    at: float
    extension: str
    number: int


class Confirmed(NamedTuple):
    """The broker has taken it (PUBACK)."""

    at: float
    extension: str
    number: int


class Asked(NamedTuple):
    """A phone has sent a SUBSCRIBE; `dialog` is None for one that begins."""

    at: float
    call_id: str
    dialog: Dialog | None


class Answered(NamedTuple):
    """A SUBSCRIBE got its final answer; `expires` in seconds."""

    at: float
    dialog: Dialog
    extension: str
    status: int
    expires: float
    refresh: bool


class Notified(NamedTuple):
    """A NOTIFY has arrived; `copy` is true for a repetition. `shown` is None without a body."""

    at: float
    dialog: Dialog
    extension: str
    cseq: int
    shown: Shown | None
    state: str
    copy: bool


class Replied(NamedTuple):
    """The phone has answered a NOTIFY."""

    at: float
    dialog: Dialog
    cseq: int
    status: int


class Left(NamedTuple):
    """The phone has given a dialog up: it unsubscribed, or lost its memory."""

    at: float
    dialog: Dialog


class Fault(NamedTuple):
    """Something was broken from `at` to `until`: `bridge` (not running), `broker`, `network`, `phone`, `load`."""

    at: float
    until: float
    kind: str


Event = Published | Confirmed | Asked | Answered | Notified | Replied | Left | Fault


class Record:
    """All events of one test."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock = clock
        self.events: list[Event] = []
        self.sent: dict[str, int] = defaultdict(int)
        self.taken: dict[str, int] = defaultdict(int)

    def add(self, event: Event) -> None:
        """Append; keeps count of what was published last."""
        self.events.append(event)
        if isinstance(event, Published):
            self.sent[event.extension] = event.number
        elif isinstance(event, Confirmed):
            self.taken[event.extension] = max(event.number, self.taken[event.extension])

    @contextmanager
    def fault(self, kind: str) -> Iterator[None]:
        """What is done within, and the time that it takes, is one fault."""
        began_at = self.clock()
        try:
            yield
        finally:
            self.add(Fault(began_at, self.clock(), kind))
