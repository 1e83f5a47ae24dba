"""Facts: one typed value for each presence provider and each device. What is not there is not set.

Names match case-insensitively, as in Asterisk.
"""

from typing import Literal, NamedTuple

from bridge.model.device import DeviceState
from bridge.model.presence import NOT_SET, Presence

Fact = Presence | DeviceState


class FactKey(NamedTuple):
    """The identity of a fact: its kind, and its name in folded case. Made by the two functions below."""

    kind: Literal["presence", "device"]
    name: str


class Change(NamedTuple):
    """A fact that has a new value. `name` is spelled as it was written.

    `since` is the monotonic second at which the cause reached us; None when there is no latency to
    measure (the replay of a stored message).
    """

    key: FactKey
    name: str
    new: Fact
    old: Fact
    since: float | None


def presence_key(provider: str) -> FactKey:
    """Return the key of a presence provider, named without `CustomPresence:`."""
    return FactKey("presence", provider.casefold())


def device_key(device: str) -> FactKey:
    """Return the key of a device; `Custom:lamp` and `Custom/lamp` are one device."""
    return FactKey("device", device_path(device).casefold())


def device_path(device: str) -> str:
    """Return a device's name as the levels of a topic: `Custom:lamp` becomes `Custom/lamp`."""
    technology, colon, resource = device.partition(":")
    return f"{technology}/{resource}" if colon and "/" not in technology else device


class Facts:
    """All that is known. Each call is one dictionary access, so another thread may read at any time."""

    __slots__ = ("_devices", "_presences")

    def __init__(self) -> None:
        self._presences: dict[str, Presence] = {}
        self._devices: dict[str, DeviceState] = {}

    def presence(self, provider: str) -> Presence:
        """Return what a provider says; NOT_SET when it never spoke or was cleared."""
        return self._presences.get(provider.casefold(), NOT_SET)

    def device(self, device: str) -> DeviceState:
        """Return the state of a device; UNKNOWN when it was never written, or cleared."""
        return self._devices.get(device_path(device).casefold(), DeviceState.UNKNOWN)

    def value(self, key: FactKey) -> Fact:
        """Return the value under a key, typed by the key's kind."""
        if key.kind == "presence":
            return self._presences.get(key.name, NOT_SET)
        return self._devices.get(key.name, DeviceState.UNKNOWN)

    def put(self, key: FactKey, value: Fact) -> None:
        """Store a value of the key's kind. What equals "never written" takes no room."""
        if isinstance(value, Presence):
            if value == NOT_SET:
                self._presences.pop(key.name, None)
            else:
                self._presences[key.name] = value
        elif value is DeviceState.UNKNOWN:
            self._devices.pop(key.name, None)
        else:
            self._devices[key.name] = value
