"""Telling the watchers: one NOTIFY in flight per subscription, fair slices, and what to do when it fails.

What is the same for many is made once: the body with its headers per change, format and URI; the
head of the NOTIFY per subscription. Only branch, CSeq and the time left are filled in.
"""

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Final

from bridge.effects import NotifyAnswered, NotifySent
from bridge.notifier.bodies import BodyFormat
from bridge.notifier.bodies.subject import Subject
from bridge.notifier.subscription import Head, Phase, Subscription, Trigger
from bridge.service import Context
from bridge.sip.addressing import contact_uri, via_head
from bridge.sip.endpoint import Endpoint
from bridge.sip.message import Response, encode_headers, encode_request_line
from bridge.sip.server_transactions import BRANCH_COOKIE
from bridge.sip.transaction import ClientTransaction, Outcome, Result

# NOTIFYs sent in one go before answers and other extensions get their turn: about a millisecond.
_SLICE: Final = 64

# Bodies kept for one extension: watchers write its URI in a few ways, and only an attack in many.
_BODIES_KEPT: Final = 64

# Transmissions to an address that has not answered yet (decision 21), and to one that has
# (all that Timer E has time for before Timer F).
_UNVERIFIED_SENDS: Final = 3
_SENDS: Final = 11

# Seconds before the second and the third try after a NOTIFY without an answer; a phone is up again
# by then. The third miss ends the subscription (decision 19).
_PAUSES: Final = (10.0, 60.0)

# Longer than this a Retry-After is not believed.
_LONGEST_RETRY: Final = 300.0

# Answers that end the subscription (RFC 6665 section 4.2.2 with RFC 5057 section 5.1), and the
# challenges: the bridge has no credentials for phones.
_FATAL: Final = frozenset((401, 404, 405, 407, 410, 416, 480, 481, 482, 483, 484, 485, 489, 501, 604))

# Answers by which the phone says that it cannot just now.
_TEMPORARY: Final = frozenset((408, 500, 503, 504))

# A NOTIFY for one of these is not held back by the pace, and not left out when nothing changed.
_AT_ONCE: Final = frozenset((Trigger.SUBSCRIBE, Trigger.TERMINATE))


@dataclass(frozen=True, slots=True)
class TellerOptions:
    """`min_interval`: seconds between two NOTIFYs for changes, per subscription."""

    min_interval: float
    allow_events: str
    user_agent: str


class Teller:
    """`gone` is called when a watcher's silence or answer ended its subscription."""

    def __init__(
        self,
        context: Context,
        endpoint: Endpoint,
        options: TellerOptions,
        gone: Callable[[Subscription, str, float], None],
    ) -> None:
        self._context = context
        self._endpoint = endpoint
        self._options = options
        self._gone = gone
        self._batches: deque[deque[Subscription]] = deque()
        self._bodies: dict[str, dict[tuple[BodyFormat, Subject], bytes]] = {}

    @property
    def queued(self) -> int:
        """NOTIFYs that wait for their turn."""
        return sum(map(len, tuple(self._batches)))

    def owe(
        self, subscriptions: Iterable[Subscription], trigger: Trigger, since: float | None, now: float
    ) -> None:
        """Queue a NOTIFY for each; `work` sends them."""
        batch: deque[Subscription] = deque()
        for subscription in subscriptions:
            if not subscription.behind:
                subscription.behind_since = now
            subscription.owed = subscription.owed or trigger
            subscription.since = since
            if self._may_send(subscription, now):
                subscription.queued = True
                batch.append(subscription)
        if batch:
            self._batches.append(batch)

    def work(self, now: float) -> bool:
        """Send the next slice of the oldest batch, then let the next batch have its turn."""
        if not self._batches:
            return False
        batch = self._batches.popleft()
        for _ in range(min(_SLICE, len(batch))):
            subscription = batch.popleft()
            subscription.queued = False
            if subscription.owed is not None and subscription.in_flight is None:
                self._send(subscription, now)
        if batch:
            self._batches.append(batch)
        return bool(self._batches)

    def tell(self, subscription: Subscription, trigger: Trigger, now: float) -> None:
        """Send a NOTIFY now, or as soon as the one in flight has ended."""
        if not subscription.behind:
            subscription.behind_since = now
        subscription.owed = trigger
        self._go_on(subscription, now)

    def finish(self, subscription: Subscription, reason: str, now: float) -> None:
        """Send the NOTIFY that ends the subscription (RFC 6665 section 4.2.2)."""
        subscription.phase = Phase.ENDING
        subscription.reason = reason
        self.alive(subscription)
        self.tell(subscription, Trigger.TERMINATE, now)

    def alive(self, subscription: Subscription) -> None:
        """The watcher has shown itself: misses are forgiven, a pause is over."""
        subscription.misses = 0
        self._resume(subscription)

    def forget_bodies(self, extension: str) -> None:
        """The extension's state changed: what was rendered for it is old."""
        self._bodies.pop(extension, None)

    # --- sending ---------------------------------------------------------------------------------

    def _may_send(self, subscription: Subscription, now: float) -> bool:
        """Whether a change can be told at once; if the pace forbids it, a timer is set."""
        if subscription.in_flight or subscription.queued or subscription.pause:
            return False
        if now < subscription.not_before:
            self._pause(subscription, subscription.not_before)
            return False
        return True

    def _go_on(self, subscription: Subscription, now: float) -> None:
        if subscription.owed is None or subscription.in_flight is not None:
            return
        if subscription.owed in _AT_ONCE or self._may_send(subscription, now):
            self._send(subscription, now)

    def _send(self, subscription: Subscription, now: float) -> None:
        trigger, since = subscription.owed, subscription.since
        if trigger is None:
            raise AssertionError("nothing is owed")
        subscription.owed = subscription.since = None
        tail = self._tail(subscription)
        if trigger not in _AT_ONCE and tail == subscription.shown:
            return
        subscription.shown = tail
        subscription.not_before = now + self._options.min_interval
        branch = BRANCH_COOKIE + self._context.token()
        subscription.in_flight = self._endpoint.request(
            "NOTIFY",
            branch,
            subscription.flow,
            self._encode(subscription, branch, tail, now),
            partial(self._ended, subscription, trigger, since),
            now,
            sends=_SENDS if subscription.verified else _UNVERIFIED_SENDS,
        )
        self._context.emit(NotifySent(trigger.value, since))

    def _encode(self, subscription: Subscription, branch: str, tail: bytes, now: float) -> bytes:
        head = subscription.head
        if head is None:
            head = subscription.head = self._head(subscription)
        if subscription.phase is Phase.ACTIVE:
            # The time really left: phones set their refresh timer by it.
            state = b"active;expires=%d" % max(0, round(subscription.expires_at - now))
        else:
            state = b"terminated;reason=" + subscription.reason.encode()
        return b"%b%b%b%d NOTIFY\r\nSubscription-State: %b\r\n%b" % (
            head.before_branch,
            branch.encode(),
            head.before_cseq,
            subscription.dialog.next_cseq(),
            state,
            tail,
        )

    def _head(self, subscription: Subscription) -> Head:
        dialog, flow, event = subscription.dialog, subscription.flow, subscription.event
        uri, routes = dialog.request_line_and_routes()
        kept = (
            ("Max-Forwards", "70"),
            *(("Route", route) for route in routes),
            ("From", dialog.local),
            ("To", dialog.remote),
            ("Call-ID", dialog.id.call_id),
            ("Contact", f"<{contact_uri(flow)}>"),
            ("Event", event.package if event.id is None else f"{event.package};id={event.id}"),
            ("Allow-Events", self._options.allow_events),
            ("User-Agent", self._options.user_agent),
        )
        via = encode_headers([("Via", via_head(flow))]).removesuffix(b"\r\n")
        return Head(encode_request_line("NOTIFY", uri) + via, b"\r\n" + encode_headers(kept) + b"CSeq: ")

    def _tail(self, subscription: Subscription) -> bytes:
        """The end of the message from Content-Type on, shared by all who see the same."""
        extension = subscription.subject.extension
        bodies = self._bodies.setdefault(extension, {})
        key = (subscription.body, subscription.subject)
        tail = bodies.get(key)
        if tail is None:
            if len(bodies) >= _BODIES_KEPT:
                bodies.clear()
            body = subscription.body.format(
                self._context.state.extension_state(extension), subscription.subject
            )
            content_type = subscription.body.content_type.encode()
            tail = b"Content-Type: %b\r\nContent-Length: %d\r\n\r\n%b" % (content_type, len(body), body)
            bodies[key] = tail
        return tail

    # --- answers ---------------------------------------------------------------------------------

    def _ended(
        self,
        subscription: Subscription,
        trigger: Trigger,
        since: float | None,
        transaction: ClientTransaction,
        result: Result,
        now: float,
    ) -> None:
        subscription.in_flight = None
        latency = None if since is None else now - since
        outcome = _outcome(result)
        round_trip = now - transaction.started_at
        self._context.emit(NotifyAnswered(trigger.value, outcome, result.status, round_trip, latency))
        if trigger is Trigger.TERMINATE or (subscription.phase is Phase.ENDING and result.status == 481):
            subscription.phase = Phase.ENDED
            subscription.owed = None
            return
        if outcome == "acknowledged":
            subscription.verified = True
            subscription.misses = 0
        elif result.status in _FATAL:
            self._drop(subscription, "notify_rejected", now)
        elif result.status in _TEMPORARY or result.outcome is not Outcome.ANSWERED:
            self._missed(subscription, result.response, since, now)
        else:
            # This body was not to the phone's liking; the next change gets its chance.
            subscription.shown = None
        self._go_on(subscription, now)

    def _missed(
        self, subscription: Subscription, response: Response | None, since: float | None, now: float
    ) -> None:
        """Try again after a pause, with the newest state; give up after the third miss."""
        subscription.misses += 1
        subscription.shown = None
        if subscription.misses > len(_PAUSES):
            self._drop(subscription, "notify_timeout", now)
            return
        if subscription.phase is not Phase.ACTIVE:
            return
        if subscription.owed is None:
            subscription.owed, subscription.since = Trigger.RESYNC, since
        wait = _retry_after(response) or _PAUSES[subscription.misses - 1]
        self._pause(subscription, now + wait)

    def _drop(self, subscription: Subscription, reason: str, now: float) -> None:
        subscription.phase = Phase.ENDED
        subscription.owed = None
        self._resume(subscription)
        self._gone(subscription, reason, now)

    def _pause(self, subscription: Subscription, until: float) -> None:
        subscription.pause = self._context.timers.call_at(until, partial(self._pause_over, subscription))

    def _pause_over(self, subscription: Subscription, now: float) -> None:
        subscription.pause = None
        self._go_on(subscription, now)

    def _resume(self, subscription: Subscription) -> None:
        if subscription.pause is not None:
            subscription.pause.cancel()
            subscription.pause = None


def _outcome(result: Result) -> str:
    if result.outcome is not Outcome.ANSWERED:
        return str(result.outcome.value)
    return "acknowledged" if result.status < 300 else "rejected"


def _retry_after(response: Response | None) -> float | None:
    """Seconds of Retry-After (RFC 3261 section 20.33), without its comment and parameters."""
    value = response.get("retry-after") if response is not None else None
    if value is None:
        return None
    digits = value.partition(";")[0].partition("(")[0].strip()
    if not (digits.isascii() and digits.isdigit()):
        return None
    return min(float(digits), _LONGEST_RETRY)
