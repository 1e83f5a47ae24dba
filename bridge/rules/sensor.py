"""What a sensor is: where its value is read, and for how long, how soon and by whose leave it counts."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, NamedTuple

from bridge.rules.payload import folded
from bridge.rules.reader import AVAILABLE, UNAVAILABLE, Reader

UNKNOWN: Final = "unknown"
"""How "not known" is written in a configuration and shown to people; in the code it is None."""

KEEP: Final = "keep"
"""The policy by which an unavailable sensor keeps its value."""

AvailabilityMode = Literal["latest", "all", "any"]


class SensorRequest(NamedTuple):
    """What is published after each connect, so that a sensor says where it stands."""

    topic: str
    payload: bytes


@dataclass(frozen=True, slots=True)
class Sensor:
    """One sensor, or with free captures in its topic many of one kind ("instances").

    Values are compared by `folded`, and "unknown" means not known wherever it stands.

    `expire_seconds`: silent for so long, the value becomes `expire_to` (None: not known). Silence is
    counted while we are connected. `for_seconds`: value to the seconds that it must last before it
    counts; levels, expiry and a value restored after unavailability are not held back.

    `availability`: readers that yield "@available" or "@unavailable", as `reader` itself may. One that
    has said nothing does not count. Their captures need not be those of `reader`: a word counts for the
    instances that agree with it in the names that both have. `availability_mode`: the "latest" word of
    any of them, "all" must say available, or "any" of them is enough. `on_unavailable`: "keep",
    "unknown" or a value; when available again, the last known value returns unless it has expired.

    `names`: further names for templates, such as the parameters of a preset.
    """

    name: str
    reader: Reader
    expire_seconds: float | None = None
    expire_to: str | None = None
    for_seconds: Mapping[str, float] = field(default_factory=dict)
    availability: tuple[Reader, ...] = ()
    availability_mode: AvailabilityMode = "latest"
    on_unavailable: str = KEEP
    requests: tuple[SensorRequest, ...] = ()
    names: Mapping[str, str] = field(default_factory=dict)

    @property
    def readers(self) -> tuple[Reader, ...]:
        """That of its value, and those of its availability."""
        return (self.reader, *self.availability)

    @property
    def captures(self) -> tuple[str, ...]:
        """The names of the free captures in its topic."""
        return self.reader.topic.names

    @property
    def possible(self) -> frozenset[str] | None:
        """The values that it can have, in folded case and with "unknown"; None when it can have any."""
        if self.reader.possible is None:
            return None
        values = {folded(value) for value in self.reader.possible - {AVAILABLE, UNAVAILABLE}} | {UNKNOWN}
        if self.expire_seconds is not None and self.expire_to is not None:
            values.add(folded(self.expire_to))
        if self.on_unavailable != KEEP:
            values.add(folded(self.on_unavailable))
        return frozenset(values)


def fold(value: str | None) -> str | None:
    """A value as it is compared; "unknown" is None."""
    if value is None:
        return None
    value = folded(value)
    return None if value == UNKNOWN else value
