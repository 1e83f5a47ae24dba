"""Who watches: a document for each subscription, and for each phone with all of its subscriptions."""

from collections.abc import Callable, Iterable, Mapping, Sequence

from bridge.model.words import printable
from bridge.notifier.subscription import Subscription
from bridge.sip.addressing import host_port
from bridge.topics.phone_id import phone_id
from bridge.walltime import format_utc

# Seconds in which a phone answers, even if one datagram of two is lost: before, it is not called behind.
PATIENCE = 1.0


def is_behind(subscription: Subscription, now: float) -> bool:
    """Whether the phone has not acknowledged what is true, and has had the time to."""
    return subscription.behind and now - subscription.behind_since > PATIENCE


def watcher_document(
    subscription: Subscription, wall: Callable[[float], float], now: float
) -> dict[str, object]:
    """One subscription: `expires_in` in seconds, times in ISO 8601; null is what is not known yet."""
    latency = subscription.latency
    return {
        "phone": identify(subscription),
        "agent": printable(subscription.agent),
        "address": host_port(subscription.flow.remote),
        "transport": subscription.flow.transport,
        "user": subscription.user,
        "extension": subscription.subject.extension,
        "event": subscription.event.package,
        "expires_in": max(round(subscription.expires_at - now), 0),
        "last_notify": _moment(subscription.told_at, wall),
        "latency_ms": None if latency is None else round(latency * 1000, 2),
        "behind": is_behind(subscription, now),
    }


def phone_document(
    name: str, subscriptions: Sequence[Subscription], wall: Callable[[float], float], now: float
) -> dict[str, object]:
    """One phone, as its newest subscription has it."""
    newest = subscriptions[-1]
    last = max(subscriptions, key=lambda one: one.told_at or 0.0)
    return {
        "phone": name,
        "agent": printable(newest.agent),
        "address": host_port(newest.flow.remote),
        "transport": newest.flow.transport,
        "user": newest.user,
        "last_notify": _moment(last.told_at, wall),
        "latency_ms": None if last.latency is None else round(last.latency * 1000, 2),
        "behind": any(is_behind(one, now) for one in subscriptions),
        "extensions": list(dict.fromkeys(one.subject.extension for one in subscriptions)),
    }


def by_phone(subscriptions: Iterable[Subscription]) -> Mapping[str, Sequence[Subscription]]:
    """The subscriptions of each phone."""
    found: dict[str, list[Subscription]] = {}
    for subscription in subscriptions:
        found.setdefault(identify(subscription), []).append(subscription)
    return found


def identify(subscription: Subscription) -> str:
    """The name of a phone, as on `<base>/phone/<id>`."""
    return phone_id(subscription.user, subscription.watcher, subscription.source)


def _moment(at: float | None, wall: Callable[[float], float]) -> str | None:
    return None if at is None else format_utc(wall(at))
