"""`<base>/phone/<id>`: each phone that watches, with its subscriptions. Retained JSON, removed when it leaves."""

import json
from collections.abc import Callable, Collection, Hashable, Mapping
from dataclasses import dataclass, field
from typing import Final, Generic, NamedTuple, TypeVar

from bridge.effects import Emit, Publish, Unsubscribe, Warned
from bridge.events import MessageReceived
from bridge.model.words import printable
from bridge.timers import Timer, Timers
from bridge.topics.document import encode_document
from bridge.walltime import format_utc

# Phones with a topic of their own. A site with more has other means to look at them.
MOST_PHONES: Final = 500

# Seconds until what has changed is published, by when the phone has mostly answered; between two
# publications of one phone; and between two of all: 100 a second.
_DELAY: Final = 0.25
_APART: Final = 1.0
_TICK: Final = 0.01

# Subscriptions that a document lists: more than any phone has keys.
_MOST_LISTED: Final = 100

# Topics of an earlier run that are removed.
_MOST_STALE: Final = 10_000

S = TypeVar("S", bound=Hashable)


class Seen(NamedTuple):
    """What a subscription tells of its phone and of itself.

    `user` is whom the gate let in, None where nobody was asked. `expires_at` in monotonic seconds.
    `behind`: the phone has not acknowledged what is true.
    """

    agent: str
    address: str
    transport: str
    user: str | None
    extension: str
    package: str
    expires_at: float
    behind: bool


@dataclass(slots=True, eq=False)
class _Watch(Generic[S]):
    """One subscription; times are monotonic seconds. `latency`: of the last NOTIFY that had one."""

    phone: "_Phone[S]"
    since: float
    told_at: float | None = None
    latency: float | None = None


@dataclass(slots=True, eq=False)
class _Phone(Generic[S]):
    id: str
    watches: dict[S, _Watch[S]] = field(default_factory=dict)
    not_before: float = float("-inf")


class PhoneTopics(Generic[S]):
    """Told by the notifier of every subscription, which `identify` gives a phone, and `describe` words.

    `most`: how many phones have a topic; with 0 only those of an earlier run are removed. `shared` gives the
    filters that others have subscribed to as well, which must be kept. `bridge` names this one among several
    at one broker: what another has written stays.
    """

    def __init__(
        self,
        base_topic: str,
        most: int,
        identify: Callable[[S], str],
        describe: Callable[[S], Seen],
        timers: Timers,
        wall: Callable[[float], float],
        emit: Emit,
        shared: Callable[[], Collection[str]] = tuple,
        bridge: str = "",
    ) -> None:
        self._base = f"{base_topic}/phone/"
        self._shared = shared
        self._bridge = bridge
        self._most = most
        self._identify = identify
        self._describe = describe
        self._timers = timers
        self._wall = wall
        self._emit = emit
        self._synchronised = False
        self._phones: dict[str, _Phone[S]] = {}
        self._watches: dict[S, _Watch[S]] = {}
        self._published: dict[str, bytes] = {}
        self._due: dict[str, None] = {}
        self._timer: Timer | None = None
        self._warned = most == 0

    # --- what the notifier tells ------------------------------------------------------------------

    def joined(self, subscription: S, now: float) -> None:
        """There is a new subscription."""
        name = self._identify(subscription)
        phone = self._phones.get(name)
        if phone is None:
            if len(self._phones) >= self._most:
                self._warn()
                return
            phone = self._phones[name] = _Phone(name)
        watch = phone.watches[subscription] = self._watches[subscription] = _Watch(phone, now)
        self._touch(watch.phone, now)

    def telling(self, subscription: S, now: float) -> None:
        """A NOTIFY leaves."""
        watch = self._watches.get(subscription)
        if watch is not None and watch.phone.id not in self._due:
            self._touch(watch.phone, now)

    def told(self, subscription: S, latency: float | None, now: float) -> None:
        """The phone has acknowledged a NOTIFY; `latency` since the MQTT message behind it, if one was."""
        watch = self._watches.get(subscription)
        if watch is not None:
            watch.told_at = now
            if latency is not None:
                watch.latency = latency
            if watch.phone.id not in self._due:
                self._touch(watch.phone, now)

    def left(self, subscription: S, now: float) -> None:
        """A subscription has ended."""
        watch = self._watches.pop(subscription, None)
        if watch is None:
            return
        phone = watch.phone
        del phone.watches[subscription]
        if not phone.watches:
            del self._phones[phone.id]
        self._touch(phone, now)

    # --- the life of the connection ---------------------------------------------------------------

    @property
    def filters(self) -> tuple[str, ...]:
        """Our own topics: what is retained there may be of an earlier run."""
        return (f"{self._base}+",)

    def received(self, message: MessageReceived, _now: float) -> bool:
        """Note what is retained; true if this topic is one of ours."""
        if not message.topic.startswith(self._base):
            return False
        name = message.topic.removeprefix(self._base)
        is_old = message.retained and not self._synchronised and len(self._published) < _MOST_STALE
        if is_old and self._is_ours(message.payload):
            self._published[name] = message.payload
        return True

    def synchronised(self, now: float) -> None:
        """Publish all phones, and remove those that are none any more. What we publish need not come back."""
        self._synchronised = True
        shared = self._shared()
        if wanted := tuple(name for name in self.filters if name not in shared):
            self._emit(Unsubscribe(wanted))
        self._due = dict.fromkeys((*self._phones, *self._published))
        self._work(now)

    def disconnected(self) -> None:
        """Stay silent until the next connection."""
        self._synchronised = False
        self._published.clear()
        self._due.clear()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    # --- publishing -------------------------------------------------------------------------------

    def _touch(self, phone: _Phone[S], now: float) -> None:
        if self._synchronised:
            self._due[phone.id] = None
            if self._timer is None:
                self._timer = self._timers.call_at(now + _DELAY, self._work)

    def _work(self, now: float) -> None:
        """Bring one topic up to date, that which has waited longest of those whose time has come."""
        self._timer = None
        name = next((name for name in self._due if self._ripe_at(name) <= now), None)
        if name is not None:
            del self._due[name]
            self._bring_up_to_date(name, now)
        if self._due:
            again = min(map(self._ripe_at, self._due)) if name is None else now + _TICK
            self._timer = self._timers.call_at(again, self._work)

    def _ripe_at(self, name: str) -> float:
        phone = self._phones.get(name)
        return float("-inf") if phone is None else phone.not_before

    def _bring_up_to_date(self, name: str, now: float) -> None:
        """Publish a phone, or remove its topic if there is no such phone any more."""
        phone = self._phones.get(name)
        payload = b""
        if phone is not None:
            phone.not_before = now + _APART
            payload = encode_document(self._document(phone, now))
        if payload == self._published.get(name, b""):
            return
        if payload:
            self._published[name] = payload
        else:
            del self._published[name]
        self._emit(Publish(self._base + name, payload, retain=True))

    def _document(self, phone: _Phone[S], now: float) -> Mapping[str, object]:
        listed = list(phone.watches.items())[:_MOST_LISTED]
        seen = [(self._describe(subscription), watch) for subscription, watch in listed]
        newest = seen[-1][0]
        last = max((watch for _, watch in seen), key=_told_at)
        return {
            "id": phone.id,
            **({"bridge": self._bridge} if self._bridge else {}),
            "at": self._moment(now),
            "agent": printable(newest.agent),
            "address": newest.address,
            "transport": newest.transport,
            "user": newest.user,
            "watching": len(phone.watches),
            "subscriptions": [self._subscription(one, watch, now) for one, watch in seen],
            "last_notify": None if last.told_at is None else self._moment(last.told_at),
            "latency_ms": None if last.latency is None else round(last.latency * 1000, 2),
            "behind": any(one.behind for one, _ in seen),
        }

    def _subscription(self, one: Seen, watch: _Watch[S], now: float) -> Mapping[str, object]:
        return {
            "extension": one.extension,
            "event": one.package,
            "since": self._moment(watch.since),
            "expires_in": max(round(one.expires_at - now), 0),
        }

    def _is_ours(self, payload: bytes) -> bool:
        """Whether this bridge has written it. An earlier version did not say who it was."""
        try:
            document = json.loads(payload)
        except ValueError:
            return True
        return not isinstance(document, dict) or document.get("bridge", self._bridge) == self._bridge

    def _moment(self, at: float) -> str:
        return format_utc(self._wall(at))

    def _warn(self) -> None:
        if not self._warned:
            self._warned = True
            self._emit(
                Warned(f"more than {self._most} phones: those beyond have no topic under {self._base}")
            )


def _told_at(watch: _Watch[S]) -> float:
    return float("-inf") if watch.told_at is None else watch.told_at
