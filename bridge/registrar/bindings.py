"""Bindings: the contacts at which an address of record can be reached, and until when (RFC 3261 section 10.3)."""

import re
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from bridge.events import Flow
from bridge.sip.errors import Forbidden, ServerError, ServiceUnavailable
from bridge.sip.grammar import quote
from bridge.sip.headers import NameAddr
from bridge.sip.uri import Uri, equivalent
from bridge.timers import Timer, Timers

# Contacts of one address: a person's devices. Connections that were lost leave theirs until they expire,
# so that the oldest makes room.
MAX_CONTACTS: Final = 10

# Contacts in all. At the longest that `Registrar` takes they are 80 MB (measured); of a phone, a tenth.
MAX_BINDINGS: Final = 20_000

# Seconds after which a phone may ask whether there is room again.
_RETRY_AFTER: Final = 60


class Binding(NamedTuple):
    """One contact. `call_id`, `cseq` and `flow` are those of the REGISTER that it is from, `expires_at` is monotonic."""

    contact: NameAddr
    uri: Uri
    call_id: str
    cseq: int
    expires_at: float
    flow: Flow

    def header(self, now: float) -> str:
        """The value of Contact: all that was sent, with the seconds that are left.

        Instance and flow of RFC 5626 are kept as text with the other parameters.
        """
        params = "".join(_param(*one) for one in self.contact.params.items() if one[0] != "expires")
        return f"<{self.contact.uri}>{params};expires={max(1, round(self.expires_at - now))}"


class Offer(NamedTuple):
    """One contact of a REGISTER; `expires` seconds from now, 0 to remove it. `flow` is the way it came by."""

    contact: NameAddr
    uri: Uri
    expires: int
    flow: Flow


class _Entry:
    """What is bound to one address, oldest first, and the timer of the first to expire."""

    __slots__ = ("bindings", "timer")

    def __init__(self) -> None:
        self.bindings: tuple[Binding, ...] = ()
        self.timer: Timer | None = None


class Bindings:
    """By address of record, which is a user name: every domain is ours. A change is made whole or not at all."""

    def __init__(self, timers: Timers) -> None:
        self._timers = timers
        self._entries: dict[str, _Entry] = {}
        self._count = 0

    def of(self, user: str) -> tuple[Binding, ...]:
        """What is bound to a user."""
        entry = self._entries.get(user)
        return () if entry is None else entry.bindings

    def __len__(self) -> int:
        return self._count

    def update(self, user: str, offers: Sequence[Offer], call_id: str, cseq: int, now: float) -> None:
        """Add, renew and remove (10.3 step 7).

        Raise ServerError for a CSeq that does not follow, Forbidden for too many contacts at once,
        ServiceUnavailable when there is no room.
        """
        if sum(1 for offer in offers if offer.expires) > MAX_CONTACTS:
            raise Forbidden(f"more than {MAX_CONTACTS} contacts")
        bound = self.of(user)
        for offer in offers:
            for binding in bound:
                if equivalent(binding.uri, offer.uri):
                    _require_order(binding, call_id, cseq)
        kept = [*bound]
        for offer in offers:
            kept = [binding for binding in kept if not equivalent(binding.uri, offer.uri)]
            if offer.expires:
                expires_at = now + offer.expires
                kept.append(Binding(offer.contact, offer.uri, call_id, cseq, expires_at, offer.flow))
        kept = kept[-MAX_CONTACTS:]
        if len(kept) > len(bound) and self._count - len(bound) + len(kept) > MAX_BINDINGS:
            raise ServiceUnavailable(_RETRY_AFTER, f"{MAX_BINDINGS} contacts are bound")
        self._put(user, kept)

    def clear(self, user: str, call_id: str, cseq: int) -> None:
        """Remove all (10.3 step 6); ServerError, and none removed, where the CSeq does not follow."""
        for binding in self.of(user):
            _require_order(binding, call_id, cseq)
        self._put(user, ())

    def _put(self, user: str, bindings: Iterable[Binding]) -> None:
        entry = self._entries.get(user) or _Entry()
        self._count -= len(entry.bindings)
        entry.bindings = tuple(bindings)
        self._count += len(entry.bindings)
        if entry.timer is not None:
            entry.timer.cancel()
            entry.timer = None
        if not entry.bindings:
            self._entries.pop(user, None)
            return
        self._entries[user] = entry
        first = min(binding.expires_at for binding in entry.bindings)
        entry.timer = self._timers.call_at(first, lambda now: self._expire(user, now))

    def _expire(self, user: str, now: float) -> None:
        self._put(user, [binding for binding in self.of(user) if binding.expires_at > now])


def _require_order(binding: Binding, call_id: str, cseq: int) -> None:
    """A REGISTER that was overtaken must not undo the one that overtook it."""
    if binding.call_id == call_id and cseq <= binding.cseq:
        raise ServerError(f"CSeq {cseq} does not follow {binding.cseq}")


def _param(name: str, value: str | None) -> str:
    if value is None:
        return f";{name}"
    return f";{name}={value if _PLAIN(value) else quote(value)}"


# What `grammar.PARAM` reads without quotes.
_PLAIN = re.compile(r'[^\x00-\x20\x7f",;<>]++').fullmatch
