"""REGISTER (RFC 3261 section 10.3): phones that have an account here shall find that it works.

The bridge calls nobody, and NOTIFY goes where SUBSCRIBE came from; what is registered tells at most
where a phone is. So every domain is ours, and from a trusted network every user may register. Who
authenticates may register himself alone.
"""

from typing import Final

from bridge.effects import RegisterAnswered
from bridge.events import Flow
from bridge.model.words import printable
from bridge.registrar.bindings import Bindings, Offer
from bridge.registrar.interval import Interval
from bridge.service import Context
from bridge.sip.endpoint import Endpoint, Incoming
from bridge.sip.errors import BadRequest, Forbidden, NotFound, SipError
from bridge.sip.grammar import number
from bridge.sip.headers import WILDCARD, parse_name_addr
from bridge.sip.message import Request
from bridge.sip.uri import parse_uri

# Characters of what is kept of one contact. Phones send up to 200, with instance and flow; 256 for
# user and Call-ID is what databases of registrars have room for.
_MAX_CONTACT: Final = 1024
_MAX_NAME: Final = 256


class Registrar:
    """Serves REGISTER, where that is `accepted`; `bindings` may be read at any time."""

    def __init__(
        self, context: Context, endpoint: Endpoint, interval: Interval, *, accepted: bool = True
    ) -> None:
        self.bindings = Bindings(context.timers)
        self._emit = context.emit
        self._endpoint = endpoint
        self.replace(interval, accepted=accepted)

    def replace(self, interval: Interval, *, accepted: bool) -> None:
        """Grant by this interval, or nothing any more. What is registered runs out as it was told it would."""
        self._interval = interval
        if accepted:
            self._endpoint.serve("REGISTER", self.register)
        else:
            self._endpoint.withdraw("REGISTER")

    def register(self, incoming: Incoming, now: float) -> None:
        """Serve one REGISTER, in the order of 10.3; Require and credentials are the endpoint's."""
        request = incoming.request
        try:
            user = _address_of_record(request)
            _authorise(incoming, user)
            outcome = self._change(incoming, user, now)
        except SipError as error:
            self._answered("rejected", error.status, incoming)
            raise
        contacts = (("Contact", binding.header(now)) for binding in self.bindings.of(user))
        incoming.respond(200, "OK", headers=contacts)
        self._answered(outcome, 200, incoming)

    def _change(self, incoming: Incoming, user: str, now: float) -> str:
        request = incoming.request
        call_id, cseq = request.call_id, request.cseq.number
        if len(call_id) > _MAX_NAME:
            raise BadRequest(f"a Call-ID of {len(call_id)} characters")
        if request.contacts == [WILDCARD]:
            if request.expires != 0:
                raise BadRequest("Contact: * without Expires: 0")
            self.bindings.clear(user, call_id, cseq)
            return "removed"
        offers = [self._offer(value, request.expires, incoming.flow) for value in request.values("contact")]
        known = bool(self.bindings.of(user))
        self.bindings.update(user, offers, call_id, cseq, now)
        if any(offer.expires for offer in offers):
            return "refreshed" if known else "registered"
        return "removed" if offers else "fetched"

    def _offer(self, value: str, expires: int | None, flow: Flow) -> Offer:
        """One contact; its own expires goes before that of the request (10.2.1.1)."""
        if len(value) > _MAX_CONTACT:
            raise BadRequest(f"a contact of {len(value)} characters")
        contact = parse_name_addr(value)
        if "expires" in contact.params:
            # What is no number counts as the default (10.3 step 7).
            expires = number(contact.params["expires"] or "")
        return Offer(contact, parse_uri(contact.uri), self._interval.grant(expires), flow)

    def _answered(self, outcome: str, status: int, incoming: Incoming) -> None:
        aor, source = printable(incoming.request.to.uri), incoming.flow.remote.host
        self._emit(RegisterAnswered(outcome, status, aor, source))


def _address_of_record(request: Request) -> str:
    uri = request.to_uri
    if not uri.is_sip:
        raise BadRequest(f"no sip or sips URI: {request.to.uri[:80]!r}")
    user = uri.user
    if user is None or len(user) > _MAX_NAME:
        raise NotFound(f"no user in {request.to.uri[:80]!r}")
    return user


def _authorise(incoming: Incoming, user: str) -> None:
    """Third parties register nobody (10.3 step 4)."""
    if not incoming.identity.is_user(user):
        raise Forbidden(f"{incoming.identity.user!r} registers {user!r}")
