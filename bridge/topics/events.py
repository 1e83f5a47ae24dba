"""`<base>/bridge/event`: what happens, as it happens. JSON, not retained."""

from collections import deque
from collections.abc import Callable, Mapping
from typing import Any, Final

from bridge.effects import (
    AuthenticationFailed,
    BridgeStopping,
    Emit,
    ListenersChanged,
    MessageRejected,
    Observation,
    PresenceChanged,
    Publish,
    RuleDecided,
    StoreChanged,
    SubscribeAnswered,
    SubscriptionEnded,
    Warned,
)
from bridge.model.words import printable
from bridge.pbx import AsteriskChanged
from bridge.timers import Timers
from bridge.topics.document import encode_document
from bridge.walltime import format_utc

# Events in a second: more than a person reads, and few enough for whatever a flood sets off.
_MOST: Final = 20
_SECOND: Final = 1.0

# Characters of a text; a warning names topics.
_LONGEST: Final = 500

# What the broker retains when we come is how things stand, and no event.
_LEVELS: Final = frozenset({PresenceChanged})

_Document = Mapping[str, object]


def describe_event(observation: Observation) -> Mapping[str, object] | None:
    """The event that an observation is, without its time; None if it is none."""
    describe = EVENTS.get(type(observation))
    return None if describe is None else describe(observation)


class EventTopic:
    """Tells what it observes. While the broker is away it keeps the latest events for the next connection.

    Of more than 20 in a second the rest is counted, and told as one event of the type `suppressed`.
    """

    def __init__(
        self, base_topic: str, version: str, timers: Timers, wall: Callable[[float], float], emit: Emit
    ) -> None:
        self._topic = f"{base_topic}/bridge/event"
        self._timers = timers
        self._wall = wall
        self._emit = emit
        self._synchronised = False
        self._greeting: _Document = {"type": "started", "version": version}
        self._waiting: deque[_Document] = deque()
        self._window_ends = float("-inf")
        self._left = _MOST
        self._suppressed = 0

    @property
    def kinds(self) -> Mapping[type, Callable[[Any, float], None]]:
        """What takes each kind of observation."""
        return dict.fromkeys(EVENTS, self.observe)

    def observe(self, observation: Observation, now: float) -> None:
        """Tell it, if it is of a kind that is told."""
        document = describe_event(observation)
        if document is None:
            return
        if self._synchronised:
            self._tell_bounded(document, now)
        elif type(observation) not in _LEVELS:
            self._keep(self._dated(document, now))

    def synchronised(self, now: float) -> None:
        """Say that there is a bridge, and then what has waited for the broker."""
        self._synchronised = True
        self._publish(self._dated(self._greeting, now))
        self._greeting = {"type": "reconnected"}
        self._tell_suppressed(now)
        while self._waiting:
            self._publish(self._waiting.popleft())

    def disconnected(self) -> None:
        """Keep what happens, until the next connection."""
        self._synchronised = False

    def _dated(self, document: _Document, now: float) -> _Document:
        return {"type": document["type"], "at": format_utc(self._wall(now)), **document}

    def _keep(self, event: _Document) -> None:
        if len(self._waiting) == _MOST:
            self._waiting.popleft()
            self._suppressed += 1
        self._waiting.append(event)

    def _tell_bounded(self, document: _Document, now: float) -> None:
        if now >= self._window_ends:
            self._window_ends = now + _SECOND
            self._left = _MOST
        if self._left:
            self._left -= 1
            self._publish(self._dated(document, now))
            return
        if not self._suppressed:
            self._timers.call_at(self._window_ends, self._tell_suppressed)
        self._suppressed += 1

    def _tell_suppressed(self, now: float) -> None:
        if self._suppressed and self._synchronised:
            count, self._suppressed = self._suppressed, 0
            self._publish(self._dated({"type": "suppressed", "count": count}, now))

    def _publish(self, event: _Document) -> None:
        self._emit(Publish(self._topic, encode_document(event), retain=False))


def _rejected(seen: MessageRejected) -> _Document:
    return {
        "type": "rejected",
        "kind": seen.kind,
        "topic": seen.topic,
        "value": seen.value,
        "reason": seen.reason,
    }


def _presence_changed(seen: PresenceChanged) -> _Document:
    return {"type": "presence_changed", "provider": seen.provider, "old": seen.old, "new": seen.new}


def _subscribe_answered(seen: SubscribeAnswered) -> _Document | None:
    """A refresh is no news, and what was refused is on record with the status in the log."""
    if seen.outcome != "created":
        return None
    return {"type": "subscription_created", **_subscription(seen)}


def _subscription_ended(seen: SubscriptionEnded) -> _Document:
    return {"type": "subscription_ended", "reason": seen.reason, **_subscription(seen)}


def _subscription(seen: SubscribeAnswered | SubscriptionEnded) -> _Document:
    """Texts of phones are no better than those of strangers."""
    return {
        "extension": seen.extension,
        "watcher": printable(seen.watcher),
        "call_id": printable(seen.call_id),
    }


def _rule_decided(seen: RuleDecided) -> _Document:
    return {"type": "rule_decided", "output": seen.output, "rule": seen.rule, "value": seen.value}


def _authentication_failed(seen: AuthenticationFailed) -> _Document:
    return {"type": "authentication_failed", "source": seen.source_host, "user": printable(seen.user)}


def _listeners_changed(seen: ListenersChanged) -> _Document:
    if seen.trouble:
        return {"type": "listener_trouble", "trouble": printable(seen.trouble, _LONGEST)}
    return {"type": "listeners_served"}


def _store_changed(seen: StoreChanged) -> _Document:
    if seen.trouble:
        return {"type": "store_trouble", "trouble": printable(seen.trouble, _LONGEST)}
    return {"type": "store_kept"}


def _asterisk_changed(seen: AsteriskChanged) -> _Document:
    if seen.trouble:
        return {"type": "asterisk_trouble", "trouble": printable(seen.trouble, _LONGEST)}
    return {"type": "asterisk_connected"}


def _stopping(_seen: BridgeStopping) -> _Document:
    return {"type": "stopping"}


def _warned(seen: Warned) -> _Document:
    return {"type": "warning", "text": printable(seen.text, _LONGEST)}


EVENTS: Final[Mapping[type, Callable[[Any], _Document | None]]] = {
    AsteriskChanged: _asterisk_changed,
    AuthenticationFailed: _authentication_failed,
    BridgeStopping: _stopping,
    ListenersChanged: _listeners_changed,
    MessageRejected: _rejected,
    PresenceChanged: _presence_changed,
    RuleDecided: _rule_decided,
    StoreChanged: _store_changed,
    SubscribeAnswered: _subscribe_answered,
    SubscriptionEnded: _subscription_ended,
    Warned: _warned,
}
