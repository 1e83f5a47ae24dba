"""One device of a sensor, as it is known now."""

from collections.abc import Mapping
from typing import NamedTuple

from bridge.rules.sensor import UNKNOWN
from bridge.timers import Timer

InstanceKey = tuple[str, ...]
"""What the captures of a sensor's topic stand for, in their order; () where there are none."""


class Pending(NamedTuple):
    """A value that must last until `timer` runs before it counts."""

    value: str | None
    timer: Timer


class Instance:
    """The state of one device; changed by its `Watch` alone.

    `reading`: the last value that was read, None before the first. `known`: that, or what it became by
    silence. `value`: what counts, after availability and holding back; since `since`, monotonic,
    or for ever before the first.
    `proven`: `known` has counted. `before`: the last value that counted and was not "not known".
    `expires_at`: when silence has lasted too long; None when nothing is waited for.
    """

    __slots__ = (
        "available",
        "before",
        "expires_at",
        "expiry",
        "key",
        "known",
        "names",
        "pending",
        "proven",
        "reading",
        "since",
        "value",
    )

    def __init__(self, key: InstanceKey, names: Mapping[str, str]) -> None:
        self.key = key
        self.names = names
        self.since = float("-inf")
        self.available = True
        self.reading: str | None = None
        self.known: str | None = None
        self.value: str | None = None
        self.before: str | None = None
        self.proven = True
        self.pending: Pending | None = None
        self.expires_at: float | None = None
        self.expiry: Timer | None = None

    def drop_pending(self) -> None:
        """What was to count does not any more."""
        if self.pending is not None:
            self.pending.timer.cancel()
            self.pending = None

    def __repr__(self) -> str:
        return f"<Instance {'/'.join(self.key)}: {shown(self.value)}>"


def shown(value: str | None) -> str:
    """A value for people."""
    return UNKNOWN if value is None else value
