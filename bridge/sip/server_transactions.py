"""The server transactions that are alive, by what names them (RFC 3261 section 17.2.3)."""

from collections import deque
from collections.abc import Iterable
from typing import NamedTuple

from bridge.effects import Emit
from bridge.events import Flow
from bridge.sip.headers import response_address
from bridge.sip.message import Request
from bridge.sip.transaction import InviteServerTransaction, ServerTransaction, TimerValues
from bridge.timers import Timers

BRANCH_COOKIE = "z9hG4bK"

# One text, its parts between line feeds, which none of them can hold: a third of the memory that a tuple of the
# parts takes, for as long as 32 seconds after each request.
TransactionKey = str


class _Ending(NamedTuple):
    at: float
    key: TransactionKey
    untagged: TransactionKey | None


class ServerTransactions:
    """Found when a request is repeated, or comes a second time by another way (8.2.2.2)."""

    def __init__(self, timers: Timers, values: TimerValues, emit: Emit) -> None:
        self._timers = timers
        self._values = values
        self._lifetime = values.transaction
        self._emit = emit
        self._alive: dict[TransactionKey, ServerTransaction] = {}
        # Requests without a To tag, with the transaction that they belong to.
        self._untagged: dict[TransactionKey, TransactionKey] = {}
        # Timers H and J are the same for all, so they end in the order in which they began.
        self._endings: deque[_Ending] = deque()

    def __len__(self) -> int:
        return len(self._alive)

    def find(self, key: TransactionKey) -> ServerTransaction | None:
        """The transaction of which a request with this key is a repetition."""
        return self._alive.get(key)

    def cancelled(self, request: Request, methods: Iterable[str]) -> ServerTransaction | None:
        """The transaction that a CANCEL is about: it has another of these methods, and all else in common (9.2)."""
        keys = (_key_as(request, method, request.to.tag) for method in methods)
        return next(filter(None, map(self._alive.get, keys)), None)

    def acknowledge(self, request: Request) -> None:
        """Take an ACK: the answer that it is for is not repeated any more."""
        # Without the cookie in the branch the To tag of the INVITE counts, which mostly had none.
        for tag in (None, request.to.tag):
            transaction = self._alive.get(_key_as(request, "INVITE", tag))
            if isinstance(transaction, InviteServerTransaction):
                transaction.acknowledged()
                return

    def begin(self, key: TransactionKey, request: Request, flow: Flow, now: float) -> ServerTransaction:
        """A new transaction; kept for Timer J over a datagram transport, and for Timer H if it is of INVITE.

        `key` is that of the request, which is found by it no more than once.
        """
        transaction = self._create(request, flow)
        untagged = _untagged_key(request) if request.to.tag is None else None
        transaction.is_merged = untagged is not None and self._untagged.get(untagged, key) != key
        if flow.transport != "udp" and request.method != "INVITE":
            # Timer J is zero (17.2.2): nothing is repeated over a stream.
            return transaction
        ends_at = now + self._lifetime
        self._alive[key] = transaction
        if untagged is not None:
            self._untagged.setdefault(untagged, key)
        self._endings.append(_Ending(ends_at, key, untagged))
        if len(self._endings) == 1:
            self._timers.call_at(ends_at, self._end)
        return transaction

    def forget(self, request: Request) -> None:
        """Drop a transaction that will get no answer, so that a repetition is looked at anew."""
        key = transaction_key(request)
        self._alive.pop(key, None)
        self._drop_untagged(_untagged_key(request), key)

    def _create(self, request: Request, flow: Flow) -> ServerTransaction:
        back = reply_flow(flow, request)
        if request.method == "INVITE":
            return InviteServerTransaction(back, flow.remote, self._emit, self._timers, self._values)
        return ServerTransaction(back, flow.remote, self._emit)

    def _end(self, now: float) -> None:
        while self._endings and self._endings[0].at <= now:
            ending = self._endings.popleft()
            self._alive.pop(ending.key, None)
            if ending.untagged is not None:
                self._drop_untagged(ending.untagged, ending.key)
        if self._endings:
            self._timers.call_at(self._endings[0].at, self._end)

    def _drop_untagged(self, untagged: TransactionKey, key: TransactionKey) -> None:
        if self._untagged.get(untagged) == key:
            del self._untagged[untagged]


def reply_flow(flow: Flow, request: Request) -> Flow:
    """Where the answer goes: the same socket, and the address of RFC 3261 section 18.2.2."""
    if flow.transport != "udp":
        return flow
    remote = response_address(request.top_via, flow.remote)
    return flow if remote == flow.remote else Flow(flow.transport, flow.local, remote)


def transaction_key(request: Request) -> TransactionKey:
    """What a request has in common with its repetitions alone (17.2.3)."""
    return _key_as(request, request.method, request.to.tag)


def _key_as(request: Request, method: str, to_tag: str | None) -> TransactionKey:
    """The key that a request would have with this method and To tag."""
    via = request.top_via
    if via.branch and via.branch.startswith(BRANCH_COOKIE) and len(via.branch) > len(BRANCH_COOKIE):
        # Call-ID and CSeq are equal in a true repeat, and tell phones apart whose branches are of little chance.
        return f"{via.branch}\n{via.host}\n{via.port}\n{method}\n{request.call_id}\n{request.cseq.number}"
    # RFC 2543 peers: everything that a repeat has in common. We give an INVITE one answer, so that the
    # tag of that need not be looked at in its ACK.
    parts = (
        request.uri,
        to_tag or "",
        request.from_.tag or "",
        request.call_id,
        str(request.cseq.number),
        method,
        via.raw,
    )
    return "\n".join(parts)


def _untagged_key(request: Request) -> TransactionKey:
    return f"{request.method}\n{request.call_id}\n{request.from_.tag}\n{request.cseq.number}"
