"""What states are called on the page."""

from collections.abc import Mapping
from typing import Final

PRESENCES: Final[Mapping[str, str]] = {
    "available": "Available",
    "chat": "Free to chat",
    "away": "Away",
    "xa": "Away for long",
    "dnd": "Do not disturb",
    "unavailable": "Unavailable",
    "not_set": "Not set",
}

# By the words of Asterisk's `core show hints`.
DEVICES: Final[Mapping[str, str]] = {
    "Idle": "Idle",
    "InUse": "In use",
    "Busy": "Busy",
    "Unavailable": "Unavailable",
    "Ringing": "Ringing",
    "InUse&Ringing": "In use, ringing",
    "Hold": "On hold",
}
