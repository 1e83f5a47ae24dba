"""The octets of a NOTIFY: what is the same for many is made once.

The body with its headers is made once per change, format and URI; the head once per subscription, of which
all but the identity of its dialog is shared.
Only branch, CSeq and the time left are filled in for each.
"""

from hashlib import blake2s
from typing import Final, NamedTuple

from bridge.events import Address, Flow
from bridge.model.state import State
from bridge.notifier.bodies import BodyFormat
from bridge.notifier.bodies.subject import VERSION, Subject
from bridge.notifier.subscription import Head, Phase, Subscription
from bridge.sip.addressing import contact_uri, via_head
from bridge.sip.headers import Event
from bridge.sip.message import encode_headers, encode_request_line

# Bodies kept for one extension: watchers write its URI in a few ways, and only an attack in many.
_BODIES_KEPT: Final = 64

# Heads kept: one for each listener and package, but watchers may number their Events.
_HEADS_KEPT: Final = 256

# Octets of empty attributes and closing tags that a body has only with texts in it.
_AROUND_TEXTS: Final = 48

# The room for texts is a multiple of this, so that watchers with heads of about the same size share a body.
_STEP: Final = 32


class Rendered(NamedTuple):
    """The end of a NOTIFY, from SIP-ETag on; equal for all watchers who are shown the same.

    Of a versioned body `content` is kept apart, since the version is another in each subscription.
    """

    etag: str
    tail: bytes
    content: bytes | None = None

    def numbered(self, version: int) -> bytes:
        """The tail, with this version filled in if it has one (RFC 4235 section 4.1)."""
        if self.content is None:
            return self.tail
        content = self.content.replace(VERSION, b"%d" % version)
        return self.tail + b"Content-Length: %d\r\n\r\n%b" % (len(content), content)


_NOTHING: Final = Rendered("", b"Content-Length: 0\r\n\r\n")

# With these a subscription ends about which nothing may be said any more, or can be (RFC 6665 section 4.1.3).
_TELLS_NOTHING: Final = frozenset(("noresource", "rejected"))


class Renderer:
    """Keeps what can be used again."""

    def __init__(self, state: State, allow_events: str, user_agent: str) -> None:
        self._state = state
        self._allow_events = allow_events
        self._user_agent = user_agent
        self._rendered: dict[str, dict[tuple[BodyFormat, Subject], Rendered]] = {}
        self._heads: dict[tuple[str, Address, str, str | None], tuple[bytes, bytes]] = {}

    def forget(self, extension: str) -> None:
        """The extension's state changed: what was rendered for it is old."""
        self._rendered.pop(extension, None)

    def body(self, subscription: Subscription) -> Rendered:
        """What the watcher is to be shown now."""
        if subscription.phase is not Phase.ACTIVE and subscription.reason in _TELLS_NOTHING:
            return _NOTHING
        if self._state.hint(subscription.subject.extension) is None:
            # It has ended, and then its hint was taken away, before this was told.
            return _NOTHING
        return self._kept(subscription.body, subscription.subject)

    def size(self, subscription: Subscription, rendered: Rendered) -> int:
        """About how many octets a NOTIFY takes; what is filled in has less than a hundred."""
        body = len(rendered.tail) if rendered.content is None else len(rendered.tail) + len(rendered.content)
        return self._head(subscription, subscription.flow).size + body + 80

    def notify(
        self, subscription: Subscription, flow: Flow, branch: str, rendered: Rendered, now: float
    ) -> bytes:
        """The whole request, as it goes over `flow`; takes the next CSeq."""
        head = self._head(subscription, flow)
        start = b"%b%b%b%b%b%d NOTIFY\r\nSubscription-State: %b\r\n" % (
            head.line,
            head.via,
            branch.encode(),
            head.shared,
            head.identity,
            subscription.dialog.next_cseq(),
            _state(subscription, now),
        )
        # RFC 4235 section 4.1: from 0 on, and growing also where a restart has left a gap in the CSeqs.
        version = subscription.dialog.local_cseq - 1
        request = start + rendered.numbered(version)
        limit = subscription.profile.udp_limit_bytes
        if len(request) > limit and flow.transport == "udp":
            return start + self._shortened(subscription, rendered.etag, version, limit - len(start))
        return request

    def _kept(self, body: BodyFormat, subject: Subject, etag: str | None = None) -> Rendered:
        kept = self._rendered.get(subject.extension)
        if kept is None:
            kept = self._rendered[subject.extension] = {}
        rendered = kept.get((body, subject))
        if rendered is None:
            if len(kept) >= _BODIES_KEPT:
                kept.clear()
            rendered = kept[body, subject] = self._render(body, subject, etag)
        return rendered

    def _shortened(self, subscription: Subscription, etag: str, version: int, limit: int) -> bytes:
        """The tail in `limit` octets: the texts of its body are cut, the message first.

        The etag stays, since the state does.
        """
        body, subject = subscription.body, subscription.subject
        bare = self._kept(body, subject._replace(room=0), etag).numbered(version)
        room = max(0, limit - len(bare) - _AROUND_TEXTS) // _STEP * _STEP
        return self._kept(body, subject._replace(room=room), etag).numbered(version)

    def _render(self, body: BodyFormat, subject: Subject, etag: str | None) -> Rendered:
        content = body.format(self._state.extension_state(subject.extension), subject)
        if etag is None:
            # RFC 5839: names this state of this resource; a watcher that knows it need not be told.
            etag = blake2s(content, digest_size=6).hexdigest()
        lines = encode_headers((("SIP-ETag", etag), ("Content-Type", body.content_type)))
        if VERSION in content:
            return Rendered(etag, lines, content)
        return Rendered(etag, lines + b"Content-Length: %d\r\n\r\n%b" % (len(content), content))

    def _head(self, subscription: Subscription, flow: Flow) -> Head:
        if flow is not subscription.flow:
            return self._make_head(subscription, flow)
        if subscription.head is None:
            subscription.head = self._make_head(subscription, flow)
        return subscription.head

    def _make_head(self, subscription: Subscription, flow: Flow) -> Head:
        dialog, event = subscription.dialog, subscription.event
        uri, routes = dialog.request_line_and_routes()
        identity = (
            *(("Route", route) for route in routes),
            ("From", dialog.local),
            ("To", dialog.remote),
            ("Call-ID", dialog.id.call_id),
        )
        via, shared = self._shared_head(flow, event)
        line, own = encode_request_line("NOTIFY", uri), encode_headers(identity) + b"CSeq: "
        return Head(line, via, shared, own, len(line) + len(via) + len(shared) + len(own))

    def _shared_head(self, flow: Flow, event: Event) -> tuple[bytes, bytes]:
        """What is the same in all NOTIFYs of one listener for one Event: up to the branch, and what follows it."""
        key = flow.transport, flow.local, event.package, event.id
        heads = self._heads.get(key)
        if heads is None:
            if len(self._heads) >= _HEADS_KEPT:
                self._heads.clear()
            lines = (
                ("Max-Forwards", "70"),
                ("Contact", f"<{contact_uri(flow)}>"),
                ("Event", event.package if event.id is None else f"{event.package};id={event.id}"),
                ("Allow-Events", self._allow_events),
                ("User-Agent", self._user_agent),
            )
            via = encode_headers([("Via", via_head(flow))]).removesuffix(b"\r\n")
            heads = self._heads[key] = via, b"\r\n" + encode_headers(lines)
        return heads


def _state(subscription: Subscription, now: float) -> bytes:
    """Subscription-State. `expires` is the time really left: phones set their refresh timer by it."""
    if subscription.phase is not Phase.ACTIVE:
        return b"terminated;reason=" + subscription.reason.encode()
    state = b"active;expires=%d" % max(0, round(subscription.expires_at - now))
    if subscription.max_rate is not None:
        # RFC 6446 section 5.2: the rate that is kept to.
        state += b";max-rate=" + subscription.max_rate.text.encode()
    return state
