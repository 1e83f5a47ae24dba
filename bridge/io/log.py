"""The log: one line for each thing that an operator may want to know, as key=value."""

import logging
import os
import sys
from collections.abc import Callable, Mapping
from typing import Any, Final

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
    SubscribeAnswered,
    SubscriptionEnded,
    Warned,
)

_LOG = logging.getLogger("bridge")

# systemd reads the priority from the front of a line (sd-daemon(3)).
_PRIORITY: Final = {logging.DEBUG: "<7>", logging.INFO: "<6>", logging.WARNING: "<4>", logging.ERROR: "<3>"}

# Longer texts from outside are cut: a log line is for people.
_LONGEST = 200


def configure(level: str) -> None:
    """Log to standard error; with priorities under systemd, with the time elsewhere."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Formatter(journal="JOURNAL_STREAM" in os.environ))
    _LOG.handlers[:] = [handler]
    _LOG.propagate = False
    _LOG.setLevel(level.upper())


def warn(text: str) -> None:
    """Say something that the operator should read."""
    _LOG.warning("%s", printable(text))


def fail(text: str) -> None:
    """Say why the process ends."""
    _LOG.error("%s", printable(text))


def note(text: str) -> None:
    """Say something about the ordinary course of things."""
    _LOG.info("%s", printable(text))


def observe(effect: object) -> None:
    """Log an observation, if it is of a kind that is logged."""
    line = _LINES.get(type(effect))
    if line is not None:
        line(effect)


def printable(text: str) -> str:
    """Text from outside, without control characters that could move a terminal or fake a line."""
    shown = "".join(c if c.isprintable() else c.encode("unicode_escape", "replace").decode() for c in text)
    return shown if len(shown) <= _LONGEST else shown[: _LONGEST - 1] + "…"


class _Formatter(logging.Formatter):
    def __init__(self, *, journal: bool) -> None:
        super().__init__("%(message)s" if journal else "%(asctime)s %(levelname)-7s %(message)s")
        self._journal = journal

    def format(self, record: logging.LogRecord) -> str:
        line = super().format(record)
        return f"{_PRIORITY.get(record.levelno, '')}{line}" if self._journal else line


def _event(level: int, name: str, **values: object) -> None:
    if _LOG.isEnabledFor(level):
        pairs = " ".join(f"{key}={_quoted(str(value))}" for key, value in values.items())
        _LOG.log(level, "%s %s", name, pairs)


def _quoted(text: str) -> str:
    text = printable(text)
    if text and not any(character in ' "=\\' for character in text):
        return text
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _subscribe_answered(e: SubscribeAnswered) -> None:
    level = logging.DEBUG if e.outcome == "refreshed" else logging.INFO
    _event(
        level,
        f"subscribe_{e.outcome}",
        status=e.status,
        extension=e.extension,
        watcher=e.watcher,
        call_id=e.call_id,
    )


def _subscription_ended(e: SubscriptionEnded) -> None:
    _event(
        logging.INFO,
        "subscription_ended",
        reason=e.reason,
        extension=e.extension,
        watcher=e.watcher,
        call_id=e.call_id,
    )


def _register_answered(e: RegisterAnswered) -> None:
    level = logging.DEBUG if e.outcome in ("refreshed", "fetched") else logging.INFO
    _event(level, f"register_{e.outcome}", status=e.status, aor=e.aor)


def _publish_answered(e: PublishAnswered) -> None:
    level = logging.DEBUG if e.outcome == "refreshed" else logging.INFO
    _event(level, f"publish_{e.outcome}", status=e.status, presentity=e.presentity)


def _publication_expired(e: PublicationExpired) -> None:
    _event(logging.INFO, "publication_expired", provider=e.provider)


def _feature_call_answered(e: FeatureCallAnswered) -> None:
    _event(
        logging.INFO,
        f"feature_call_{e.outcome}",
        status=e.status,
        dialled=e.dialled,
        caller=e.caller,
        provider=e.provider,
        presence=e.presence,
    )


def _message_rejected(e: MessageRejected) -> None:
    _event(logging.WARNING, "mqtt_message_rejected", topic=e.topic, value=e.value, reason=e.reason)


def _presence_changed(e: PresenceChanged) -> None:
    _event(logging.INFO, "presence_changed", provider=e.provider, old=e.old, new=e.new)


def _broker_synchronised(e: BrokerSynchronised) -> None:
    _event(logging.INFO, "broker_synchronised", messages=e.messages, seconds=f"{e.seconds:.3f}")


def _message_dropped(e: MessageDropped) -> None:
    _event(logging.DEBUG, "sip_message_dropped", kind=e.kind, source=e.flow.remote.host, reason=e.reason)


def _authentication_failed(e: AuthenticationFailed) -> None:
    _event(logging.WARNING, "authentication_failed", source=e.source_host, user=e.user)


def _notify_answered(e: NotifyAnswered) -> None:
    if e.outcome != "acknowledged":
        _event(logging.WARNING, "notify_failed", outcome=e.outcome, status=e.status, trigger=e.trigger)


def _check_sync_answered(e: CheckSyncAnswered) -> None:
    level = logging.INFO if e.outcome == "acknowledged" else logging.WARNING
    _event(level, "check_sync", phone=e.phone, outcome=e.outcome, status=e.status)


def _phone_file_answered(e: PhoneFileAnswered) -> None:
    level = logging.WARNING if e.status == 403 else logging.INFO
    _event(
        level,
        "phone_file",
        file=e.name,
        status=e.status,
        source=e.source_host,
        user_agent=e.user_agent,
    )


def _warned(e: Warned) -> None:
    warn(e.text)


_LINES: Final[Mapping[type, Callable[[Any], None]]] = {
    AuthenticationFailed: _authentication_failed,
    BrokerSynchronised: _broker_synchronised,
    CheckSyncAnswered: _check_sync_answered,
    FeatureCallAnswered: _feature_call_answered,
    MessageDropped: _message_dropped,
    MessageRejected: _message_rejected,
    NotifyAnswered: _notify_answered,
    PhoneFileAnswered: _phone_file_answered,
    PresenceChanged: _presence_changed,
    PublicationExpired: _publication_expired,
    PublishAnswered: _publish_answered,
    RegisterAnswered: _register_answered,
    SubscribeAnswered: _subscribe_answered,
    SubscriptionEnded: _subscription_ended,
    Warned: _warned,
}
