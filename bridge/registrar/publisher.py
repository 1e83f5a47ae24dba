"""PUBLISH (RFC 3903 section 6): a softphone's own status becomes the truth about its user.

The truth is the broker's. An accepted publication is written to the truth topic, and watchers see
it when the broker has given it back. Without a broker it waits, and is answered 200 all the same:
a softphone would stay away for minutes.
"""

import re
from typing import Final, NamedTuple

from bridge.effects import PublicationExpired, PublishAnswered
from bridge.model.presence import Presence
from bridge.model.words import printable
from bridge.pidf import CONTENT_TYPE, MAX_BYTES, DocumentError
from bridge.registrar.interval import Interval
from bridge.registrar.pidf_reader import read_presence
from bridge.registrar.presentities import Presentities
from bridge.registrar.publications import Claims, Publication, Publications
from bridge.service import Context
from bridge.sip.content import check_content
from bridge.sip.endpoint import Endpoint, Incoming
from bridge.sip.errors import BadEvent, BadRequest, EntityTooLarge, Forbidden, SipError
from bridge.sip.grammar import TOKEN
from bridge.sip.message import Request

EVENT: Final = "presence"

# Two lines of SIP-If-Match are refused by the parser already; two tags in one are no token.
_ENTITY_TAG = re.compile(TOKEN).fullmatch


class ConditionalRequestFailed(SipError):  # noqa: N818 - named by its reason phrase, like those of sip.errors
    """The entity-tag is none that we gave, or has expired (RFC 3903 section 11.2.1)."""

    status = 412
    reason = "Conditional Request Failed"


class PublisherOptions(NamedTuple):
    """`[sip]` of the configuration."""

    interval: Interval = Interval()
    enabled: bool = True


class Publisher:
    """Serves PUBLISH. Whose softphones may speak is told by `Presentities`."""

    def __init__(
        self, context: Context, endpoint: Endpoint, options: PublisherOptions, claims: Claims
    ) -> None:
        self.publications = Publications(
            context.timers,
            context.token,
            claims,
            lambda provider: context.emit(PublicationExpired(provider)),
        )
        self._state = context.state
        self._emit = context.emit
        self.replace(options)
        endpoint.serve("PUBLISH", self.publish)

    def replace(self, options: PublisherOptions) -> None:
        """Serve by these options, and for the hints that there are now. What was published stays."""
        self._options = options
        self._presentities = Presentities(self._state)

    def publish(self, incoming: Incoming, now: float) -> None:
        """Serve one PUBLISH."""
        try:
            outcome, tag, expires = self._publish(incoming, now)
        except SipError as error:
            self._answered("rejected", error.status, incoming)
            raise
        incoming.respond(200, "OK", headers=(("SIP-ETag", tag), ("Expires", str(expires))))
        self._answered(outcome, 200, incoming)

    def _publish(self, incoming: Incoming, now: float) -> tuple[str, str, int]:
        """The steps of section 6 in their order. Outcome, entity-tag and seconds."""
        request = incoming.request
        if not self._options.enabled:
            raise Forbidden("[sip] accept_publish is false: presence is written by MQTT alone")
        provider = self._presentities.provider(incoming)
        _require_event(request)
        publication = self._condition(request, provider)
        expires = self._options.interval.grant(request.expires)
        if publication is not None and expires == 0:
            return "removed", self.publications.remove(publication, now), 0
        presence = _body(request)
        if publication is not None:
            outcome = "refreshed" if presence is None else "modified"
            return outcome, self.publications.renew(publication, presence, expires, now), expires
        if presence is None:
            raise BadRequest("a first PUBLISH without a body")
        return "created", self.publications.create(provider, presence, expires, now), expires

    def _condition(self, request: Request, provider: str) -> Publication | None:
        """The publication that SIP-If-Match names; None without one, which makes a new one."""
        tag = request.get("sip-if-match")
        if tag is None:
            return None
        if not _ENTITY_TAG(tag):
            raise BadRequest(f"not one entity-tag in SIP-If-Match: {tag[:80]!r}")
        publication = self.publications.find(provider, tag)
        if publication is None:
            raise ConditionalRequestFailed(f"no publication {tag[:80]!r}")
        return publication

    def _answered(self, outcome: str, status: int, incoming: Incoming) -> None:
        presentity, source = printable(incoming.request.uri), incoming.flow.remote.host
        self._emit(PublishAnswered(outcome, status, presentity, source))


def _require_event(request: Request) -> None:
    event = request.event
    if event is None or event.package != EVENT:
        raise BadEvent([EVENT])


def _body(request: Request) -> Presence | None:
    if not request.body:
        return None
    if len(request.body) > MAX_BYTES:
        raise EntityTooLarge(f"{len(request.body)} bytes")
    check_content(request, [CONTENT_TYPE])
    try:
        return read_presence(request.body)
    except DocumentError as error:
        raise BadRequest(str(error)) from error
