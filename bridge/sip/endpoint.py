"""Transactions over flows, and dispatch by method: the user agent of RFC 3261 sections 8 and 17."""

import re
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from hashlib import blake2s
from typing import NamedTuple

from bridge.effects import (
    Emit,
    MessageDropped,
    MessageUnreadable,
    RequestReceived,
    ResponseReceived,
    ResponseSent,
    Warned,
)
from bridge.events import Address, Flow
from bridge.sip.addressing import DEFAULT_PORT
from bridge.sip.client_transactions import ClientTransactions
from bridge.sip.credentials import NOBODY, Identity
from bridge.sip.errors import (
    BadExtension,
    LoopDetected,
    MalformedMessage,
    MethodNotAllowed,
    MethodNotImplemented,
    NoSuchSubscription,
    ServiceUnavailable,
    SipError,
    Unanswered,
)
from bridge.sip.headers import stamp
from bridge.sip.message import Request, Response, encode_response
from bridge.sip.parser import parse
from bridge.sip.server_transactions import ServerTransactions, reply_flow, transaction_key
from bridge.sip.transaction import (
    ClientTransaction,
    Ended,
    InviteServerTransaction,
    Outcome,
    Result,
    ServerTransaction,
    TimerValues,
)
from bridge.timers import Timers

# The answer to a NOTIFY is matched before anything else of it is read, by the status and the
# branch of the first Via, which is ours (RFC 3261 section 17.1.3). Only a 2xx needs no more.
_PLAIN_2XX = re.compile(
    rb"SIP/2\.0 (2\d\d) [^\r\n]*\r\n(?:Via|v): SIP/2\.0/[A-Z]+ [^\r\n,]*?;branch=(z9hG4bK[0-9a-f]+)[;\r]"
).match
_PLAIN_RESULTS = {b"%d" % status: Result(Outcome.ANSWERED, status) for status in range(200, 300)}
_SECOND_VIA = re.compile(rb"\n(?:via|v)[ \t]*:", re.IGNORECASE).search

# Methods that exist: RFC 3261 section 8.2.1 asks for 405 rather than 501 for these.
KNOWN_METHODS = frozenset(
    [
        *("ACK", "BYE", "CANCEL", "INVITE", "OPTIONS", "REGISTER"),
        *("PRACK", "UPDATE", "INFO", "MESSAGE", "REFER", "PUBLISH", "SUBSCRIBE", "NOTIFY"),
    ]
)

# What a CANCEL can be about (RFC 3261 section 9.2).
_CANCELLABLE = KNOWN_METHODS - {"ACK", "CANCEL"}

# Server transactions at a time, each about 1.5 kB for 32 s. Past it what is new gets 503.
_MOST_TRANSACTIONS = 100_000

# Octets of an answer that is kept to be repeated. A larger one copies headers that no phone sends.
_LARGEST_KEPT = 8192

# Seconds of Retry-After then: a flood is over, or it is not.
_COME_BACK = 30

# Streams remembered as gone; answers are given within seconds.
_LOST_REMEMBERED = 256


class Answer(NamedTuple):
    """A final answer; without `to_tag` the To tag is made up (RFC 3261 section 8.2.6.2)."""

    status: int
    reason: str
    headers: Iterable[tuple[str, str]] = ()
    to_tag: str | None = None


class Incoming:
    """A request with the way back.

    A handler calls `respond` and goes on: what it sends afterwards leaves after the answer.
    `identity` is who sent it, as `admit` found out.
    """

    __slots__ = ("_endpoint", "_transaction", "flow", "identity", "request")

    def __init__(
        self, endpoint: "Endpoint", transaction: ServerTransaction, flow: Flow, request: Request
    ) -> None:
        self._endpoint = endpoint
        self._transaction = transaction
        self.flow = flow
        self.request = request
        self.identity: Identity = NOBODY

    def respond(
        self,
        status: int,
        reason: str,
        *,
        headers: Iterable[tuple[str, str]] = (),
        to_tag: str | None = None,
    ) -> None:
        """Send the final answer; `headers` and `to_tag` are those of `Answer`."""
        self._endpoint.respond(self._transaction, self.request, Answer(status, reason, headers, to_tag))


Handler = Callable[[Incoming, float], None]


@dataclass(frozen=True, slots=True)
class EndpointOptions:
    """`allow_events` and `accept` go into the answer to OPTIONS (RFC 3261 section 11.2)."""

    allow_events: tuple[str, ...] = ()
    accept: tuple[str, ...] = ()
    server: str = "Presence Bridge"
    timer_values: TimerValues = field(default_factory=TimerValues)


class Endpoint:
    """Knows nothing of presence: handlers are registered by method.

    `admit` is asked before any handler but those of OPTIONS and CANCEL. It says who it is in
    `Incoming.identity`, or raises the SipError that a stranger gets, or Unanswered.
    """

    def __init__(
        self,
        options: EndpointOptions,
        timers: Timers,
        emit: Emit,
        token: Callable[[], str],
        admit: Handler,
    ) -> None:
        self._options = options
        self._timers = timers
        self._emit = emit
        self._token = token
        self._admit = admit
        self._tag_key = token().encode()
        self._handlers: dict[str, Handler] = {}
        self._clients = ClientTransactions()
        self._servers = ServerTransactions(timers, options.timer_values, emit)
        # Streams that are gone, the newest last: an answer for one of them takes another way.
        self._lost: deque[Flow] = deque(maxlen=_LOST_REMEMBERED)

    def serve(self, method: str, handler: Handler) -> None:
        """Serve a method. The handler answers, or raises the SipError that is the answer."""
        self._handlers[method] = handler

    def withdraw(self, method: str) -> None:
        """Do not serve a method any more."""
        self._handlers.pop(method, None)

    @property
    def allow(self) -> tuple[str, ...]:
        """The methods served, for Allow."""
        return tuple(sorted({*self._handlers, "OPTIONS", "CANCEL", "ACK"}))

    @property
    def transactions(self) -> tuple[int, int]:
        """How many client and server transactions are alive."""
        return len(self._clients), len(self._servers)

    # --- in --------------------------------------------------------------------------------------

    def receive(self, flow: Flow, data: bytes, now: float) -> None:
        """Take one datagram or framed message. Nothing that is in it raises."""
        if data.startswith(b"SIP/2.0 2") and self._plain_answer(flow, data, now):
            return
        if not data.strip(b"\r\n\0"):
            # Keep-alives (RFC 5626 section 4.4.1; some phones send a lone NUL).
            return
        try:
            message = parse(data, stream=flow.transport != "udp")
        except MalformedMessage as error:
            self._malformed(flow, error)
            return
        if isinstance(message, Response):
            self._response(flow, message, now)
        else:
            self._request(flow, message, now)

    def transport_failed(self, flow: Flow, now: float) -> None:
        """What was sent over `flow` did not leave, or was refused (RFC 3261 section 17.1.4)."""
        if flow.connection:
            self._lost.append(flow)
        for transaction in self._clients.over(flow):
            transaction.failed(now)

    # --- out -------------------------------------------------------------------------------------

    def request(
        self, method: str, branch: str, flow: Flow, data: bytes, ended: Ended, now: float, *, sends: int
    ) -> ClientTransaction:
        """Start a client transaction for bytes that carry `branch` in their Via."""
        transaction = ClientTransaction(
            method,
            branch,
            flow,
            data,
            sends=sends,
            alive=self._clients,
            timers=self._timers,
            values=self._options.timer_values,
            emit=self._emit,
            ended=ended,
        )
        transaction.start(now)
        return transaction

    # --- answers to our requests -----------------------------------------------------------------

    def _plain_answer(self, flow: Flow, data: bytes, now: float) -> bool:
        match = _PLAIN_2XX(data)
        if match is None or _SECOND_VIA(data, match.end()):
            return False
        transaction = self._clients.find(match[2].decode())
        if transaction is None or transaction.cseq_end not in data:
            return False
        self._matched(flow, transaction, _PLAIN_RESULTS[match[1]], now)
        return True

    def _response(self, flow: Flow, response: Response, now: float) -> None:
        # A second Via means that it is not for us (RFC 3261 section 8.1.3.3).
        transaction = None
        if len(response.via_values) == 1 and response.top_via.branch:
            transaction = self._clients.find(response.top_via.branch)
        if transaction is not None and transaction.method != response.cseq.method:
            transaction = None
        self._matched(flow, transaction, Result(Outcome.ANSWERED, response.status, response), now)

    def _matched(self, flow: Flow, transaction: ClientTransaction | None, result: Result, now: float) -> None:
        # An answer comes from the host we asked; one from elsewhere is forged.
        matched = transaction is not None and transaction.flow.remote.host == flow.remote.host
        self._emit(ResponseReceived(result.status, matched))
        if matched and transaction is not None:
            transaction.answered(result, now)

    # --- requests --------------------------------------------------------------------------------

    def _request(self, flow: Flow, request: Request, now: float) -> None:
        self._emit(RequestReceived(request.method, flow.transport))
        if request.method == "ACK":
            # Never answered (17.1.1.3), nor challenged (22.1).
            self._servers.acknowledge(request)
            return
        key = transaction_key(request)
        repeated = self._servers.find(key)
        if repeated is not None:
            if repeated.repeated(reply_flow(flow, request)):
                self._emit(ResponseSent(request.method, repeated.status))
            return
        if len(self._servers) >= _MOST_TRANSACTIONS and request.to.tag is None:
            # What belongs to a dialog goes on; what is new can come later.
            self._refuse(flow, request, ServiceUnavailable(_COME_BACK))
            return
        transaction = self._servers.begin(key, request, flow, now)
        self._serve(Incoming(self, transaction, flow, request), transaction, now)

    def _serve(self, incoming: Incoming, transaction: ServerTransaction, now: float) -> None:
        request = incoming.request
        try:
            self._inspect(request, transaction)
            self._handler(request)(incoming, now)
        except Unanswered as silence:
            self._servers.forget(request)
            self._emit(MessageDropped(incoming.flow, "rate", str(silence)))
        except SipError as error:
            incoming.respond(error.status, error.reason, headers=error.headers)
        except Exception as error:  # noqa: BLE001 - one bad request must not stop the others
            self._emit(Warned(f"{request.method} {request.call_id!r} could not be served: {error!r}"))
            if transaction.pending:
                incoming.respond(500, "Server Internal Error")
        if isinstance(transaction, InviteServerTransaction) and incoming.identity is not NOBODY:
            # A stranger gets one answer for each copy of his request: more could be aimed at a third (26.3.2.4).
            transaction.insist(now)

    def _inspect(self, request: Request, transaction: ServerTransaction) -> None:
        """The order of RFC 3261 section 8.2: method, Request-URI, merged requests, Require."""
        if request.method not in self._handlers and request.method not in ("OPTIONS", "CANCEL"):
            if request.method in KNOWN_METHODS:
                raise MethodNotAllowed(self.allow)
            raise MethodNotImplemented(self.allow)
        _ = request.request_uri
        if request.method == "CANCEL":
            # It goes with the request that it cancels (9.2), and can require nothing (8.2.2.3).
            return
        if transaction.is_merged:
            raise LoopDetected("the same request came by another way")
        if request.require:
            raise BadExtension(request.require)

    def _handler(self, request: Request) -> Handler:
        if request.method == "OPTIONS":
            return self._capabilities
        if request.method == "CANCEL":
            return self._cancel
        return self._admitted

    def _admitted(self, incoming: Incoming, now: float) -> None:
        self._admit(incoming, now)
        self._handlers[incoming.request.method](incoming, now)

    def _capabilities(self, incoming: Incoming, _now: float) -> None:
        """OPTIONS, inside and outside of dialogs (RFC 3261 section 11.2, RFC 6665 section 4.4.4)."""
        incoming.respond(
            200,
            "OK",
            headers=(
                ("Allow", ", ".join(self.allow)),
                ("Accept", ", ".join(self._options.accept)),
                ("Accept-Encoding", "identity"),
                ("Accept-Language", "en"),
                ("Allow-Events", ", ".join(self._options.allow_events)),
                ("Supported", ""),
            ),
        )

    def _cancel(self, incoming: Incoming, _now: float) -> None:
        """What is not answered at once is answered all the same: there is never anything left to cancel (9.2)."""
        transaction = self._servers.cancelled(incoming.request, _CANCELLABLE)
        if transaction is None:
            raise NoSuchSubscription("nothing to cancel")
        incoming.respond(200, "OK", to_tag=transaction.tag)

    def respond(self, transaction: ServerTransaction, request: Request, answer: Answer) -> None:
        """Answer through a transaction; `Incoming.respond` is the way for handlers."""
        self._answer(transaction, request, answer)
        if transaction.octets > _LARGEST_KEPT:
            self._servers.forget(request)

    def _answer(self, transaction: ServerTransaction, request: Request, answer: Answer) -> None:
        if transaction.flow.connection and transaction.flow in self._lost:
            transaction.flow = _way_around(transaction.flow, request)
        tag = answer.to_tag or request.to.tag or self._token()
        response = encode_response(
            request,
            answer.status,
            answer.reason,
            to_tag=tag,
            headers=(*answer.headers, ("Server", self._options.server)),
            via=stamp(request.top_via, *transaction.source),
        )
        transaction.respond(answer.status, tag, response)
        self._emit(ResponseSent(request.method, answer.status))

    def _malformed(self, flow: Flow, error: MalformedMessage) -> None:
        request = error.request
        self._emit(MessageUnreadable(flow.transport))
        if request is None or request.method == "ACK":
            self._emit(MessageDropped(flow, "malformed", error.detail))
            return
        self._emit(RequestReceived(request.method, flow.transport))
        self._refuse(flow, request, error)

    def _refuse(self, flow: Flow, request: Request, error: SipError) -> None:
        """Answer without a transaction (8.2.7), so the tag must come out the same for a repeat."""
        identity = f"{request.call_id} {request.top_via.raw}".encode("utf-8", "surrogateescape")
        tag = blake2s(identity, key=self._tag_key, digest_size=8).hexdigest()
        transaction = ServerTransaction(reply_flow(flow, request), flow.remote, self._emit)
        self._answer(transaction, request, Answer(error.status, error.reason, error.headers, tag))


def _way_around(flow: Flow, request: Request) -> Flow:
    """Where an answer goes whose connection is gone: one try at the sent-by port (18.2.2)."""
    port = request.top_via.port or DEFAULT_PORT[flow.transport]
    return flow._replace(remote=Address(flow.remote.host, port), connection=0)
