"""Which observation is logged, at which level, and what its line says."""

from collections.abc import Callable, Mapping
from logging import DEBUG, INFO, WARNING
from typing import Any, Final, NamedTuple

from bridge.effects import (
    AuthenticationFailed,
    BrokerSynchronised,
    CheckSyncAnswered,
    FeatureCallAnswered,
    MessageDropped,
    MessageRejected,
    NotifyAnswered,
    PhoneFileAnswered,
    PresenceChanged,
    PublicationExpired,
    PublishAnswered,
    RegisterAnswered,
    RuleDecided,
    SensorChanged,
    StoreChanged,
    StoreResumed,
    SubscribeAnswered,
    SubscriptionEnded,
    Warned,
)
from bridge.io.log.line import Line
from bridge.pbx import AsteriskChanged

# What a phone does again and again while all is well.
_ROUTINE: Final = frozenset({"refreshed", "fetched"})

# Lower than any level that is logged.
_SILENT: Final = 0


class Kind(NamedTuple):
    """`level` is asked first, and must cost nothing: most lines are of a level that is off.

    `paced` names the event if its lines are limited in number as a whole, None if they are not.
    """

    level: Callable[[Any], int]
    line: Callable[[Any], Line]
    paced: Callable[[Any], str | None] = lambda _: None


def _always(level: int) -> Callable[[Any], int]:
    return lambda _: level


def _unless_refreshed(e: SubscribeAnswered | PublishAnswered) -> int:
    return DEBUG if e.outcome == "refreshed" else INFO


def _unless_routine(e: RegisterAnswered) -> int:
    return DEBUG if e.outcome in _ROUTINE else INFO


def _unless_acknowledged(e: NotifyAnswered) -> int:
    return _SILENT if e.outcome == "acknowledged" else WARNING


def _how_it_went(e: CheckSyncAnswered) -> int:
    return INFO if e.outcome == "acknowledged" else WARNING


def _source_if_refused(outcome: str, source: str) -> str | None:
    """A phone that is refused asks again and again."""
    return source if outcome == "rejected" else None


def _unless_refused(e: SubscribeAnswered) -> str | None:
    return None if e.outcome == "rejected" else f"subscribe_{e.outcome}"


def _subscribe_answered(e: SubscribeAnswered) -> Line:
    fields = {
        "status": e.status,
        "extension": e.extension,
        "watcher": e.watcher,
        "call_id": e.call_id,
        "source": e.source,
    }
    return Line(f"subscribe_{e.outcome}", fields, source=_source_if_refused(e.outcome, e.source))


def _subscription_ended(e: SubscriptionEnded) -> Line:
    fields = {"reason": e.reason, "extension": e.extension, "watcher": e.watcher, "call_id": e.call_id}
    return Line("subscription_ended", fields)


def _register_answered(e: RegisterAnswered) -> Line:
    fields = {"status": e.status, "aor": e.aor, "source": e.source}
    return Line(f"register_{e.outcome}", fields, source=_source_if_refused(e.outcome, e.source))


def _publish_answered(e: PublishAnswered) -> Line:
    fields = {"status": e.status, "presentity": e.presentity, "source": e.source}
    return Line(f"publish_{e.outcome}", fields, source=_source_if_refused(e.outcome, e.source))


def _publication_expired(e: PublicationExpired) -> Line:
    return Line("publication_expired", {"provider": e.provider})


def _feature_call_answered(e: FeatureCallAnswered) -> Line:
    fields = {
        "status": e.status,
        "dialled": e.dialled,
        "caller": e.caller,
        "provider": e.provider,
        "presence": e.presence,
        "source": e.source,
    }
    return Line(f"feature_call_{e.outcome}", fields, source=_source_if_refused(e.outcome, e.source))


def _message_rejected(e: MessageRejected) -> Line:
    fields = {"topic": e.topic, "value": e.value, "reason": e.reason}
    return Line("mqtt_message_rejected", fields, source=e.topic)


def _presence_changed(e: PresenceChanged) -> Line:
    said = {"by": e.by, "rule": e.rule}
    fields = {"provider": e.provider, "old": e.old, "new": e.new}
    return Line("presence_changed", fields | {key: value for key, value in said.items() if value})


def _sensor_changed(e: SensorChanged) -> Line:
    return Line("sensor_changed", {"sensor": e.sensor, "instance": e.instance, "old": e.old, "new": e.new})


def _rule_decided(e: RuleDecided) -> Line:
    return Line("rule_decided", {"output": e.output, "rule": e.rule, "value": e.value})


def _broker_synchronised(e: BrokerSynchronised) -> Line:
    return Line("broker_synchronised", {"messages": e.messages, "seconds": round(e.seconds, 3)})


def _message_dropped(e: MessageDropped) -> Line:
    source = e.flow.remote.host
    return Line("sip_message_dropped", {"kind": e.kind, "source": source, "reason": e.reason}, source=source)


def _authentication_failed(e: AuthenticationFailed) -> Line:
    fields = {"source": e.source_host, "user": e.user}
    return Line("authentication_failed", fields, source=e.source_host)


def _notify_answered(e: NotifyAnswered) -> Line:
    return Line("notify_failed", {"outcome": e.outcome, "status": e.status, "trigger": e.trigger})


def _check_sync_answered(e: CheckSyncAnswered) -> Line:
    return Line("check_sync", {"phone": e.phone, "outcome": e.outcome, "status": e.status})


def _phone_file_answered(e: PhoneFileAnswered) -> Line:
    fields = {"file": e.name, "status": e.status, "source": e.source_host, "user_agent": e.user_agent}
    return Line("phone_file", fields, source=e.source_host if e.status >= 400 else None)


def _store_changed(e: StoreChanged) -> Line:
    if e.trouble:
        return Line("store_lost", {"reason": e.trouble, "consequence": "all goes on in memory"})
    return Line("store_kept")


def _store_resumed(e: StoreResumed) -> Line:
    fields: dict[str, object] = {"subscriptions": e.subscriptions, "facts": e.facts, "expired": e.expired}
    if e.dropped:
        fields["dropped"] = sum(e.dropped.values())
        fields["why"] = ", ".join(f"{count} {reason}" for reason, count in e.dropped.items())
    return Line("store_resumed", fields)


def _asterisk_changed(e: AsteriskChanged) -> Line:
    if e.trouble:
        return Line("asterisk_limited" if e.connected else "asterisk_lost", {"reason": e.trouble})
    return Line("asterisk_connected")


def _warned(e: Warned) -> Line:
    return Line("warning", words=e.text, source=e.text)


KINDS: Final[Mapping[type, Kind]] = {
    AsteriskChanged: Kind(lambda e: WARNING if e.trouble else INFO, _asterisk_changed),
    AuthenticationFailed: Kind(_always(WARNING), _authentication_failed),
    BrokerSynchronised: Kind(_always(INFO), _broker_synchronised),
    CheckSyncAnswered: Kind(_how_it_went, _check_sync_answered),
    FeatureCallAnswered: Kind(_always(INFO), _feature_call_answered),
    MessageDropped: Kind(_always(DEBUG), _message_dropped),
    MessageRejected: Kind(_always(WARNING), _message_rejected),
    NotifyAnswered: Kind(_unless_acknowledged, _notify_answered),
    PhoneFileAnswered: Kind(lambda e: WARNING if e.status == 403 else INFO, _phone_file_answered),
    PresenceChanged: Kind(_always(INFO), _presence_changed),
    PublicationExpired: Kind(_always(INFO), _publication_expired),
    PublishAnswered: Kind(_unless_refreshed, _publish_answered),
    RegisterAnswered: Kind(_unless_routine, _register_answered),
    RuleDecided: Kind(_always(INFO), _rule_decided),
    SensorChanged: Kind(_always(DEBUG), _sensor_changed),
    SubscribeAnswered: Kind(_unless_refreshed, _subscribe_answered, _unless_refused),
    SubscriptionEnded: Kind(_always(INFO), _subscription_ended, lambda _: "subscription_ended"),
    StoreChanged: Kind(lambda e: WARNING if e.trouble else INFO, _store_changed),
    StoreResumed: Kind(lambda e: WARNING if e.dropped else INFO, _store_resumed),
    Warned: Kind(_always(WARNING), _warned),
}
