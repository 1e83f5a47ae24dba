"""The transaction machines of RFC 3261 section 17, as tables. We send no INVITE, so that one of four is missing.

Three deviations, none visible on the wire:

* A client transaction ends with its final answer. RFC 3261 keeps it for Timer K (T4) to absorb
  repeated answers; an answer that matches no transaction is dropped anyway (18.1.2), so the five
  seconds of state would absorb nothing.
* Timers E and F share one timer: whichever is next.
* An INVITE that was acknowledged is kept for what is left of Timer H, rather than for Timer I (T4) or, over
  a stream, not at all: a copy of it that is late must not be obeyed again.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, IntEnum, auto
from typing import ClassVar, Final, NamedTuple

from bridge.effects import Emit, ResponseSent, Retransmitted, Send
from bridge.events import Address, Flow
from bridge.sip.client_transactions import ClientTransactions
from bridge.sip.message import Response
from bridge.timers import Timer, Timers


@dataclass(frozen=True, slots=True)
class TimerValues:
    """T1, T2 and T4 in seconds (RFC 3261 table 4)."""

    t1: float = 0.5
    t2: float = 4.0
    t4: float = 5.0

    @property
    def transaction(self) -> float:
        """Timers F, H and J: how long an unreliable transaction is kept."""
        return 64 * self.t1


# Of integers, since those of plain enumerations are hashed by a call of Python: the tables are asked with each message.


class State(IntEnum):
    """States of all machines (figures 6, 7 and 8)."""

    TRYING = auto()
    PROCEEDING = auto()
    COMPLETED = auto()
    CONFIRMED = auto()
    TERMINATED = auto()


class Input(IntEnum):
    """What moves them."""

    REQUEST = auto()
    PROVISIONAL = auto()
    FINAL = auto()
    ACK = auto()
    TIMER_E = auto()
    TIMER_F = auto()
    TIMER_G = auto()
    FAILURE = auto()


class Action(IntEnum):
    """What a step asks for."""

    NOTHING = auto()
    SEND = auto()
    SLOW_DOWN = auto()
    REPORT = auto()


Table = dict[tuple[State, Input], tuple[State, Action]]

# RFC 3261 figure 6. An input that is not listed changes nothing.
CLIENT: Final[Table] = {
    (State.TRYING, Input.TIMER_E): (State.TRYING, Action.SEND),
    (State.TRYING, Input.PROVISIONAL): (State.PROCEEDING, Action.SLOW_DOWN),
    (State.TRYING, Input.FINAL): (State.TERMINATED, Action.REPORT),
    (State.TRYING, Input.TIMER_F): (State.TERMINATED, Action.REPORT),
    (State.TRYING, Input.FAILURE): (State.TERMINATED, Action.REPORT),
    (State.PROCEEDING, Input.TIMER_E): (State.PROCEEDING, Action.SEND),
    (State.PROCEEDING, Input.FINAL): (State.TERMINATED, Action.REPORT),
    (State.PROCEEDING, Input.TIMER_F): (State.TERMINATED, Action.REPORT),
    (State.PROCEEDING, Input.FAILURE): (State.TERMINATED, Action.REPORT),
}

# RFC 3261 figure 8, without 1xx: RFC 4320 section 4.1 forbids them for our methods. Timer J is the
# owner's: it ends transactions in the order in which they were answered, and drops them.
SERVER: Final[Table] = {
    (State.TRYING, Input.REQUEST): (State.TRYING, Action.NOTHING),
    (State.TRYING, Input.FINAL): (State.COMPLETED, Action.SEND),
    (State.COMPLETED, Input.REQUEST): (State.COMPLETED, Action.SEND),
}

# RFC 3261 figure 7, without 1xx, since everything is answered at once, and without 2xx, since no call
# is ever taken. Timer H is the owner's, as J is.
INVITE_SERVER: Final[Table] = {
    (State.PROCEEDING, Input.REQUEST): (State.PROCEEDING, Action.NOTHING),
    (State.PROCEEDING, Input.FINAL): (State.COMPLETED, Action.SEND),
    (State.COMPLETED, Input.REQUEST): (State.COMPLETED, Action.SEND),
    (State.COMPLETED, Input.TIMER_G): (State.COMPLETED, Action.SEND),
    (State.COMPLETED, Input.ACK): (State.CONFIRMED, Action.NOTHING),
}


class Outcome(Enum):
    """How a client transaction can end."""

    ANSWERED = "answered"
    TIMEOUT = "timeout"
    TRANSPORT_ERROR = "transport_error"


class Result(NamedTuple):
    """The end of a client transaction. `status` is 0 without an answer.

    `response` is None when the answer was a plain 2xx, of which nothing but the status was read.
    """

    outcome: Outcome
    status: int = 0
    response: Response | None = None


TIMED_OUT: Final = Result(Outcome.TIMEOUT)
TRANSPORT_ERROR: Final = Result(Outcome.TRANSPORT_ERROR)

# Called once for each transaction.
Ended = Callable[["ClientTransaction", Result, float], None]


def _cseq_end(method: str) -> bytes:
    """How the line of a CSeq ends, in an answer to a request with this method."""
    return f" {method}\r\n".encode()


_CSEQ_ENDS: Final = {"NOTIFY": _cseq_end("NOTIFY")}


class ClientTransaction:
    """One request of ours, until its final answer (RFC 3261 section 17.1.2).

    It stands in `alive` from its start to its end, and is its own entry in the lane of Timer E, which is
    `due` once. `cseq_end` is how the CSeq of its answer ends. `sends_left` bounds the transmissions: an address that never answered anything is not sent
    eleven copies (decision 21).
    """

    __slots__ = (
        "_alive",
        "_emit",
        "_ended",
        "_interval",
        "_timer",
        "_timers",
        "_values",
        "branch",
        "cseq_end",
        "data",
        "due",
        "flow",
        "gives_up_at",
        "method",
        "sends_left",
        "started_at",
        "state",
    )

    def __init__(
        self,
        method: str,
        branch: str,
        flow: Flow,
        data: bytes,
        *,
        sends: int,
        alive: ClientTransactions,
        timers: Timers,
        values: TimerValues,
        emit: Emit,
        ended: Ended,
    ) -> None:
        self.method = method
        self.branch = branch
        self.cseq_end = _CSEQ_ENDS.get(method) or _cseq_end(method)
        self.flow = flow
        self.data = data
        self.state = State.TRYING
        self.sends_left = sends
        self.started_at = 0.0
        self.gives_up_at = 0.0
        self.due: float | None = None
        self._alive = alive
        self._interval = values.t1
        self._timer: Timer | None = None
        self._timers = timers
        self._values = values
        self._emit = emit
        self._ended = ended

    def start(self, now: float) -> None:
        """Send for the first time. Over a stream there is no second (Timer E is for datagrams)."""
        self.started_at = now
        self.gives_up_at = now + self._values.transaction
        if self.flow.transport != "udp":
            self.sends_left = 1
        self.sends_left -= 1
        self._alive.add(self)
        self._emit(Send(self.flow, self.data))
        if self.sends_left > 0:
            self.due = now + self._interval
            self._timers.lane(self._interval).append(self)
        else:
            self._arm(now)

    def answered(self, result: Result, now: float) -> None:
        """A response with our branch arrived."""
        self._step(Input.FINAL if result.status >= 200 else Input.PROVISIONAL, result, now)

    def failed(self, now: float) -> None:
        """The transport gave the request back (RFC 3261 section 17.1.4)."""
        self._step(Input.FAILURE, TRANSPORT_ERROR, now)

    def come_due(self, now: float) -> None:
        """Timer E or F has run out."""
        if now >= self.gives_up_at:
            self._step(Input.TIMER_F, TIMED_OUT, now)
        else:
            self._step(Input.TIMER_E, TIMED_OUT, now)

    def _step(self, event: Input, result: Result, now: float) -> None:
        self.state, action = CLIENT.get((self.state, event), (self.state, Action.NOTHING))
        if action is Action.REPORT:
            self.due = None
            if self._timer is not None:
                self._timer.cancel()
            self._alive.drop(self)
            # It may stand in its lane for a while.
            self.data = b""
            self._ended(self, result, now)
        elif action is Action.SEND:
            self._resend(now)
        elif action is Action.SLOW_DOWN:
            # After a provisional answer Timer E runs at T2 (17.1.2.2).
            self._interval = self._values.t2

    def _resend(self, now: float) -> None:
        self.sends_left -= 1
        self._interval = min(self._interval * 2, self._values.t2)
        self._emit(Send(self.flow, self.data))
        self._emit(Retransmitted(self.method))
        self._arm(now)

    def _arm(self, now: float) -> None:
        again = now + self._interval if self.sends_left > 0 else self.gives_up_at
        self._timer = self._timers.call_at(min(again, self.gives_up_at), self.come_due)

    def __repr__(self) -> str:
        return f"<ClientTransaction {self.method} {self.branch} {self.state.name}>"


class ServerTransaction:
    """One request of a peer; keeps the answer, to repeat it to the byte (RFC 3261 section 17.2.2).

    `flow` is where the answer goes, `source` the address the request came from; `status` and `tag`,
    that of To, are those of the answer. `is_merged`: the same request came by another way, and is being
    served there (8.2.2.2).
    """

    __slots__ = ("_emit", "_response", "_state", "flow", "is_merged", "source", "status", "tag")

    table: ClassVar[Table] = SERVER
    first: ClassVar[State] = State.TRYING

    def __init__(self, flow: Flow, source: Address, emit: Emit) -> None:
        self.flow = flow
        self.source = source
        self.is_merged = False
        self.status = 0
        self.tag = ""
        self._response = b""
        self._state = self.first
        self._emit = emit

    @property
    def pending(self) -> bool:
        """No answer has been given yet."""
        return self._state is self.first

    @property
    def octets(self) -> int:
        """How much is kept to be repeated."""
        return len(self._response)

    def repeated(self, flow: Flow) -> bool:
        """The request came again, and its answer goes by `flow`; true if it got it again.

        A repeat comes by another way when a NAT has forgotten the first, or a connection was lost.
        """
        self.flow = flow
        return self._step(Input.REQUEST)

    def respond(self, status: int, tag: str, response: bytes) -> None:
        """Give the final answer; it can be given once."""
        if not self.pending:
            raise AssertionError(f"answered with {self.status} already")
        self.status = status
        self.tag = tag
        self._response = response
        self._step(Input.FINAL)

    def _step(self, event: Input) -> bool:
        self._state, action = self.table.get((self._state, event), (self._state, Action.NOTHING))
        if action is Action.SEND:
            self._emit(Send(self.flow, self._response))
            return True
        return False

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._state.name} to {self.flow.remote}>"


class InviteServerTransaction(ServerTransaction):
    """One INVITE of a peer; its answer can be repeated until the ACK comes (RFC 3261 section 17.2.1)."""

    __slots__ = ("_gives_up_at", "_interval", "_timer", "_timers", "_values")

    table: ClassVar[Table] = INVITE_SERVER
    first: ClassVar[State] = State.PROCEEDING

    def __init__(self, flow: Flow, source: Address, emit: Emit, timers: Timers, values: TimerValues) -> None:
        super().__init__(flow, source, emit)
        self._timers = timers
        self._values = values
        self._interval = values.t1
        self._gives_up_at = 0.0
        self._timer: Timer | None = None

    def insist(self, now: float) -> None:
        """Repeat the answer, which was just given, until its ACK or Timer H; over a stream nothing is lost."""
        if self.flow.transport == "udp":
            self._gives_up_at = now + self._values.transaction
            self._arm(now)

    def acknowledged(self) -> None:
        """The ACK has come."""
        self._step(Input.ACK)
        if self._timer is not None:
            self._timer.cancel()

    def _timer_g(self, now: float) -> None:
        self._step(Input.TIMER_G)
        self._emit(ResponseSent("INVITE", self.status))
        self._interval = min(self._interval * 2, self._values.t2)
        self._arm(now)

    def _arm(self, now: float) -> None:
        again = now + self._interval
        self._timer = self._timers.call_at(again, self._timer_g) if again < self._gives_up_at else None
