"""Everything that can come in: what the shells in `bridge.io` feed to the engine.

Events are named tuples: immutable, and the cheapest value that Python can make (some are made
30,000 times a second). They are told apart by their type, never by comparing them.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
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
    its publisher asked the broker to retain it. `response_topic` and `correlation` are those of MQTT 5
    section 3.3.2.3; empty where the publisher named none.
    """

    topic: str
    payload: bytes
    retained: bool
    at: float
    response_topic: str = ""
    correlation: bytes = b""


class BrokerConnected(NamedTuple):
    """The broker accepted us; no subscription is in place yet.

    `tells_refusals`: it will say which publications it refuses (MQTT 5).
    """

    tells_refusals: bool = False


class BrokerDisconnected(NamedTuple):
    """The broker is gone, or could not be reached; `reason` in words.

    `kind` is one of keepalive, network, server for a connection that is lost, and one of refused, timeout,
    network for one that did not come about.
    """

    reason: str
    kind: str = "network"


class PublishRefused(NamedTuple):
    """The broker did not take a message to this topic; `reason` in its own words."""

    topic: str
    reason: str


class Remembered(NamedTuple):
    """The store holds all that it was told up to the effect with this number; `seconds`: how long that took."""

    number: int
    seconds: float


class StoreLost(NamedTuple):
    """The store takes nothing any more, not even what it was told and has not confirmed; `reason` in words."""

    reason: str


class StoreReturned(NamedTuple):
    """The store can be written again. What it holds is old: it wants a `Rewrite`.

    `unread` are rows of an earlier run by table and key, where the file could not be opened before.
    """

    unread: Mapping[str, Mapping[str, str]] = MappingProxyType({})


class AsteriskConnected(NamedTuple):
    """The manager interface of Asterisk has taken our connection, and has said nothing yet."""


class AsteriskReceived(NamedTuple):
    """Octets of the manager connection, cut anywhere."""

    data: bytes


class AsteriskDisconnected(NamedTuple):
    """The manager connection is gone, or could not be established; `reason` in words."""

    reason: str


class Wake(NamedTuple):
    """The time that `Engine.deadline` named has come."""


class Stopping(NamedTuple):
    """The process was asked to end."""


class Asked(NamedTuple):
    """Somebody asks by another way than SIP and MQTT: `question` is called with the time, and answers by itself."""

    question: Callable[[float], None]


Event = (
    BytesReceived
    | TransportFailed
    | MessageReceived
    | BrokerConnected
    | BrokerDisconnected
    | PublishRefused
    | Remembered
    | StoreLost
    | StoreReturned
    | AsteriskConnected
    | AsteriskReceived
    | AsteriskDisconnected
    | Wake
    | Asked
    | Stopping
)
Feed = Callable[[Event], None]
