"""What happens to extension 2000 while foreign phones watch it."""

from typing import Final, NamedTuple

HINT: Final = "2000 = SIP/2000,CustomPresence:2000"


class Happening(NamedTuple):
    """A message under the base topic that changes what is shown, and the one that ends it."""

    topic: str
    payload: str
    end: str


def _device(state: str) -> Happening:
    return Happening("device/SIP/2000", state, "NOT_INUSE")


def _presence(line: str) -> Happening:
    return Happening("presence/2000", line, "available")


# Between any two of them, the line is idle and its owner available.
HAPPENINGS: Final = {
    "ringing": _device("RINGING"),
    "on the phone": _device("INUSE"),
    "on hold": _device("ONHOLD"),
    "unplugged": _device("UNAVAILABLE"),
    "away": _presence("away,lunch,back at 13:00"),
    "dnd": _presence("dnd"),
    "unavailable": _presence("unavailable"),
}
