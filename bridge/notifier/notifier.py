"""SUBSCRIBE in, NOTIFY out (RFC 6665 section 4.2): one NOTIFY in flight per subscription, newest state wins."""

from collections.abc import Callable
from dataclasses import dataclass, field

from bridge.effects import SubscribeAnswered, SubscriptionEnded
from bridge.events import Flow
from bridge.model.facts import Change
from bridge.notifier.capacity import Capacity, Limits
from bridge.notifier.packages import PACKAGES
from bridge.notifier.packages.package import EventPackage
from bridge.notifier.profiles import Profiles
from bridge.notifier.rate import max_rate
from bridge.notifier.renderer import Renderer
from bridge.notifier.subscription import Subscription, Trigger
from bridge.notifier.subscriptions import Subscriptions
from bridge.notifier.teller import StreamTo, Teller
from bridge.service import Context
from bridge.sip.addressing import contact_uri, source_address
from bridge.sip.content import check_content
from bridge.sip.dialog import Dialog, DialogId
from bridge.sip.endpoint import Endpoint, Incoming
from bridge.sip.errors import (
    BadEvent,
    Forbidden,
    IntervalTooBrief,
    MessageTooLarge,
    NoSuchSubscription,
    NotAcceptable,
    NotFound,
    SipError,
)
from bridge.sip.headers import Event
from bridge.sip.message import Request

ALLOW_EVENTS = ", ".join(PACKAGES)

# Bodies of a SUBSCRIBE. Filters (RFC 4661) may be left unserved (RFC 3856 section 6.3), and are.
_FILTERS = ("application/simple-filter+xml",)

# What a subscription keeps of the request that formed it, and how much of that in all: phones send
# 300 octets, and room is planned for 4 kB each.
_KEPT = ("from", "to", "call-id", "contact", "record-route", "event", "user-agent")
_MOST_KEPT = 4096

# RFC 6665 section 4.2.1.1: an interval of an hour or more is never too brief.
_NEVER_TOO_BRIEF = 3600


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
        stream_to: StreamTo = lambda _flow: None,
    ) -> None:
        self._context = context
        self._options = options
        self._watchers_changed = watchers
        self._table = Subscriptions()
        self._capacity = Capacity(options.limits)
        self._renderer = Renderer(context.state, ALLOW_EVENTS, options.user_agent)
        self._teller = Teller(
            context,
            endpoint,
            self._renderer,
            options.min_interval,
            stream_to,
            self._gone,
            lambda subscription: self._capacity.verified(subscription.source),
        )
        endpoint.serve("SUBSCRIBE", self.subscribe)

    # --- what others read ------------------------------------------------------------------------

    @property
    def subscriptions(self) -> tuple[Subscription, ...]:
        """All that are alive. Safe to read from another thread."""
        return self._table.all()

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

    # --- what the engine calls -------------------------------------------------------------------

    def changed(self, change: Change, now: float) -> None:
        """Tell the watchers of every hint that the fact is part of."""
        for hint in self._context.state.hints_of(change.key):
            self._renderer.forget(hint.extension)
            self._teller.owe(self._table.of(hint.extension), Trigger.STATE, change.since, now)

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

    def stop(self, now: float) -> None:
        """End every subscription so that its watcher comes back at once (RFC 6665 section 4.4.2)."""
        for subscription in self.subscriptions:
            self._end(subscription, "deactivated", "stopped", now)

    # --- SUBSCRIBE -------------------------------------------------------------------------------

    def subscribe(self, incoming: Incoming, now: float) -> None:
        """Serve one SUBSCRIBE: its answer, and then its NOTIFY (RFC 6665 section 4.2.1)."""
        try:
            self._subscribe(incoming, now)
        except SipError as error:
            self._answered("rejected", error.status, incoming.request, "")
            raise

    def _subscribe(self, incoming: Incoming, now: float) -> None:
        request = incoming.request
        event, package = _package(request)
        check_content(request, _FILTERS)
        if request.to.tag is None:
            expires = self._expires(request, package)
            self._create(incoming, event, package, expires, now)
            return
        subscription = self._find(incoming, event)
        self._require_watcher(incoming, subscription.subject.extension)
        expires = self._expires(request, package)
        subscription.dialog.accept(request)
        subscription.max_rate = max_rate(event)
        self._refresh(incoming, subscription, expires, now)

    def _create(
        self, incoming: Incoming, event: Event, package: EventPackage, expires: int, now: float
    ) -> None:
        request, source = incoming.request, incoming.flow.remote.host
        extension = self._extension(incoming)
        agent = request.get("user-agent") or ""
        profile = self._options.profiles.choose(agent).profile
        body = profile.choose_body(package, request.accept)
        if body is None:
            raise NotAcceptable(package.bodies)
        if _octets_kept(request) > _MOST_KEPT:
            raise MessageTooLarge("a dialog of that size is not kept")
        self._capacity.admit(source)
        subject = profile.subject(extension, request.uri)
        dialog = Dialog(request, self._context.token())
        flow = dialog.next_hop(incoming.flow)
        subscription = Subscription(dialog, flow, source, package, event, body, subject, profile, agent)
        subscription.user = incoming.identity.user
        subscription.expires_at = now + expires
        subscription.behind_since = now
        subscription.max_rate = max_rate(event)
        suppressed = self._answer(incoming, subscription, expires)
        if expires == 0:
            # A fetch (4.4.3): the state once, and nothing kept.
            self._answered("fetched", 200, request, extension)
            if not suppressed:
                self._teller.finish(subscription, "timeout", now)
            return
        self._answered("created", 200, request, extension)
        self._table.add(subscription)
        self._capacity.opened(source)
        self._schedule_expiry(subscription)
        self._watchers_changed(extension, self.watchers(extension), now)
        if not suppressed:
            self._teller.tell(subscription, Trigger.SUBSCRIBE, now)

    def _refresh(self, incoming: Incoming, subscription: Subscription, expires: int, now: float) -> None:
        extension = subscription.subject.extension
        self._table.move(subscription, subscription.dialog.next_hop(incoming.flow))
        subscription.expires_at = now + expires
        suppressed = self._answer(incoming, subscription, expires)
        if expires == 0:
            self._answered("ended", 200, incoming.request, extension)
            self._gone(subscription, "unsubscribed", now)
            if not suppressed:
                self._teller.finish(subscription, "timeout", now)
            return
        self._answered("refreshed", 200, incoming.request, extension)
        self._schedule_expiry(subscription)
        self._teller.alive(subscription)
        if not suppressed:
            self._teller.tell(subscription, Trigger.SUBSCRIBE, now)

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

    def _extension(self, incoming: Incoming) -> str:
        """The hint that the Request-URI names; some phones name it in the To header only.

        What a user may not watch is refused before it is looked for: that it exists is not said.
        """
        request = incoming.request
        user = request.request_uri.user
        if user is None:
            user = request.to_uri.user
        if user is not None and not incoming.identity.may_watch(user):
            raise Forbidden(f"{incoming.identity.user} may not watch {user!r}")
        if user is None:
            raise NotFound("no user in the Request-URI, nor in To")
        self._require_watcher(incoming, user)
        return user

    def _require_watcher(self, incoming: Incoming, extension: str) -> None:
        """Raise NotFound without a hint, and Forbidden for whom it does not name (RFC 3856 section 6.6.2)."""
        hint = self._context.state.hint(extension)
        if hint is None:
            raise NotFound(f"no hint for {extension!r}")
        if hint.watchers.are_all:
            return
        source = incoming.flow.remote.host
        if not hint.watchers.admit(incoming.identity.user, source_address(source)):
            raise Forbidden(f"{incoming.identity.user or source} is not among the watchers of {extension}")

    def _expires(self, request: Request, package: EventPackage) -> int:
        """Seconds granted (4.2.1.1): what was asked, not more than the maximum; never 423 above it."""
        asked = request.expires
        if asked is None:
            asked = package.default_expires
        if 0 < asked < min(self._options.min_expires, _NEVER_TOO_BRIEF):
            raise IntervalTooBrief(self._options.min_expires)
        return min(asked, self._options.max_expires)

    def _answered(self, outcome: str, status: int, request: Request, extension: str) -> None:
        watcher = request.from_.uri
        self._context.emit(SubscribeAnswered(outcome, status, extension, watcher, request.call_id))

    # --- ends ------------------------------------------------------------------------------------

    def _schedule_expiry(self, subscription: Subscription) -> None:
        if subscription.expiry is not None:
            subscription.expiry.cancel()
        subscription.expiry = self._context.timers.call_at(
            subscription.expires_at, lambda now: self._end(subscription, "timeout", "expired", now)
        )

    def _end(self, subscription: Subscription, reason: str, outcome: str, now: float) -> None:
        """Say the last word, and forget the dialog: requests in it get 481 from now on."""
        self._gone(subscription, outcome, now)
        self._teller.finish(subscription, reason, now)

    def _gone(self, subscription: Subscription, outcome: str, now: float) -> None:
        if not self._table.remove(subscription):
            return
        self._capacity.closed(subscription.source, verified=subscription.verified)
        if subscription.expiry is not None:
            subscription.expiry.cancel()
        extension, call_id = subscription.subject.extension, subscription.dialog.id.call_id
        self._context.emit(SubscriptionEnded(outcome, extension, subscription.watcher, call_id))
        self._watchers_changed(extension, self.watchers(extension), now)


def _octets_kept(request: Request) -> int:
    """About what a subscription keeps of its SUBSCRIBE, some of it twice."""
    values = (value for name in _KEPT for value in request.lines(name))
    return len(request.uri) + sum(map(len, values))


def _package(request: Request) -> tuple[Event, EventPackage]:
    """The package is compared byte for byte (RFC 6665 section 3.1.2); no Event at all is no package."""
    event = request.event
    package = PACKAGES.get(event.package) if event is not None else None
    if event is None or package is None:
        raise BadEvent(PACKAGES)
    return event, package
