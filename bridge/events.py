"""Everything that can come in: what the shells in `bridge.io` feed to the engine.

Events are named tuples: immutable, and the cheapest value that Python can make (some are made
30,000 times a second). They are told apart by their type, never by comparing them.
"""

from collections.abc import Callable
from typing import NamedTuple


class Address(NamedTuple):
    """A transport address. `host` is always an IP literal (no brackets), never a name."""

    host: str
    port: int


class Flow(NamedTuple):
    """The path a message came by and its answers go back by (RFC 5626 section 2).

    `local` is the address a peer reaches us at, also where the listener is bound to a wildcard.
    `connection` tells two streams between the same addresses apart; 0 for datagrams.
    """

    transport: str
    local: Address
    remote: Address
    connection: int = 0


class BytesReceived(NamedTuple):
    """One datagram, or one framed message of a stream."""

    flow: Flow
    data: bytes


class TransportFailed(NamedTuple):
    """The network refused what was sent over `flow` (ICMP, reset): RFC 3261 section 18.4."""

    flow: Flow
    reason: str


class MessageReceived(NamedTuple):
    """An MQTT message. `at` is the monotonic second at which it reached us.

    `retained` is true for the replay of a stored message, false for a live one, whether or not
    its publisher asked the broker to retain it.
    """

    topic: str
    payload: bytes
    retained: bool
    at: float


class BrokerConnected(NamedTuple):
    """The broker accepted us; no subscription is in place yet."""


class BrokerDisconnected(NamedTuple):
    """The broker is gone, or could not be reached; `reason` in words."""

    reason: str


class Wake(NamedTuple):
    """The time that `Engine.deadline` named has come."""


class Stopping(NamedTuple):
    """The process was asked to end."""


Event = (
    BytesReceived | TransportFailed | MessageReceived | BrokerConnected | BrokerDisconnected | Wake | Stopping
)
Feed = Callable[[Event], None]
