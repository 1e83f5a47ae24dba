"""Whether a SUBSCRIBE is served (RFC 6665 section 4.2.1): its event, its extension, its watcher, its interval."""

from typing import Final

from bridge.model.state import State
from bridge.notifier.packages import PACKAGES
from bridge.notifier.packages.package import EventPackage
from bridge.sip.addressing import source_address
from bridge.sip.endpoint import Incoming
from bridge.sip.errors import BadEvent, Forbidden, IntervalTooBrief, MessageTooLarge, NotFound
from bridge.sip.headers import Event
from bridge.sip.message import Request

# What a subscription keeps of the request that formed it, and how much of that in all: phones send
# 300 octets, and room is planned for 4 kB each.
_KEPT: Final = ("from", "to", "call-id", "contact", "record-route", "event", "user-agent")
_MOST_KEPT: Final = 4096

# RFC 6665 section 4.2.1.1: an interval of an hour or more is never too brief.
_NEVER_TOO_BRIEF: Final = 3600


class Admission:
    """`min_expires` and `max_expires` in seconds."""

    def __init__(self, state: State, min_expires: int, max_expires: int) -> None:
        self._state = state
        self._min_expires = min_expires
        self._max_expires = max_expires

    def extension(self, incoming: Incoming) -> str:
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
        self.require_watcher(incoming.identity.user, incoming.flow.remote.host, user)
        return user

    def require_watcher(self, user: str | None, source: str, extension: str) -> None:
        """Raise NotFound without a hint, and Forbidden for whom it does not name (RFC 3856 section 6.6.2)."""
        hint = self._state.hint(extension)
        if hint is None:
            raise NotFound(f"no hint for {extension!r}")
        if hint.watchers.are_all:
            return
        if not hint.watchers.admit(user, source_address(source)):
            raise Forbidden(f"{user or source} is not among the watchers of {extension}")

    def expires(self, request: Request, package: EventPackage) -> int:
        """Seconds granted (4.2.1.1): what was asked, not more than the maximum; never 423 above it."""
        asked = request.expires
        if asked is None:
            asked = package.default_expires
        if 0 < asked < min(self._min_expires, _NEVER_TOO_BRIEF):
            raise IntervalTooBrief(self._min_expires)
        return min(asked, self._max_expires)


def event_of(request: Request) -> tuple[Event, EventPackage]:
    """The package is compared byte for byte (RFC 6665 section 3.1.2); no Event at all is no package."""
    event = request.event
    package = PACKAGES.get(event.package) if event is not None else None
    if event is None or package is None:
        raise BadEvent(PACKAGES)
    return event, package


def require_size(request: Request) -> None:
    """Raise MessageTooLarge for a request of which more would be kept than there is room for."""
    values = (value for name in _KEPT for value in request.lines(name))
    # Some of it is kept twice.
    if len(request.uri) + sum(map(len, values)) > _MOST_KEPT:
        raise MessageTooLarge("a dialog of that size is not kept")
