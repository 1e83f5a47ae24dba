"""One subscription, as the notifier keeps it (RFC 6665 section 4.2)."""

from enum import Enum, StrEnum
from typing import Final, NamedTuple

from bridge.events import Flow
from bridge.notifier.bodies import BodyFormat
from bridge.notifier.bodies.subject import Subject
from bridge.notifier.packages.package import EventPackage
from bridge.notifier.profiles import Profile
from bridge.notifier.rate import MaxRate
from bridge.sip.dialog import Dialog
from bridge.sip.headers import Event
from bridge.sip.transaction import ClientTransaction
from bridge.timers import Timer

# What no CSeq reaches (RFC 3261 section 8.1.1.5).
NO_LIMIT: Final = 2**31


class Phase(Enum):
    """ACTIVE until something ends it; ENDING while the last NOTIFY is owed or unanswered."""

    ACTIVE = "active"
    ENDING = "ending"
    ENDED = "ended"


class Trigger(StrEnum):
    """Why a NOTIFY is sent. A text by itself: observations name it, and metrics count by it."""

    STATE = "state"
    SUBSCRIBE = "subscribe"
    RESYNC = "resync"
    TERMINATE = "terminate"


class Head(NamedTuple):
    """The parts of a NOTIFY that stay the same. The branch goes behind `via`, the CSeq and what is new to the end.

    `via` and `shared` are one object for all of a listener.
    """

    line: bytes
    via: bytes
    shared: bytes
    identity: bytes
    size: int


class Subscription:
    """Mutable, and private to the notifier.

    `event` is echoed with its id, which is part of the identity (RFC 6665 section 8.2.1). `owed` is why a NOTIFY must still be sent, None when the watcher has been told everything;
    `since` the moment the MQTT message behind it reached us. `shown` is the body that the watcher
    was last told, None where that failed; `told_at` when it acknowledged a NOTIFY last, `latency` how many
    seconds after the MQTT message behind one it did so, of the last that had one; `behind_since` counts while `behind` is true. `cseq_limit` is the CSeq
    at which more must be reserved, `cseq_reserved` the highest that its row tells of, or will when it is written
    (see `Keeper`), `expiry` the time of its entry in `Expiries`. Times are monotonic seconds.
    """

    __slots__ = (
        "agent",
        "behind_since",
        "body",
        "cseq_limit",
        "cseq_reserved",
        "dialog",
        "event",
        "expires_at",
        "expiry",
        "flow",
        "head",
        "heard_at",
        "in_flight",
        "latency",
        "max_rate",
        "misses",
        "no_stream",
        "not_before",
        "owed",
        "package",
        "pause",
        "phase",
        "profile",
        "queued",
        "reason",
        "reserving",
        "shown",
        "since",
        "source",
        "subject",
        "told_at",
        "user",
        "verified",
    )

    def __init__(
        self,
        dialog: Dialog,
        flow: Flow,
        source: str,
        package: EventPackage,
        event: Event,
        body: BodyFormat,
        subject: Subject,
        profile: Profile,
        agent: str,
    ) -> None:
        self.dialog = dialog
        self.flow = flow
        self.source = source
        self.package = package
        self.event = event
        self.body = body
        self.subject = subject
        self.profile = profile
        self.agent = agent
        self.head: Head | None = None
        self.phase = Phase.ACTIVE
        self.expires_at = 0.0
        self.expiry: float | None = None
        self.in_flight: ClientTransaction | None = None
        self.owed: Trigger | None = None
        self.since: float | None = None
        self.shown: bytes | None = None
        self.behind_since = 0.0
        self.not_before = 0.0
        self.pause: Timer | None = None
        self.queued = False
        self.verified = False
        self.misses = 0
        self.max_rate: MaxRate | None = None
        self.no_stream = False
        self.reason = ""
        self.user: str | None = None
        self.heard_at = 0.0
        self.told_at: float | None = None
        self.latency: float | None = None
        self.cseq_reserved = 0
        self.cseq_limit = NO_LIMIT
        self.reserving = False

    @property
    def watcher(self) -> str:
        """Who watches, for people: the URI of the SUBSCRIBE's From."""
        return self.dialog.remote_uri

    @property
    def behind(self) -> bool:
        """The watcher has not acknowledged everything there is to know."""
        return self.owed is not None or self.in_flight is not None or self.shown is None

    def __repr__(self) -> str:
        return f"<Subscription {self.subject.extension} {self.phase.value} {self.dialog!r}>"
