"""SUBSCRIBE in, NOTIFY out (RFC 6665 section 4.2): one NOTIFY in flight per subscription, newest state wins."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial

from bridge.effects import SubscribeAnswered
from bridge.events import Flow
from bridge.memory.memory import Memory
from bridge.model.facts import Change
from bridge.model.state import HintsReplaced
from bridge.notifier.admission import Admission, event_of, require_size
from bridge.notifier.audience import Audience
from bridge.notifier.capacity import Capacity, Limits
from bridge.notifier.keeper import Keeper
from bridge.notifier.packages import PACKAGES
from bridge.notifier.packages.package import EventPackage
from bridge.notifier.preferences import Preferences
from bridge.notifier.profiles import Profiles
from bridge.notifier.rate import max_rate
from bridge.notifier.register import Register
from bridge.notifier.renderer import Renderer
from bridge.notifier.resumption import Resumption, Reviver, Terms
from bridge.notifier.review import Recognise, dress, reason_to_end
from bridge.notifier.sharing import Sharing
from bridge.notifier.subscription import Phase, Subscription, Trigger
from bridge.notifier.subscriptions import Subscriptions
from bridge.notifier.succession import Succession
from bridge.notifier.teller import StreamTo, Teller
from bridge.service import Context
from bridge.sip.addressing import contact_uri
from bridge.sip.content import check_content
from bridge.sip.dialog import Dialog, DialogId
from bridge.sip.endpoint import Endpoint, Incoming
from bridge.sip.errors import NoSuchSubscription, NotAcceptable, SipError
from bridge.sip.headers import Event

ALLOW_EVENTS = ", ".join(PACKAGES)

# Bodies of a SUBSCRIBE. Filters (RFC 4661) may be left unserved (RFC 3856 section 6.3), and are.
_FILTERS = ("application/simple-filter+xml",)


@dataclass(frozen=True, slots=True)
class NotifierOptions:
    """`[sip]` of the configuration, in seconds."""

    min_expires: int = 10
    max_expires: int = 3600
    min_interval: float = 0.1
    user_agent: str = "Presence Bridge"
    limits: Limits = field(default_factory=Limits)
    profiles: Profiles = field(default_factory=Profiles)


class Notifier:
    """Owns the subscriptions. `watchers` is called with each extension's new number of them."""

    def __init__(
        self,
        context: Context,
        endpoint: Endpoint,
        options: NotifierOptions,
        watchers: Callable[[str, int, float], None],
        audience: Audience,
        memory: Memory,
        stream_to: StreamTo = lambda _flow: None,
    ) -> None:
        self._context = context
        self._options = options
        self._table = Subscriptions()
        self._capacity = Capacity(options.limits)
        self._preferences = Preferences()
        self._sharing = Sharing()
        self._admission = Admission(context.state, options.min_expires, options.max_expires)
        self._renderer = Renderer(context.state, ALLOW_EVENTS, options.user_agent)
        self._teller = Teller(
            context,
            endpoint,
            self._renderer,
            options.min_interval,
            stream_to,
            audience,
            self._gone,
            self._verified,
            self._reserve,
        )
        self._keeper = Keeper(context, memory, self._teller.go_on)
        self._register = Register(
            context,
            self._table,
            self._capacity,
            self._keeper,
            watchers,
            audience,
            self._expired,
        )
        self._succession = Succession(context.timers, self._table, self._teller)
        endpoint.serve("SUBSCRIBE", self.subscribe)

    # --- what others read ------------------------------------------------------------------------

    @property
    def subscriptions(self) -> tuple[Subscription, ...]:
        """All that are alive. Safe to read from another thread."""
        return self._table.all()

    def __len__(self) -> int:
        return len(self._table)

    def watching(self, extension: str) -> tuple[Subscription, ...]:
        """Those who watch this extension. Safe to read from another thread."""
        return tuple(self._table.of(extension))

    def watchers(self, extension: str) -> int:
        """How many watch this extension."""
        return self._table.watchers(extension)

    def behind(self, now: float) -> tuple[int, float]:
        """How many watchers have not acknowledged what is true, and for how many seconds the first of them."""
        since = [one.behind_since for one in self.subscriptions if one.behind]
        return len(since), now - min(since, default=now)

    @property
    def queued(self) -> int:
        """NOTIFYs that wait for their turn."""
        return self._teller.queued

    def resend(self, extension: str | None, now: float) -> int:
        """Tell the watchers of an extension, or of all, what is true, known or not; return how many they are."""
        watching = self.subscriptions if extension is None else tuple(self._table.of(extension))
        self._teller.repeat(watching, now)
        return len(watching)

    # --- what the engine calls -------------------------------------------------------------------

    def changed(self, change: Change, now: float) -> None:
        """Tell the watchers of every hint that the fact is part of."""
        for hint in self._context.state.hints_of(change.key):
            self._renderer.forget(hint.extension)
            self._teller.owe(self._table.of(hint.extension), Trigger.STATE, change.since, now)

    def replace(
        self, options: NotifierOptions, hints: HintsReplaced, recognise: Recognise, now: float
    ) -> None:
        """Go on by these options, with the hints that there are now.

        Watchers who may not watch any more are told so, and the others what looks different to them.
        """
        self._options = options
        self._capacity.limits = options.limits
        self._teller.min_interval = options.min_interval
        self._admission = Admission(self._context.state, options.min_expires, options.max_expires)
        for extension in (*hints.removed, *hints.changed):
            self._renderer.forget(extension)
        concerned = []
        # Those that wait for the store are kept already, and are in the table when they are answered.
        for subscription in dict.fromkeys((*self.subscriptions, *self._keeper.subscriptions)):
            reason = reason_to_end(subscription, self._admission, recognise)
            is_told = self._table.find(subscription.dialog.id) is subscription
            if reason and is_told:
                self._end(subscription, reason, reason, now)
            elif reason:
                subscription.phase, subscription.reason = Phase.ENDING, reason
            elif (
                dress(subscription, options.profiles) or subscription.subject.extension in hints.changed
            ) and is_told:
                concerned.append(subscription)
        self._teller.owe(concerned, Trigger.STATE, None, now)

    @property
    def has_work(self) -> bool:
        """Whether `work` has something to do."""
        return self._teller.has_work

    def work(self, now: float) -> bool:
        """Send one fair slice of what is owed; true while something is left."""
        return self._teller.work(now)

    def transport_failed(self, flow: Flow, now: float) -> None:
        """A stream is gone, and with it the way to those who came by it (RFC 5923)."""
        for subscription in self._table.on(flow):
            # One that has answered is connected to when there is something to tell.
            again = subscription.dialog.reconnect(flow) if subscription.verified else None
            if again is None:
                self._teller.drop(subscription, "connection_lost", now)
            else:
                self._table.move(subscription, again)

    def resume(self, documents: Mapping[str, str], terms: Terms, now: float) -> Counter[str | None]:
        """Go on with the subscriptions of an earlier run, from the documents of their rows by key.

        Each is told the state when the broker has been read, or is not found, though not all at once. Return how many go on, under None, and
        how many do not, by the reason.
        """
        options = self._options
        offset = self._context.wall(now) - now
        reviver = Reviver(options.profiles, self._admission, terms, offset, options.max_expires)
        return Resumption(
            self._context.timers, reviver, self._capacity, self._keeper, self._register, self._teller
        ).resume(documents, now)

    def synchronised(self, now: float) -> None:
        """All that the broker retains is known."""
        self._teller.inform(now)

    def stop(self, now: float) -> None:
        """End every subscription so that its watcher comes back at once (RFC 6665 section 4.4.2)."""
        self._teller.inform(now)
        for subscription in self.subscriptions:
            self._end(subscription, "deactivated", "stopped", now)

    # --- SUBSCRIBE -------------------------------------------------------------------------------

    def subscribe(self, incoming: Incoming, now: float) -> None:
        """Serve one SUBSCRIBE: its answer, and then its NOTIFY (RFC 6665 section 4.2.1)."""
        try:
            self._subscribe(incoming, now)
        except SipError as error:
            self._answered("rejected", error.status, incoming, "")
            raise

    def _subscribe(self, incoming: Incoming, now: float) -> None:
        request = incoming.request
        event, package = event_of(request)
        check_content(request, _FILTERS)
        if request.to.tag is None:
            expires = self._admission.expires(request, package)
            self._create(incoming, event, package, expires, now)
            return
        subscription = self._find(incoming, event)
        extension = subscription.subject.extension
        self._admission.require_watcher(incoming.identity.user, incoming.flow.remote.host, extension)
        expires = self._admission.expires(request, package)
        if subscription.dialog.accept(request):
            subscription.head = None
        subscription.max_rate = max_rate(event)
        self._refresh(incoming, subscription, expires, now)

    def _create(
        self, incoming: Incoming, event: Event, package: EventPackage, expires: int, now: float
    ) -> None:
        request, source = incoming.request, incoming.flow.remote.host
        extension = self._admission.extension(incoming)
        agent = self._sharing.text(request.get("user-agent") or "")
        profile = self._options.profiles.choose(agent).profile
        content_type = self._preferences.content_type(package, request)
        if content_type is None:
            raise NotAcceptable(package.bodies)
        body = profile.body(content_type)
        require_size(request)
        self._capacity.admit(source, request.from_.uri)
        subject = self._sharing.subject(profile, extension, request.uri)
        dialog = Dialog(request, self._context.token())
        flow = dialog.next_hop(incoming.flow)
        subscription = Subscription(dialog, flow, source, package, event, body, subject, profile, agent)
        subscription.user = incoming.identity.user
        subscription.expires_at = now + expires
        subscription.behind_since = now
        subscription.max_rate = max_rate(event)
        if expires == 0:
            self._fetch(incoming, subscription, now)
            return
        self._capacity.opened(source, subscription.watcher)
        accepted = partial(self._accepted, incoming, subscription, expires)
        if self._keeper.accept(subscription, accepted, now):
            accepted(now)

    def _fetch(self, incoming: Incoming, subscription: Subscription, now: float) -> None:
        """Tell the state once, and keep nothing (4.4.3)."""
        suppressed = self._answer(incoming, subscription, 0)
        self._answered("fetched", 200, incoming, subscription.subject.extension)
        if not suppressed:
            self._teller.finish(subscription, "timeout", now)

    def _accepted(self, incoming: Incoming, subscription: Subscription, expires: int, now: float) -> None:
        """The subscription outlives us from now on, if anything does: it may be told so."""
        extension = subscription.subject.extension
        suppressed = self._answer(incoming, subscription, expires)
        self._answered("created", 200, incoming, extension)
        self._succession.settle(subscription, now)
        self._register.enter(subscription, now)
        if subscription.phase is not Phase.ACTIVE:
            # It may not watch any more, since the configuration is another than when it asked.
            self._end(subscription, subscription.reason, subscription.reason, now)
        elif not suppressed:
            self._teller.tell(subscription, Trigger.SUBSCRIBE, now)

    def _refresh(self, incoming: Incoming, subscription: Subscription, expires: int, now: float) -> None:
        self._table.move(subscription, subscription.dialog.next_hop(incoming.flow))
        subscription.expires_at = now + expires
        subscription.heard_at = now
        if not subscription.verified and incoming.flow.remote.host == subscription.source:
            # Who knows our tag has had our answer, at the address that is told (decision 21 asks for no more).
            subscription.verified = True
            self._verified(subscription, now)
        self._teller.alive(subscription)
        if expires == 0:
            unsubscribed = partial(self._unsubscribed, incoming, subscription)
            is_safe = self._keeper.unsubscribe(subscription, unsubscribed, now)
            self._gone(subscription, "unsubscribed", now)
            if is_safe:
                unsubscribed(now)
            return
        self._register.schedule_expiry(subscription)
        refreshed = partial(self._refreshed, incoming, subscription, expires)
        if self._keeper.refresh(subscription, refreshed, now):
            refreshed(now)

    def _refreshed(self, incoming: Incoming, subscription: Subscription, expires: int, now: float) -> None:
        suppressed = self._answer(incoming, subscription, expires)
        self._answered("refreshed", 200, incoming, subscription.subject.extension)
        if subscription.phase is Phase.ACTIVE:
            if suppressed:
                self._teller.go_on(subscription, now)
            else:
                self._teller.tell(subscription, Trigger.SUBSCRIBE, now)

    def _unsubscribed(self, incoming: Incoming, subscription: Subscription, now: float) -> None:
        suppressed = self._answer(incoming, subscription, 0)
        self._answered("ended", 200, incoming, subscription.subject.extension)
        if subscription.phase is Phase.ACTIVE and not suppressed:
            self._teller.finish(subscription, "timeout", now)

    def _answer(self, incoming: Incoming, subscription: Subscription, expires: int) -> bool:
        """Answer 200, or 204 when the watcher knows the state already (RFC 5839): true if it does."""
        known = incoming.request.get("suppress-if-match")
        suppressed = known is not None and self._teller.suppress(subscription, known)
        status, reason = (204, "No Notification") if suppressed else (200, "OK")
        self._respond(incoming, subscription, expires, status, reason)
        return suppressed

    def _respond(
        self, incoming: Incoming, subscription: Subscription, expires: int, status: int, reason: str
    ) -> None:
        request = incoming.request
        incoming.respond(
            status,
            reason,
            to_tag=subscription.dialog.id.local_tag,
            headers=(
                *(("Record-Route", route) for route in request.record_routes),
                ("Contact", f"<{contact_uri(incoming.flow)}>"),
                ("Expires", str(expires)),
                ("Allow-Events", ALLOW_EVENTS),
            ),
        )

    def _find(self, incoming: Incoming, event: Event) -> Subscription:
        request = incoming.request
        identity = DialogId(request.call_id, request.to.tag or "", request.from_.tag or "")
        subscription = self._table.find(identity)
        if subscription is None or subscription.user != incoming.identity.user:
            # Somebody else's dialog is not told from none.
            raise NoSuchSubscription("no such dialog")
        if (event.package, event.id) != (subscription.event.package, subscription.event.id):
            # One subscription per dialog (4.5.2). A phone that is told 481 subscribes anew at once.
            raise NoSuchSubscription("this dialog is for another event")
        return subscription

    def _answered(self, outcome: str, status: int, incoming: Incoming, extension: str) -> None:
        request, source = incoming.request, incoming.flow.remote.host
        watcher, call_id = request.from_.uri, request.call_id
        self._context.emit(SubscribeAnswered(outcome, status, extension, watcher, call_id, source))

    def _reserve(self, subscription: Subscription, now: float) -> bool:
        return self._keeper.reserve(subscription, now)

    def _gone(self, subscription: Subscription, outcome: str, now: float) -> None:
        self._register.leave(subscription, outcome, now)

    def _verified(self, subscription: Subscription, now: float) -> None:
        self._capacity.verified(subscription.source)
        self._keeper.verify(subscription, now)

    # --- ends ------------------------------------------------------------------------------------

    def _end(self, subscription: Subscription, reason: str, outcome: str, now: float) -> None:
        """Say the last word, and forget the dialog: requests in it get 481 from now on."""
        self._gone(subscription, outcome, now)
        self._teller.finish(subscription, reason, now)

    def _expired(self, subscription: Subscription, now: float) -> None:
        self._end(subscription, "timeout", "expired", now)
