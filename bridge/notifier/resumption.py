"""Going on with the subscriptions of an earlier run: which can, and by which way their watchers are reached now."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from bridge.events import Flow
from bridge.notifier.admission import Admission
from bridge.notifier.capacity import Capacity
from bridge.notifier.keeper import Keeper
from bridge.notifier.profiles import Profiles
from bridge.notifier.register import Register
from bridge.notifier.review import Recognise, reason_to_end
from bridge.notifier.rows import decode_row
from bridge.notifier.subscription import Phase, Subscription
from bridge.notifier.teller import Teller
from bridge.sip.errors import ServiceUnavailable
from bridge.timers import Callback, Timers

# Subscriptions that are told the state in a second.
_PER_SECOND: Final = 500

# Seconds in which a broker that is there has been found and read. Phones show meanwhile what they did; one
# that has just subscribed waits 32 s for its first NOTIFY (RFC 6665 section 4.1.2.4).
_PATIENCE: Final = 10.0


# From a flow of the earlier run to one of this run; None if there is none.
Way = Callable[[Flow], Flow | None]


@dataclass(frozen=True, slots=True)
class Terms:
    """What holds now, and may not have held before: the listeners, and who is let in.

    `home` gives the flow of a listener that can send in place of a flow of the earlier run; None if
    there is none. `recognise` is that of `bridge.notifier.review`. `kept` gives the flow of a connection
    that has outlived that run, in place of its flow there; None if it is gone.
    """

    home: Way
    recognise: Recognise
    kept: Way = lambda _flow: None


EXPIRED: Final = "expired"


class ResumptionError(Exception):
    """A subscription cannot go on; the text says why, in words that are the same for many."""


class Reviver:
    """`offset`: what makes Unix seconds of monotonic ones; `longest`: what may be left of an interval."""

    def __init__(
        self,
        profiles: Profiles,
        admission: Admission,
        terms: Terms,
        offset: float,
        longest: float,
    ) -> None:
        self._profiles = profiles
        self._admission = admission
        self._terms = terms
        self._offset = offset
        self._longest = longest

    def revive(self, document: str, now: float) -> Subscription:
        """The subscription of a row. Raise ResumptionError.

        `reason` is set if its watcher is to be told that it ends: the extension is gone, or not for
        him any more.
        """
        try:
            subscription, expires_at = decode_row(document, self._profiles)
        except ValueError:
            raise ResumptionError("unreadable") from None
        # A clock that was set back meanwhile must not make it last longer than it ever could.
        subscription.expires_at = min(expires_at - self._offset, now + self._longest)
        if subscription.expires_at <= now:
            raise ResumptionError(EXPIRED)
        subscription.flow = self._way(subscription)
        subscription.behind_since = now
        subscription.reason = reason_to_end(subscription, self._admission, self._terms.recognise)
        return subscription

    def _way(self, subscription: Subscription) -> Flow:
        flow: Flow | None = subscription.flow
        if subscription.flow.transport != "udp":
            kept = self._terms.kept(subscription.flow)
            if kept is not None:
                return kept
            # It is lost: the same holds as for one that is lost in a run.
            flow = subscription.dialog.reconnect(subscription.flow) if subscription.verified else None
            if flow is None:
                raise ResumptionError("connection lost")
        home = self._terms.home(flow) if flow is not None else None
        if home is None:
            raise ResumptionError(f"no listener for {subscription.flow.transport}")
        return home


class Resumption:
    """Takes up what `reviver` brings back."""

    def __init__(
        self,
        timers: Timers,
        reviver: Reviver,
        capacity: Capacity,
        keeper: Keeper,
        register: Register,
        teller: Teller,
    ) -> None:
        self._timers = timers
        self._reviver = reviver
        self._capacity = capacity
        self._keeper = keeper
        self._register = register
        self._teller = teller

    def resume(self, documents: Mapping[str, str], now: float) -> Counter[str | None]:
        """See `Notifier.resume`."""
        outcomes: Counter[str | None] = Counter()
        greetings: list[Callback] = []
        for key, document in documents.items():
            try:
                subscription = self._reviver.revive(document, now)
                self._capacity.admit(subscription.source, subscription.watcher)
            except (ResumptionError, ServiceUnavailable) as error:
                self._keeper.forget(key)
                outcomes[str(error) if isinstance(error, ResumptionError) else "no room"] += 1
                continue
            outcomes[subscription.reason or None] += 1
            if subscription.reason:
                self._keeper.forget(key)
                greetings.append(partial(self._teller.finish, subscription, subscription.reason))
            else:
                self._go_on_with(subscription, now)
                greetings.append(partial(self._greet, subscription))
        if greetings:
            # A phone may know what the broker has said since the last facts were written.
            self._teller.hold(now + _PATIENCE, partial(self._spread, greetings), now)
        return outcomes

    def _spread(self, greetings: Sequence[Callback], now: float) -> None:
        """The keys are random, and so is the order in which phones are told."""
        for number, greeting in enumerate(greetings):
            self._timers.call_at(now + number / _PER_SECOND, greeting)

    def _go_on_with(self, subscription: Subscription, now: float) -> None:
        self._capacity.opened(subscription.source, subscription.watcher, verified=subscription.verified)
        self._keeper.resume(subscription)
        self._register.enter(subscription, now)

    def _greet(self, subscription: Subscription, now: float) -> None:
        """Tell the state, unless a change has brought it to be told already."""
        if subscription.phase is Phase.ACTIVE and subscription.shown is None:
            self._teller.repeat((subscription,), now)
