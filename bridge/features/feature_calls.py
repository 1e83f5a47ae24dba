"""INVITE to a feature code (RFC 3261 section 13.3.1.3): obeyed, and answered 603 or 486. No call is ever taken.

A phone that can neither PUBLISH nor speak its maker's protocol can still dial. What it asks for is
written to the truth topic as a command is, and shows when the broker has given it back. The reason
phrase says what the state is now: many phones show it.
"""

from collections.abc import Callable, Iterable
from typing import Final, Protocol

from bridge.effects import FeatureCallAnswered
from bridge.features.dial_plan import Dialled, DialPlan
from bridge.features.feature_code import USER, FeatureCode
from bridge.features.providers import Providers
from bridge.features.template import fill
from bridge.model.presence import Presence
from bridge.model.words import printable
from bridge.service import Context
from bridge.sip.endpoint import Endpoint, Incoming
from bridge.sip.errors import (
    Forbidden,
    MethodNotAllowed,
    NoSuchSubscription,
    NotFound,
    SipError,
    TemporarilyUnavailable,
)
from bridge.sip.uri import parse_uri

METHOD: Final = "INVITE"

# Who withholds his name calls from here (RFC 3323 section 4.1.1.3).
_NOBODY: Final = "anonymous.invalid"


class Truth(Protocol):
    """Where the truth is told (`bridge.topics.truth`)."""

    def intended(self, provider: str, now: float) -> Presence:
        """What a provider says, all writes included that are under way."""
        ...

    def command(self, provider: str, presence: Presence, now: float) -> None:
        """Make a provider say this."""
        ...


class FeatureCalls:
    """Serves INVITE, if there are codes. `is_ready` tells whether the truth can be written now."""

    def __init__(
        self,
        context: Context,
        endpoint: Endpoint,
        codes: Iterable[FeatureCode],
        truth: Truth,
        is_ready: Callable[[], bool],
    ) -> None:
        self._state = context.state
        self._emit = context.emit
        self._endpoint = endpoint
        self._truth = truth
        self._is_ready = is_ready
        self.replace(codes)

    def replace(self, codes: Iterable[FeatureCode]) -> None:
        """Obey these, by the names of the hints that there are now; without any, INVITE is not served."""
        plan = tuple(codes)
        self._plan = DialPlan(plan)
        self._providers = Providers(self._state)
        if plan:
            self._endpoint.serve(METHOD, self.invite)
        else:
            self._endpoint.withdraw(METHOD)

    def invite(self, incoming: Incoming, now: float) -> None:
        """Serve one INVITE; the answer to a code that was obeyed is the one that the code names."""
        try:
            dialled = self._dialled(incoming)
            provider, presence = self._obey(incoming, dialled, now)
        except SipError as error:
            self._answered("rejected", error.status, incoming)
            raise
        state = presence.state.value
        incoming.respond(dialled.code.status, f"Presence is {state}")
        outcome = "toggled" if dialled.code.toggles else "set"
        self._answered(outcome, dialled.code.status, incoming, provider, state)

    def _dialled(self, incoming: Incoming) -> Dialled:
        request = incoming.request
        if request.to.tag is not None:
            raise NoSuchSubscription("no call was ever taken")
        user = request.request_uri.user
        dialled = None if user is None else self._plan.find(user)
        if dialled is not None:
            return dialled
        if user is not None and self._state.hint(user) is not None:
            # The extension is there (21.4.6), unlike one that nobody knows (21.4.5).
            allow = [method for method in self._endpoint.allow if method != METHOD]
            raise MethodNotAllowed(allow, f"{user!r} can be watched, but not called")
        raise NotFound(f"{user!r} is no feature code")

    def _obey(self, incoming: Incoming, dialled: Dialled, now: float) -> tuple[str, Presence]:
        code, values = dialled
        if USER in code.places:
            values = {**values, USER: _caller(incoming)}
        provider = self._providers.named(fill(code.provider, values))
        if not self._is_ready():
            # The one who dialled is there now, and shall know now that it did not work.
            raise TemporarilyUnavailable("the broker cannot be reached")
        presence = code.next(self._truth.intended(provider, now).state, values)
        self._truth.command(provider, presence, now)
        return provider, presence

    def _answered(
        self, outcome: str, status: int, incoming: Incoming, provider: str = "", state: str = ""
    ) -> None:
        request = incoming.request
        caller = incoming.identity.user or request.from_.uri
        self._emit(
            FeatureCallAnswered(
                outcome,
                status,
                printable(request.uri),
                printable(caller),
                printable(provider),
                state,
                incoming.flow.remote.host,
            )
        )


def _caller(incoming: Incoming) -> str:
    """Who calls: whoever has given a password, else the user of From; Forbidden if that is nobody."""
    user = incoming.identity.user
    if user is not None:
        return user
    sender = parse_uri(incoming.request.from_.uri)
    if sender.user is None or not sender.user.isprintable() or sender.host == _NOBODY:
        raise Forbidden("the caller does not say who he is")
    return sender.user
