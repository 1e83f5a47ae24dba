"""Telling the watchers: one NOTIFY in flight per subscription, fair slices, and what to do when it fails."""

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Final

from bridge.effects import ChangesCoalesced, LargeRequest, NotifyAnswered, NotifySent
from bridge.events import Flow
from bridge.notifier.audience import Audience
from bridge.notifier.renderer import Rendered, Renderer
from bridge.notifier.subscription import Phase, Subscription, Trigger
from bridge.service import Context
from bridge.sip.endpoint import Endpoint
from bridge.sip.message import Response
from bridge.sip.server_transactions import BRANCH_COOKIE
from bridge.sip.transaction import ClientTransaction, Outcome, Result

# NOTIFYs sent in one go before answers and other extensions get their turn: about a millisecond. While no more
# than _FEW wait in all, which takes some 20 ms, they leave in larger slices: answers are read in a row behind them.
_SLICE: Final = 64
_LARGE_SLICE: Final = 256
_FEW: Final = 1024

# Transmissions to an address that has not answered yet (decision 21), and to one that has
# (all that Timer E has time for before Timer F).
_UNVERIFIED_SENDS: Final = 3
_SENDS: Final = 11

# Seconds before the second and the third try after a NOTIFY without an answer; a phone is up again
# by then. The third miss ends the subscription (decision 19).
_PAUSES: Final = (10.0, 60.0)

# Seconds before those are told whom a store that came late has brought: it is written anew meanwhile, so that it
# knows the CSeqs that they are told.
_SETTLING: Final = 1.0

# Longer than this a Retry-After is not believed.
_LONGEST_RETRY: Final = 300.0

# Answers that end the subscription (RFC 6665 section 4.2.2 with RFC 5057 section 5.1), and the
# challenges: the bridge has no credentials for phones.
_FATAL: Final = frozenset((401, 404, 405, 407, 410, 416, 480, 481, 482, 483, 484, 485, 489, 501, 604))

# Answers by which the phone says that it cannot just now.
_TEMPORARY: Final = frozenset((408, 500, 503, 504))

# A NOTIFY for one of these is not held back by the pace, and not left out when nothing changed.
_AT_ONCE: Final = frozenset((Trigger.SUBSCRIBE, Trigger.TERMINATE))

# The stream to the peer of a datagram flow, or None where there can be none.
StreamTo = Callable[[Flow], Flow | None]


class Teller:
    """`ended` is called when a watcher's silence or answer ended its subscription, `verified` when it
    answers for the first time; `reserve` when the CSeq has come to its limit: if it says no, the NOTIFY
    waits for `go_on`.
    """

    def __init__(
        self,
        context: Context,
        endpoint: Endpoint,
        renderer: Renderer,
        min_interval: float,
        stream_to: StreamTo,
        audience: Audience,
        ended: Callable[[Subscription, str, float], None],
        verified: Callable[[Subscription, float], None],
        reserve: Callable[[Subscription, float], bool],
    ) -> None:
        """`min_interval`: seconds between two NOTIFYs for changes, per subscription."""
        self._context = context
        self._endpoint = endpoint
        self._renderer = renderer
        self.min_interval = min_interval
        self._stream_to = stream_to
        self._audience = audience
        self._ended = ended
        self._verified = verified
        self._reserve = reserve
        self._batches: deque[deque[Subscription]] = deque()
        # While there is a hold: who would have been told meanwhile, and what is to be done at its end.
        self._held: dict[Subscription, None] | None = None
        self._afterwards: list[Callable[[float], None]] = []
        self._is_informed = False

    def hold(self, until: float, then: Callable[[float], None], now: float) -> None:
        """What is known is as old as an earlier run: tell nobody anything until `inform` is called, or until then.

        `then(now)` is called at the end of it; soon if `inform` has been called before.
        """
        if self._is_informed:
            self._context.timers.call_at(now + _SETTLING, then)
            return
        self._afterwards.append(then)
        if self._held is None:
            self._held = {}
            self._context.timers.call_at(until, self._release)

    def inform(self, now: float) -> None:
        """All that the broker retains is known: what is told from now on is the truth."""
        self._is_informed = True
        self._release(now)

    @property
    def queued(self) -> int:
        """NOTIFYs that wait for their turn."""
        return sum(map(len, tuple(self._batches)))

    @property
    def has_work(self) -> bool:
        """Whether `work` has something to do."""
        return bool(self._batches)

    def owe(
        self, subscriptions: Iterable[Subscription], trigger: Trigger, since: float | None, now: float
    ) -> None:
        """Queue a NOTIFY for each; `work` sends them."""
        batch: deque[Subscription] = deque()
        superseded = 0
        for subscription in subscriptions:
            if not subscription.behind:
                subscription.behind_since = now
            if subscription.owed is None:
                subscription.owed = trigger
            elif subscription.owed is Trigger.STATE is trigger:
                superseded += 1
            subscription.since = since
            if self._may_send(subscription, now):
                subscription.queued = True
                batch.append(subscription)
        if batch:
            self._batches.append(batch)
        if superseded:
            self._context.emit(ChangesCoalesced(superseded))

    def repeat(self, subscriptions: Sequence[Subscription], now: float) -> None:
        """Queue a NOTIFY for each, though it may know all there is."""
        for subscription in subscriptions:
            if not subscription.behind:
                subscription.behind_since = now
            subscription.shown = None
        self.owe(subscriptions, Trigger.RESYNC, None, now)

    def work(self, now: float) -> bool:
        """Send the next slice of the oldest batch, then let the next batch have its turn."""
        if not self._batches:
            return False
        slice_ = _LARGE_SLICE if self.queued <= _FEW else _SLICE
        batch = self._batches.popleft()
        for _ in range(min(slice_, len(batch))):
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
        self.go_on(subscription, now)

    def go_on(self, subscription: Subscription, now: float) -> None:
        """Send what is owed, if it may be sent now."""
        if subscription.owed is None or subscription.in_flight is not None:
            return
        if self._is_held(subscription):
            return
        if subscription.owed in _AT_ONCE or self._may_send(subscription, now):
            self._send(subscription, now)

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

    def suppress(self, subscription: Subscription, known: str) -> bool:
        """Whether the watcher knows what it would be told (RFC 5839 section 6.3); it is then not told."""
        rendered = self._renderer.body(subscription)
        if known == "*" and subscription.behind and subscription.shown is not None:
            # It wants no NOTIFY for this SUBSCRIBE; of a change that it was not told of yet it is told.
            return True
        if known not in ("*", rendered.etag):
            return False
        subscription.shown = rendered.tail
        subscription.owed = None
        return True

    def drop(self, subscription: Subscription, reason: str, now: float) -> None:
        """End a subscription to whose watcher nothing can be said any more."""
        subscription.phase = Phase.ENDED
        subscription.owed = None
        self._resume(subscription)
        self._ended(subscription, reason, now)

    # --- sending ---------------------------------------------------------------------------------

    def _may_send(self, subscription: Subscription, now: float) -> bool:
        """Whether a change can be told at once; if the pace forbids it, a timer is set."""
        if subscription.in_flight or subscription.queued or subscription.pause or self._is_held(subscription):
            return False
        if now < subscription.not_before:
            self._pause(subscription, subscription.not_before)
            return False
        return True

    def _release(self, now: float) -> None:
        held, self._held = self._held, None
        afterwards, self._afterwards = self._afterwards, []
        batch = deque(one for one in held or () if one.owed is not None and self._may_send(one, now))
        for subscription in batch:
            subscription.queued = True
        if batch:
            self._batches.append(batch)
        for then in afterwards:
            then(now)

    def _is_held(self, subscription: Subscription) -> bool:
        """Whether it is told later, a last word included: it tells the state, too."""
        if self._held is None:
            return False
        self._held[subscription] = None
        return True

    def _send(self, subscription: Subscription, now: float) -> None:
        if subscription.dialog.local_cseq >= subscription.cseq_limit and not self._reserve(subscription, now):
            return
        trigger, since = subscription.owed, subscription.since
        if trigger is None:
            raise AssertionError("nothing is owed")
        subscription.owed = subscription.since = None
        rendered = self._renderer.body(subscription)
        if trigger not in _AT_ONCE and rendered.tail == subscription.shown:
            return
        subscription.shown = rendered.tail
        rate = subscription.max_rate
        subscription.not_before = now + max(self.min_interval, rate.interval if rate else 0.0)
        branch = BRANCH_COOKIE + self._context.token()
        flow = self._flow_for(subscription, rendered)
        subscription.in_flight = self._endpoint.request(
            "NOTIFY",
            branch,
            flow,
            self._renderer.notify(subscription, flow, branch, rendered, now),
            partial(self._finished, subscription, trigger, since),
            now,
            sends=_SENDS if subscription.verified else _UNVERIFIED_SENDS,
        )
        self._context.emit(NotifySent(trigger, since))
        self._audience.telling(subscription, now)

    def _flow_for(self, subscription: Subscription, rendered: Rendered) -> Flow:
        """A large request takes a stream where it can; never to an address that has not answered yet."""
        flow = subscription.flow
        if flow.transport != "udp" or subscription.no_stream or not subscription.verified:
            return flow
        if self._renderer.size(subscription, rendered) <= subscription.profile.tcp_above_bytes:
            return flow
        stream = self._stream_to(flow)
        if stream is None:
            return flow
        self._context.emit(LargeRequest("stream"))
        return stream

    # --- answers ---------------------------------------------------------------------------------

    def _finished(
        self,
        subscription: Subscription,
        trigger: Trigger,
        since: float | None,
        transaction: ClientTransaction,
        result: Result,
        now: float,
    ) -> None:
        subscription.in_flight = None
        if (
            result.outcome is Outcome.TRANSPORT_ERROR
            and transaction.flow.transport != subscription.flow.transport
        ):
            # The watcher takes no stream: the large request goes as a datagram after all (18.1.1).
            self._context.emit(LargeRequest("refused"))
            subscription.no_stream = True
            subscription.shown = None
            subscription.not_before = now
            subscription.since = subscription.since or since
            self.tell(subscription, trigger, now)
            return
        latency = None if since is None else now - since
        outcome = _outcome(result)
        round_trip = now - transaction.started_at
        self._context.emit(NotifyAnswered(trigger, outcome, result.status, round_trip, latency))
        if trigger is Trigger.TERMINATE or (subscription.phase is Phase.ENDING and result.status == 481):
            subscription.phase = Phase.ENDED
            subscription.owed = None
            return
        if outcome == "acknowledged":
            self._acknowledged(subscription, latency, now)
        elif result.outcome is Outcome.TIMEOUT and not subscription.verified:
            # An address that never answered is told nothing more (decision 21).
            self.drop(subscription, "notify_timeout", now)
        elif _is_final(result):
            self.drop(subscription, "notify_rejected", now)
        elif _is_temporary(result):
            self._missed(subscription, result.response, since, now)
        else:
            # This body was not to the phone's liking; the next change gets its chance.
            subscription.shown = None
        self.go_on(subscription, now)

    def _acknowledged(self, subscription: Subscription, latency: float | None, now: float) -> None:
        self.alive(subscription)
        subscription.heard_at = subscription.told_at = now
        if latency is not None:
            subscription.latency = latency
        if not subscription.verified:
            subscription.verified = True
            self._verified(subscription, now)
        self._audience.told(subscription, latency, now)

    def _missed(
        self, subscription: Subscription, response: Response | None, since: float | None, now: float
    ) -> None:
        """Try again after a pause, with the newest state; give up after the third miss."""
        subscription.misses += 1
        subscription.shown = None
        if subscription.misses > len(_PAUSES):
            self.drop(subscription, "notify_timeout", now)
            return
        if subscription.phase is not Phase.ACTIVE:
            return
        if subscription.owed is None:
            subscription.owed, subscription.since = Trigger.RESYNC, since
        wait = _retry_after(response) or _PAUSES[subscription.misses - 1]
        self._pause(subscription, now + wait)

    def _pause(self, subscription: Subscription, until: float) -> None:
        subscription.pause = self._context.timers.call_at(until, partial(self._pause_over, subscription))

    def _pause_over(self, subscription: Subscription, now: float) -> None:
        subscription.pause = None
        self.go_on(subscription, now)

    def _resume(self, subscription: Subscription) -> None:
        if subscription.pause is not None:
            subscription.pause.cancel()
            subscription.pause = None


def _outcome(result: Result) -> str:
    if result.outcome is not Outcome.ANSWERED:
        return str(result.outcome.value)
    return "acknowledged" if result.status < 300 else "rejected"


def _is_final(result: Result) -> bool:
    """Whether the answer ends the subscription; one that names a time to come back does not, but for 481."""
    return result.status == 481 or (result.status in _FATAL and _retry_after(result.response) is None)


def _is_temporary(result: Result) -> bool:
    """Whether another try is worth while: no answer, or one that means not just now."""
    if result.outcome is not Outcome.ANSWERED or result.status in _TEMPORARY:
        return True
    return _retry_after(result.response) is not None


def _retry_after(response: Response | None) -> float | None:
    """Seconds of Retry-After (RFC 3261 section 20.33), without its comment and parameters."""
    value = response.get("retry-after") if response is not None else None
    if value is None:
        return None
    digits = value.partition(";")[0].partition("(")[0].strip()
    if not (digits.isascii() and digits.isdigit()):
        return None
    return min(float(digits), _LONGEST_RETRY)
