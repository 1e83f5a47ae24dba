"""Everything that can go out: commands that a shell carries out, and observations that are counted and logged.

A part of the engine is given `emit` and calls it; it never returns effects, since a returned list
can be dropped on the floor. Named tuples for the reason given in `bridge.events`.
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from bridge.events import Flow
from bridge.pbx import PbxCommand, PbxObservation

# --- commands ------------------------------------------------------------------------------------


class Send(NamedTuple):
    """Put one SIP message on the wire."""

    flow: Flow
    data: bytes


class Publish(NamedTuple):
    """Publish by MQTT. An empty retained payload deletes what the broker keeps.

    `correlation` tells whoever asked which question this answers; MQTT 3.1.1 cannot carry it. `every`: a newer
    message to the topic does not take its place while it waits.
    """

    topic: str
    payload: bytes
    retain: bool
    qos: int = 1
    correlation: bytes = b""
    every: bool = False


class Subscribe(NamedTuple):
    """Subscribe to these MQTT topic filters, all with QoS 1."""

    filters: tuple[str, ...]


class Unsubscribe(NamedTuple):
    """End the subscription to each of these MQTT topic filters."""

    filters: tuple[str, ...]


class Remember(NamedTuple):
    """Put one row into the store, in place of the one with its key; or, with no document, delete it.

    Rows are written in order. `Remembered` gives the number back when this one is safe.
    """

    number: int
    table: str
    key: str
    document: str | None


class Rewrite(NamedTuple):
    """Between the one that begins and the one that does not stands everything that the store is to hold."""

    number: int
    begins: bool


Command = Send | Publish | Subscribe | Unsubscribe | Remember | Rewrite | PbxCommand

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
    """A presence provider changed; states as lower-case words.

    `by` and `rule` are those of `bridge.topics.decoders.word.Origin`: who has said it.
    """

    provider: str
    old: str
    new: str
    by: str = ""
    rule: str = ""


# --- observations: rules -------------------------------------------------------------------------


class SensorChanged(NamedTuple):
    """A sensor has another value; one that is not known is `unknown`.

    `instance`: what the captures of its topic stand for, joined by `/`, as it was sent.
    """

    sensor: str
    instance: str
    old: str
    new: str


class RuleDecided(NamedTuple):
    """A rule has decided what an output shall be. `value` is one printable line: `dnd,,Door closed`, `INUSE`.

    `kind` of the output: presence, device.
    """

    output: str
    rule: str
    value: str
    kind: str = "presence"


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


class MessageUnreadable(NamedTuple):
    """What arrived on a SIP port is no SIP message; it is answered if it shows to whom, and else dropped."""

    transport: str


class MessageDropped(NamedTuple):
    """What arrived on a SIP port and got no answer; with `kind` limit, a whole connection.

    `kind` is one of malformed, rate, limit.
    """

    flow: Flow
    kind: str
    reason: str


class AuthenticationFailed(NamedTuple):
    """A password was wrong, or there is no such user. `user` is as it was sent."""

    source_host: str
    user: str


class SubscribeAnswered(NamedTuple):
    """A SUBSCRIBE got its final answer. `outcome`: created, refreshed, fetched, ended, rejected.

    `source`: the host that it came from; so it is in what follows.
    """

    outcome: str
    status: int
    extension: str
    watcher: str
    call_id: str
    source: str = ""


class SubscriptionEnded(NamedTuple):
    """`reason`: unsubscribed, expired, notify_rejected, notify_timeout, connection_lost, replaced, stopped.

    After a reload also noresource (the hint is gone) and rejected (the watcher may not watch it any more).
    """

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
    source: str = ""


class PublishAnswered(NamedTuple):
    """A PUBLISH got its final answer. `outcome`: created, refreshed, modified, removed, rejected.

    `presentity`, the Request-URI, is printable.
    """

    outcome: str
    status: int
    presentity: str
    source: str = ""


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
    source: str = ""


class ChangesCoalesced(NamedTuple):
    """So many watchers will not be told of the change before this one: they have not been told yet."""

    watchers: int


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


class ListenersChanged(NamedTuple):
    """SIP listeners were lost, or are back; `trouble` tells which are lost and why, empty when none is."""

    trouble: str


# --- observations: the store ----------------------------------------------------------------------


class StoreChanged(NamedTuple):
    """What is known is kept in memory alone, for the reason that `trouble` tells; empty: all is on disk again."""

    trouble: str


class StoreResumed(NamedTuple):
    """What a store of an earlier run gave: subscriptions that go on, and facts.

    `expired`: subscriptions whose time had run out; `dropped`: how many cannot go on, by the reason.
    """

    subscriptions: int
    facts: int
    expired: int
    dropped: Mapping[str, int]


# --- observations: provisioning ------------------------------------------------------------------


class PhoneFileAnswered(NamedTuple):
    """A phone, or somebody, asked for a file of a phone by HTTP."""

    name: str
    source_host: str
    user_agent: str
    status: int


# --- observations: all else ----------------------------------------------------------------------


class BridgeStopping(NamedTuple):
    """The process was asked to end; the broker and the phones are still there."""


class Warned(NamedTuple):
    """Something the operator should read, in plain words."""

    text: str


Observation = (
    BrokerSynchronised
    | TruthReceived
    | MessageRejected
    | PresenceChanged
    | SensorChanged
    | RuleDecided
    | RequestReceived
    | ResponseSent
    | ResponseReceived
    | Retransmitted
    | LargeRequest
    | MessageUnreadable
    | MessageDropped
    | AuthenticationFailed
    | SubscribeAnswered
    | SubscriptionEnded
    | RegisterAnswered
    | PublishAnswered
    | PublicationExpired
    | FeatureCallAnswered
    | ChangesCoalesced
    | NotifySent
    | NotifyAnswered
    | CheckSyncAnswered
    | ListenersChanged
    | StoreChanged
    | StoreResumed
    | PbxObservation
    | PhoneFileAnswered
    | BridgeStopping
    | Warned
)
Effect = Command | Observation
Emit = Callable[[Effect], None]
