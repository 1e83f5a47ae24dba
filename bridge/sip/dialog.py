"""Dialogs as the answering side keeps them (RFC 3261 section 12), and the constant head of a request in one."""

from collections.abc import Iterable
from typing import NamedTuple, Self

from bridge.events import Address, Flow
from bridge.sip.addressing import DEFAULT_PORT
from bridge.sip.errors import BadRequest, ServerError
from bridge.sip.headers import parse_name_addr
from bridge.sip.message import Request
from bridge.sip.uri import Uri, is_ip_literal, parse_uri


class DialogId(NamedTuple):
    """Tags are compared byte for byte; the Request-URI plays no part (RFC 3261 section 12)."""

    call_id: str
    local_tag: str
    remote_tag: str


class Dialog:
    """One dialog that a peer's request formed.

    `local` and `remote` are the From and To values of our requests, as the peer wrote them. `is_resumed`
    until the first request after a restart.
    """

    __slots__ = (
        "id",
        "is_resumed",
        "local",
        "local_cseq",
        "remote",
        "remote_cseq",
        "remote_uri",
        "route_set",
        "target",
    )

    def __init__(self, request: Request, local_tag: str) -> None:
        """Raise BadRequest when the request carries no usable Contact."""
        self.id = DialogId(request.call_id, local_tag, request.from_.tag or "")
        self.local = f"{request.get('to')};tag={local_tag}"
        self.remote = request.get("from") or ""
        self.remote_uri = request.from_.uri
        self.local_cseq = 0
        self.remote_cseq = request.cseq.number
        # In the order received: the first is next to us (12.1.1).
        self.route_set = tuple(request.record_routes)
        self.target = usable_contact(request)
        self.is_resumed = False

    @classmethod
    def resume(
        cls,
        identity: DialogId,
        local: str,
        remote: str,
        local_cseq: int,
        remote_cseq: int,
        route_set: Iterable[str],
        target: str,
    ) -> Self:
        """A dialog of an earlier run, from its attributes; `local_cseq` is not below any that was used.

        Raise BadRequest when one of the URIs cannot be read.
        """
        dialog = cls.__new__(cls)
        dialog.id = identity
        dialog.local = local
        dialog.remote = remote
        dialog.remote_uri = parse_name_addr(remote).uri
        dialog.local_cseq = local_cseq
        dialog.remote_cseq = remote_cseq
        dialog.route_set = tuple(route_set)
        dialog.target = target
        dialog.is_resumed = True
        for uri in (target, *map(_uri_text, dialog.route_set)):
            parse_uri(uri)
        return dialog

    def accept(self, request: Request) -> bool:
        """Take a later request of the peer: its CSeq, and its Contact as the new target (12.2.2); true if it is new.

        Raise ServerError for a CSeq that does not grow: an old or a repeated request out of order. Once
        after a restart it may be the same: the answer to that request may have been lost with the run
        that took it, and its transaction with it.
        """
        if request.cseq.number < self.remote_cseq + (not self.is_resumed):
            raise ServerError(f"CSeq {request.cseq.number} does not follow {self.remote_cseq}")
        target = self.target
        if request.get("contact") and request.contacts:
            self.target = usable_contact(request)
        self.remote_cseq = request.cseq.number
        self.is_resumed = False
        return self.target != target

    def is_repeated_by(self, other: "Dialog") -> bool:
        """Whether the request that formed `other`, which has the same Call-ID and From tag, formed this one before.

        Within a run its transaction knows (RFC 3261 section 8.2.2.2), and after a restart nothing else.
        """
        return self.is_resumed and self.remote_cseq == other.remote_cseq

    def next_cseq(self) -> int:
        """Our own sequence, apart from the peer's (12.2.1.1)."""
        self.local_cseq += 1
        return self.local_cseq

    def request_line_and_routes(self) -> tuple[str, tuple[str, ...]]:
        """Request-URI and Route values of our next request.

        Loose routing: the target, and the whole set. A first hop without `lr` is a strict router:
        its URI goes into the request line, and the target to the end of the routes (12.2.1.1).
        """
        if not self.route_set:
            return self.target, ()
        first = _uri_of(self.route_set[0])
        if "lr" in first.params:
            return self.target, self.route_set
        return str(first), (*self.route_set[1:], f"<{self.target}>")

    def next_hop(self, source: Flow) -> Flow:
        """Where our requests go (decision 22): the first route or the target, if that is the host
        that the peer's request came from; else back to the address it came from, which is right
        behind a NAT, needs no DNS, and sends nothing to a third party.
        """
        uri = _uri_of(self.route_set[0]) if self.route_set else parse_uri(self.target)
        if source.transport != "udp" or uri.host != source.remote.host:
            return source
        port = uri.port or DEFAULT_PORT[source.transport]
        if port == source.remote.port:
            return source
        return Flow(source.transport, source.local, Address(uri.host, port))

    def reconnect(self, lost: Flow) -> Flow | None:
        """The flow that opens a new connection in place of a lost one; None if it would lead elsewhere."""
        uri = _uri_of(self.route_set[0]) if self.route_set else parse_uri(self.target)
        if not is_ip_literal(uri.host) or uri.host != lost.remote.host:
            return None
        port = uri.port or DEFAULT_PORT[lost.transport]
        return lost._replace(remote=Address(uri.host, port), connection=0)

    def __repr__(self) -> str:
        return f"<Dialog {self.id.call_id} to {self.target} cseq {self.local_cseq}/{self.remote_cseq}>"


def usable_contact(request: Request) -> str:
    """The URI of the first sip or sips Contact (RFC 3261 section 12.1.1)."""
    for contact in request.contacts:
        if contact.uri.lower().startswith(("sip:", "sips:")):
            parse_uri(contact.uri)
            return contact.uri
    raise BadRequest("a Contact with a sip or sips URI is needed")


def _uri_of(route: str) -> Uri:
    return parse_uri(_uri_text(route))


def _uri_text(route: str) -> str:
    return parse_name_addr(route).uri
