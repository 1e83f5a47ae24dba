"""Asking a phone to fetch its configuration again: NOTIFY with `Event: check-sync`, outside of any dialog.

No RFC knows this event; phones of most makers do. RFC 6665 section 4.1.3 wants a NOTIFY within a
subscription, and has it that one which belongs to none is answered 481: a phone that answers so has
not been asked, and we say so.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Final, NamedTuple, Protocol

from bridge.effects import CheckSyncAnswered
from bridge.events import Address, Flow
from bridge.notifier.subscription import Subscription
from bridge.service import Context
from bridge.sip.addressing import contact_uri, host_port, via_head
from bridge.sip.endpoint import Endpoint
from bridge.sip.errors import BadRequest
from bridge.sip.message import encode_request
from bridge.sip.server_transactions import BRANCH_COOKIE
from bridge.sip.transaction import ClientTransaction, Outcome, Result
from bridge.sip.uri import parse_uri

# All that Timer E has time for before Timer F.
_SENDS: Final = 11


class Sought(Protocol):
    """The phone that is meant."""

    @property
    def names(self) -> Iterable[str]:
        """The users of its accounts, and its extension."""
        ...

    def is_named_in(self, user_agent: str) -> bool:
        """Whether this User-Agent tells the phone's hardware address."""
        ...


class Place(NamedTuple):
    """Where a phone is reached: by `flow`, under the URI of its Contact."""

    flow: Flow
    uri: str


# The error, empty where there is none, and what is known of each phone that was asked.
Answer = Callable[[str, Mapping[str, object]], None]


class CheckSync:
    """Looks for the phone among who subscribes and who is registered.

    `find` tells who is meant by an address, a user or an extension; `subscriptions` gives all that
    are alive, and `registered` where a user is registered.
    """

    def __init__(
        self,
        context: Context,
        endpoint: Endpoint,
        user_agent: str,
        *,
        find: Callable[[str], Sought],
        subscriptions: Callable[[], Iterable[Subscription]],
        registered: Callable[[str], Iterable[Place]] = lambda _user: (),
    ) -> None:
        self._context = context
        self._endpoint = endpoint
        self._user_agent = user_agent
        self._find = find
        self._subscriptions = subscriptions
        self._registered = registered

    def requested(self, arguments: Mapping[str, object], answer: Answer, now: float) -> None:
        """Serve a request that names the phone; it is answered when the phone has answered, or has not."""
        target = arguments.get("phone")
        if not isinstance(target, str) or not target:
            answer('name the phone, by its address or its extension: {"phone": "000fd3aabbcc"}', {})
            return
        places = self._places(self._find(target))
        if not places:
            answer(f"{target} has no subscription here, and no registration", {})
            return
        errand = _Errand(len(places), answer)
        for place in places:
            self._send(place, errand, now)

    def _places(self, sought: Sought) -> Sequence[Place]:
        """Its own address tells a phone from others that use the same account."""
        alive = tuple(self._subscriptions())
        telling = {agent for agent in {one.agent for one in alive} if sought.is_named_in(agent)}
        watching = [one for one in alive if one.agent in telling]
        if not watching:
            names = frozenset(sought.names)
            watching = [one for one in alive if _is_one_of(names, one.watcher)]
        places = [Place(one.flow, one.dialog.target) for one in watching]
        return tuple(_one_each(places or self._registrations(sought)))

    def _registrations(self, sought: Sought) -> Iterator[Place]:
        for name in sought.names:
            yield from self._registered(name)

    def _send(self, place: Place, errand: "_Errand", now: float) -> None:
        branch = BRANCH_COOKIE + self._context.token()
        self._endpoint.request(
            "NOTIFY",
            branch,
            place.flow,
            self._notify(place, branch),
            partial(self._ended, errand),
            now,
            sends=_SENDS,
        )

    def _notify(self, place: Place, branch: str) -> bytes:
        ours = contact_uri(place.flow)
        token = self._context.token
        headers = (
            ("Via", via_head(place.flow) + branch),
            ("Max-Forwards", "70"),
            ("From", f"<{ours}>;tag={token()}"),
            ("To", f"<{place.uri}>"),
            ("Call-ID", token()),
            ("CSeq", "1 NOTIFY"),
            ("Contact", f"<{ours}>"),
            ("Event", "check-sync"),
            ("Subscription-State", "terminated"),
            ("User-Agent", self._user_agent),
        )
        return encode_request("NOTIFY", place.uri, headers)

    def _ended(self, errand: "_Errand", transaction: ClientTransaction, result: Result, _now: float) -> None:
        phone = host_port(transaction.flow.remote)
        outcome = result.outcome.value
        if result.outcome is Outcome.ANSWERED:
            outcome = "acknowledged" if result.status < 300 else "rejected"
        self._context.emit(CheckSyncAnswered(phone, outcome, result.status))
        errand.ended(phone, outcome, result.status)


class _Errand:
    """One request, which may concern several phones; it went well when one of them took it.

    A phone that was given another address still has its old subscriptions here, for a while.
    """

    def __init__(self, asked: int, answer: Answer) -> None:
        self._asked = asked
        self._answer = answer
        self._phones: list[dict[str, object]] = []
        self._reached = False

    def ended(self, phone: str, outcome: str, status: int) -> None:
        self._phones.append({"phone": phone, "outcome": outcome, "status": status})
        self._reached = self._reached or outcome == "acknowledged"
        if len(self._phones) == self._asked:
            error = "" if self._reached else "; ".join(map(_words, self._phones))
            self._answer(error, {"phones": self._phones})


def _words(phone: Mapping[str, object]) -> str:
    status = phone["status"]
    return f"{phone['phone']} answered {status}" if status else f"{phone['phone']} did not answer"


def _is_one_of(names: frozenset[str], watcher: str) -> bool:
    """Whether the user of this URI has one of the names; nearly all URIs are told by a look at their text."""
    if "%" not in watcher and not any(name in watcher for name in names):
        return False
    try:
        return parse_uri(watcher).user in names
    except BadRequest:
        return False


def _one_each(places: Iterable[Place]) -> Iterator[Place]:
    """A phone has a subscription for each of its keys, and is asked once."""
    seen: set[tuple[str, Address]] = set()
    for place in places:
        peer = (place.flow.transport, place.flow.remote)
        if peer not in seen:
            seen.add(peer)
            yield place
