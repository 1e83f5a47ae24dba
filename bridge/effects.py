"""Everything that can go out: commands that a shell carries out, and observations that are counted and logged.

A part of the engine is given `emit` and calls it; it never returns effects, since a returned list
can be dropped on the floor. Named tuples for the reason given in `bridge.events`.
"""

from collections.abc import Callable
from typing import NamedTuple

from bridge.events import Flow

# --- commands ------------------------------------------------------------------------------------


class Send(NamedTuple):
    """Put one SIP message on the wire."""

    flow: Flow
    data: bytes


class Publish(NamedTuple):
    """Publish by MQTT. An empty retained payload deletes what the broker keeps."""

    topic: str
    payload: bytes
    retain: bool
    qos: int = 1


class Subscribe(NamedTuple):
    """Subscribe to these MQTT topic filters, all with QoS 1."""

    filters: tuple[str, ...]


Command = Send | Publish | Subscribe

# --- observations: MQTT --------------------------------------------------------------------------


class BrokerSynchronised(NamedTuple):
    """All retained messages of the subscriptions have been read; `messages` of them in `seconds`."""

    messages: int
    seconds: float


class TruthReceived(NamedTuple):
    """An MQTT message was read and understood. `changed` tells whether it changed a fact."""

    topic: str
    retained: bool
    changed: bool


class MessageRejected(NamedTuple):
    """An MQTT message was not understood, and nothing was changed by it.

    `kind` is one of payload, topic, size, retained_set.
    """

    topic: str
    kind: str
    value: str
    reason: str


class PresenceChanged(NamedTuple):
    """A presence provider changed; states as lower-case words."""

    provider: str
    old: str
    new: str


# --- observations: SIP ---------------------------------------------------------------------------


class RequestReceived(NamedTuple):
    """A SIP request arrived (repeats included)."""

    method: str
    transport: str


class ResponseSent(NamedTuple):
    """A SIP response left (repeats included)."""

    method: str
    status: int


class ResponseReceived(NamedTuple):
    """A SIP response arrived; `matched` is false when no transaction waited for it."""

    status: int
    matched: bool


class Retransmitted(NamedTuple):
    """A request was sent again, because no answer came."""

    method: str


class LargeRequest(NamedTuple):
    """A request too large for a datagram. `outcome`: stream, refused (it goes as a datagram after all)."""

    outcome: str


class MessageDropped(NamedTuple):
    """What arrived on a SIP port and got no answer; with `kind` limit, a whole connection.

    `kind` is one of malformed, policy, keepalive, limit.
    """

    flow: Flow
    kind: str
    reason: str


class AuthenticationFailed(NamedTuple):
    """A password was wrong, or there is no such user. `user` is as it was sent."""

    source_host: str
    user: str


class SubscribeAnswered(NamedTuple):
    """A SUBSCRIBE got its final answer. `outcome`: created, refreshed, fetched, ended, rejected."""

    outcome: str
    status: int
    extension: str
    watcher: str
    call_id: str


class SubscriptionEnded(NamedTuple):
    """`reason`: unsubscribed, expired, notify_rejected, notify_timeout, connection_lost, stopped."""

    reason: str
    extension: str
    watcher: str
    call_id: str


class RegisterAnswered(NamedTuple):
    """A REGISTER got its final answer. `outcome`: registered, refreshed, fetched, removed, rejected.

    `aor`, the address of record, is printable.
    """

    outcome: str
    status: int
    aor: str


class PublishAnswered(NamedTuple):
    """A PUBLISH got its final answer. `outcome`: created, refreshed, modified, removed, rejected.

    `presentity`, the Request-URI, is printable.
    """

    outcome: str
    status: int
    presentity: str


class PublicationExpired(NamedTuple):
    """A softphone has not refreshed what it published for this provider."""

    provider: str


class FeatureCallAnswered(NamedTuple):
    """An INVITE got its final answer. `outcome`: set, toggled, rejected.

    `dialled`, the Request-URI, `caller` and `provider` are printable; `provider` and `presence`, its new
    state as a lower-case word, are empty when nothing was done.
    """

    outcome: str
    status: int
    dialled: str
    caller: str
    provider: str
    presence: str


class NotifySent(NamedTuple):
    """First transmission of a NOTIFY. `since`: when the MQTT message behind it reached us, None if none is.

    Whoever observes it takes the time itself: a fan-out goes on for longer than one `now` is true.
    """

    trigger: str
    since: float | None


class NotifyAnswered(NamedTuple):
    """A NOTIFY transaction ended.

    `outcome`: acknowledged, rejected, timeout, transport_error; `status` is 0 without an answer.
    `round_trip`: seconds since the first transmission; `latency`: since the MQTT message, or None.
    """

    trigger: str
    outcome: str
    status: int
    round_trip: float
    latency: float | None


class CheckSyncAnswered(NamedTuple):
    """A phone was asked to fetch its configuration again.

    `phone` is its address and port; `outcome` and `status` are as in NotifyAnswered.
    """

    phone: str
    outcome: str
    status: int


# --- observations: provisioning ------------------------------------------------------------------


class PhoneFileAnswered(NamedTuple):
    """A phone, or somebody, asked for a file of a phone by HTTP."""

    name: str
    source_host: str
    user_agent: str
    status: int


# --- observations: all else ----------------------------------------------------------------------


class Warned(NamedTuple):
    """Something the operator should read, in plain words."""

    text: str


Observation = (
    BrokerSynchronised
    | TruthReceived
    | MessageRejected
    | PresenceChanged
    | RequestReceived
    | ResponseSent
    | ResponseReceived
    | Retransmitted
    | LargeRequest
    | MessageDropped
    | AuthenticationFailed
    | SubscribeAnswered
    | SubscriptionEnded
    | RegisterAnswered
    | PublishAnswered
    | PublicationExpired
    | FeatureCallAnswered
    | NotifySent
    | NotifyAnswered
    | CheckSyncAnswered
    | PhoneFileAnswered
    | Warned
)
Effect = Command | Observation
Emit = Callable[[Effect], None]
