"""`<base>/bridge/health`: how the bridge is doing. Retained JSON, for dashboards and people."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from bridge.effects import (
    Emit,
    ListenersChanged,
    MessageRejected,
    NotifyAnswered,
    Publish,
    StoreChanged,
)
from bridge.timers import Timer, Timers
from bridge.topics.document import RetainedDocument
from bridge.topics.latencies import Latencies
from bridge.topics.readiness import Readiness
from bridge.walltime import format_utc

# Seconds between looks at what is published at once when it changes.
_LOOK: Final = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Vitals:
    """Where the numbers come from; asked when they are needed.

    `unconverged`: how many subscriptions have not acknowledged what is true, and for how many seconds
    the first of them has not. `last_loss`: why and when (monotonic) the broker was last away. `insecure`: what
    the configuration leaves open, a sentence each.
    """

    readiness: Callable[[], Readiness]
    subscriptions: Callable[[], int]
    in_flight: Callable[[], int]
    unconverged: Callable[[float], tuple[int, float]]
    messages_received: Callable[[], int]
    last_loss: Callable[[], tuple[str, float] | None]
    insecure: Callable[[], Sequence[str]] = tuple


class HealthTopic:
    """Published every `interval` seconds, and within a second when SIP or the store is lost, or is back."""

    def __init__(
        self,
        base_topic: str,
        vitals: Vitals,
        interval: float,
        timers: Timers,
        started_at: float,
        wall: Callable[[float], float],
        emit: Emit,
    ) -> None:
        self._vitals = vitals
        self._interval = interval
        self._timers = timers
        self._started_at = started_at
        self._wall = wall
        self._emit = emit
        self._topic = RetainedDocument(f"{base_topic}/bridge/health", emit)
        self._trouble = ""
        self._due = 0.0
        self._look: Timer | None = None
        self._last_notify: float | None = None
        self._latencies = Latencies()
        self._sent = 0
        self._rejected: Counter[str] = Counter()
        self.kinds: Mapping[type, Callable[[Any, float], None]] = {
            NotifyAnswered: self._notify_answered,
            MessageRejected: self._message_rejected,
            Publish: self._published,
            StoreChanged: self._store_changed,
        }

    def synchronised(self, now: float) -> None:
        """Publish, and go on doing so."""
        self._due = now
        self._check(now)

    def disconnected(self) -> None:
        """Stay silent until the next connection."""
        self._topic.forget()
        if self._look is not None:
            self._look.cancel()
            self._look = None

    def document(self, now: float) -> Mapping[str, object]:
        """What is true now."""
        vitals = self._vitals
        late, seconds = vitals.unconverged(now)
        half, nearly_all = self._latencies.percentiles(now, 0.5, 0.99)
        return {
            **vitals.readiness().document(),
            "subscriptions": vitals.subscriptions(),
            "in_flight": vitals.in_flight(),
            "unconverged": late,
            "unconverged_seconds": round(seconds, 1),
            "last_notify": self._moment(self._last_notify),
            "notify_latency_ms": _milliseconds(self._latencies.last),
            "notify_latency_p50_ms": _milliseconds(half),
            "notify_latency_p99_ms": _milliseconds(nearly_all),
            "uptime_seconds": round(now - self._started_at),
            "messages_received": vitals.messages_received(),
            "messages_sent": self._sent,
            "rejected": dict(self._rejected),
            "last_broker_loss": self._loss(),
            "insecure": list(vitals.insecure()),
        }

    # --- what is counted --------------------------------------------------------------------------

    def _notify_answered(self, seen: NotifyAnswered, now: float) -> None:
        if seen.outcome == "acknowledged":
            self._last_notify = now
            if seen.latency is not None:
                self._latencies.add(seen.latency, now)

    def _message_rejected(self, seen: MessageRejected, _now: float) -> None:
        self._rejected[seen.kind] += 1

    def _published(self, _effect: Publish, _now: float) -> None:
        self._sent += 1

    def _store_changed(self, _seen: StoreChanged, now: float) -> None:
        self._due = now

    # --- when it is published ---------------------------------------------------------------------

    def _check(self, now: float) -> None:
        sip = self._vitals.readiness().sip
        trouble = "" if sip.ok else sip.why
        if trouble != self._trouble:
            self._trouble = trouble
            self._due = now
            self._emit(ListenersChanged(trouble))
        if now >= self._due:
            self._due = now + self._interval
            self._topic.publish(self.document(now))
        self._look = self._timers.call_at(now + _LOOK, self._check)

    def _moment(self, at: float | None) -> str | None:
        return None if at is None else format_utc(self._wall(at))

    def _loss(self) -> Mapping[str, object] | None:
        loss = self._vitals.last_loss()
        return None if loss is None else {"reason": loss[0], "at": self._moment(loss[1])}


def _milliseconds(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds * 1000, 2)
