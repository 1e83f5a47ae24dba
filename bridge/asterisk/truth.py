"""The truth, as this part sees it: what it asks, and what it tells (`bridge.topics.truth`)."""

from collections.abc import Iterable
from typing import Protocol

from bridge.model.device import DeviceState
from bridge.model.facts import FactKey
from bridge.model.presence import Presence


class Truth(Protocol):
    """What MQTT says, our writes included that are under way; and saying something there."""

    def intended(self, provider: str, now: float) -> Presence:
        """What a provider says, named as MQTT spells it."""
        ...

    def device(self, device: str) -> DeviceState:
        """What a device does, named as a path (`Custom/lamp`)."""
        ...

    def command(self, provider: str, presence: Presence, now: float) -> None:
        """Make a provider say this."""
        ...

    def report(self, device: str, state: DeviceState, now: float) -> None:
        """Make a device say this."""
        ...

    def spoken(self) -> Iterable[tuple[FactKey, str]]:
        """All that something has been said of, with its name as MQTT spells it."""
        ...

    def said_at(self, key: FactKey) -> float | None:
        """The Unix second at which what stands was said, None if it does not tell."""
        ...
