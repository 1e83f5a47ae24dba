"""A subscriber (RFC 6665 section 4.1) that behaves as a Digium phone does: the same headers, pauses and refusals.

What a Digium phone does in each case is known from PJSIP, on which it is built.
"""

from collections.abc import Callable
from typing import Any, Final

from bridge.effects import Emit
from bridge.events import BytesReceived, Event, Flow, Stopping, TransportFailed, Wake
from bridge.pidf import CONTENT_TYPE, DocumentError
from bridge.sip.endpoint import Endpoint, EndpointOptions, Incoming
from bridge.sip.errors import BadEvent, BadRequest, NoSuchSubscription
from bridge.sip.message import Request, Response
from bridge.sip.transaction import ClientTransaction, Outcome, Result
from bridge.subscriber.account import Account
from bridge.subscriber.dialog import Dialog
from bridge.subscriber.digium import BRANCH, USER_AGENT, Handset
from bridge.subscriber.pidf import Picture, read_pidf
from bridge.subscriber.reports import Refused, Seen, Tell, Unsubscribed
from bridge.subscriber.subscription_state import LATER, SOON, SubscriptionState, parse_subscription_state
from bridge.timers import Timer, Timers

# Seconds asked for: PJSIP's default.
_EXPIRES: Final = 600

# A refresh comes 5 s before the end, and up to 10 s earlier, so that phones spread.
_MARGIN: Final = 5
_SPREAD: Final = 10

# All transmissions that Timer E has time for before Timer F.
_SENDS: Final = 11

# A first CSeq of 15 bits, as PJSIP draws it.
_CSEQ_BITS: Final = 0x7FFF


class Subscriber:
    """Watches one extension. Sans-IO: `handle(event, now)` and `deadline()`, as the engine.

    `flow` leads from the phone's own address to the server. `token()` gives 16 fresh hexadecimal
    digits. The first SUBSCRIBE leaves with the first event, which may be a Wake; Stopping
    unsubscribes. Without `password` a challenge is a refusal.
    """

    def __init__(
        self,
        extension: str,
        user: str,
        flow: Flow,
        emit: Emit,
        token: Callable[[], str],
        tell: Tell,
        *,
        password: str | None = None,
    ) -> None:
        self._extension = extension
        self._flow = flow
        self._token = token
        self._tell = tell
        self._handset = Handset(user, flow)
        self._account = Account(user, password, token)
        # What the last SUBSCRIBE asked for, in seconds.
        self._asked = _EXPIRES
        self._timers = Timers()
        self._endpoint = Endpoint(
            EndpointOptions(("presence",), (CONTENT_TYPE,), USER_AGENT), self._timers, emit, token, _admit
        )
        self._endpoint.serve("NOTIFY", self._notified)
        self._dialog: Dialog | None = None
        self._picture = Picture()
        self._in_flight: ClientTransaction | None = None
        self._stopping = False
        # What the phone does next by itself: the first SUBSCRIBE, a refresh, or a new start.
        self._next: Timer = self._timers.call_at(float("-inf"), self._begin)
        self._dispatch: dict[type[Event], Callable[[Any, float], None]] = {
            BytesReceived: lambda event, now: self._endpoint.receive(event.flow, event.data, now),
            TransportFailed: lambda event, now: self._endpoint.transport_failed(event.flow, now),
            Stopping: self._stop,
            Wake: lambda _event, _now: None,
        }

    def handle(self, event: Event, now: float) -> None:
        """Take one event, and make every call that is due."""
        self._dispatch[type(event)](event, now)
        self._timers.run(now)

    def deadline(self) -> float | None:
        """When to be called again."""
        return self._timers.deadline()

    # --- SUBSCRIBE -------------------------------------------------------------------------------

    def _begin(self, now: float) -> None:
        """Subscribe in a new dialog."""
        first_cseq = int(self._token(), 16) & _CSEQ_BITS
        self._dialog = Dialog(self._token(), self._token(), first_cseq, self._handset.uri(self._extension))
        self._subscribe(self._dialog, _EXPIRES, now)

    def _refresh(self, now: float) -> None:
        # One that is under way sets the timer anew when it ends.
        if self._dialog is not None and self._in_flight is None:
            self._subscribe(self._dialog, _EXPIRES, now)

    def _subscribe(self, dialog: Dialog, expires: int, now: float, authorization: str | None = None) -> None:
        self._asked = expires
        branch = BRANCH + self._token()
        to = self._handset.address(self._extension)
        request = self._handset.subscribe(
            dialog.target,
            branch=branch,
            local=f"{self._handset.identity};tag={dialog.local_tag}",
            remote=f"<{to}>;tag={dialog.remote_tag}" if dialog.remote_tag else to,
            call_id=dialog.call_id,
            cseq=dialog.local_cseq,
            expires=expires,
            authorization=authorization,
        )
        dialog.local_cseq += 1
        self._in_flight = self._endpoint.request(
            "SUBSCRIBE", branch, self._flow, request, self._answered, now, sends=_SENDS
        )

    def _answered(self, transaction: ClientTransaction, result: Result, now: float) -> None:
        if transaction is not self._in_flight:
            # Of a dialog that was given up, or overtaken by the unsubscription.
            return
        self._in_flight = None
        dialog = self._dialog
        if dialog is None or self._answered_challenge(dialog, result.response, now):
            return
        if result.response is not None and 200 <= result.status < 300:
            dialog.answered(result.response.to.tag, result.response)
            self._granted(result.response.expires, now)
        elif self._stopping:
            self._ended()
        elif result.status == 481 and dialog.remote_tag:
            self._come_back(SOON, now)
        else:
            reason = result.response.reason if result.response is not None else result.outcome.value
            # Where nobody listens, somebody may soon: the bridge is being started anew.
            gone = result.outcome is Outcome.TRANSPORT_ERROR
            self._come_back(SOON if gone else LATER, now)
            self._tell(Refused(self._extension, result.status, reason))

    def _answered_challenge(self, dialog: Dialog, response: Response | None, now: float) -> bool:
        """Ask again with the password, if that was what was missing."""
        if response is None or response.status != 401:
            self._account.settle()
            return False
        authorization = self._account.authorize(response, "SUBSCRIBE", dialog.target)
        if authorization is None:
            self._account.settle()
            return False
        self._subscribe(dialog, self._asked, now, authorization)
        return True

    def _granted(self, seconds: int | None, now: float) -> None:
        if seconds is None or self._stopping:
            return
        if seconds > 2 * (_MARGIN + _SPREAD):
            early = _MARGIN + 1 + int(self._token(), 16) % _SPREAD
            self._plan(now + seconds - early, self._refresh)
        else:
            self._plan(now + max(SOON, seconds / 2), self._refresh)

    # --- NOTIFY ----------------------------------------------------------------------------------

    def _notified(self, incoming: Incoming, now: float) -> None:
        request = incoming.request
        if self._dialog is None:
            raise NoSuchSubscription("no dialog")
        self._dialog.accept(request)
        event = request.event
        if event is None or event.package != "presence":
            raise BadEvent("presence")
        state = parse_subscription_state(request.get("subscription-state"))
        try:
            self._picture = self._read(request)
        except (DocumentError, BadRequest):
            incoming.respond(488, "Not Acceptable Here", headers=(("Accept", CONTENT_TYPE),))
        else:
            incoming.respond(200, "OK", headers=self._handset.answer_headers)
            self._tell(Seen(self._extension, self._picture, state.word, state.reason, now))
        self._follow(state, now)

    def _read(self, request: Request) -> Picture:
        """The picture of the body; the one before if there is no body."""
        if not request.body:
            return self._picture
        content_type = request.content_type
        if content_type is None or content_type[:2] != ("application", "pidf+xml"):
            raise DocumentError(f"of type {request.get('content-type')}")
        return read_pidf(request.body)

    def _follow(self, state: SubscriptionState, now: float) -> None:
        """The state decides when the phone subscribes again."""
        if state.word != "terminated":
            self._granted(state.expires, now)
        elif self._stopping:
            self._ended()
        else:
            self._come_back(state.pause, now)

    # --- ends ------------------------------------------------------------------------------------

    def _stop(self, _event: Stopping, now: float) -> None:
        if self._stopping:
            return
        self._next.cancel()
        self._stopping = True
        if self._dialog is None or not self._dialog.remote_tag:
            self._ended()
        else:
            self._subscribe(self._dialog, 0, now)

    def _come_back(self, pause: float, now: float) -> None:
        """Forget the dialog; requests in it get 481 from now on."""
        self._dialog = self._in_flight = None
        self._plan(now + pause, self._begin)

    def _ended(self) -> None:
        self._dialog = None
        self._tell(Unsubscribed(self._extension))

    def _plan(self, when: float, step: Callable[[float], None]) -> None:
        self._next.cancel()
        self._next = self._timers.call_at(when, step)


def _admit(_incoming: Incoming, _now: float) -> None:
    """Everybody may try: what is not of our dialog is refused anyway."""
