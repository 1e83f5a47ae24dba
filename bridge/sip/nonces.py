"""Nonces that are checked without having been stored (RFC 7616 sections 3.3 and 5.4), and how often each was used.

A nonce is its time and chance, and an HMAC of both with the realm and the source's address. So a
challenge costs no memory, and whoever answers with a fresh nonce has received what was sent to that
address: a forged source cannot.

What is remembered is the last nonce-count of each nonce and user who proved a password, in bounded
memory. Where an entry must go that could still be needed, its nonce and all older ones stop being
fresh: phones get a new one, and nothing can be replayed.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NoBase64
from collections.abc import Callable
from hmac import compare_digest
from hmac import digest as hmac_of
from typing import Final

from bridge.sip.grammar import encode

# Seconds for which a nonce can be used (RFC 7616 section 5.4 leaves it to the server).
LIFE: Final = 300.0

# 5,000 phones, each with a nonce of its own, within the life of a nonce; about 3 MB.
_REMEMBERED: Final = 8192

# Six bytes of milliseconds, six of chance: sixteen characters of base64 without padding.
_TIME_BYTES: Final = 6
_CHANCE_BYTES: Final = 6
_OPEN_LENGTH: Final = 16

# 96 bits, as TLS and IPsec have cut HMACs to: not guessed within the life of a nonce.
_MAC_BYTES: Final = 12


class Nonces:
    """For one realm. `token()` gives 16 fresh hexadecimal digits; all times are monotonic seconds."""

    def __init__(
        self, realm: str, token: Callable[[], str], life: float = LIFE, remembered: int = _REMEMBERED
    ) -> None:
        self._realm = encode(realm)
        self._token = token
        self._life = life
        self._remembered = remembered
        self._secret = bytes.fromhex("".join(token() for _ in range(4)))
        # The last count by nonce and user, the most recently used last.
        self._counts: dict[tuple[str, str], int] = {}
        # Nonces of this millisecond and before are no longer fresh.
        self._horizon = -1

    def issue(self, source: str, now: float) -> str:
        """A new nonce for an address, of 32 characters that need no quoting."""
        time = int(now * 1000).to_bytes(_TIME_BYTES, "big")
        chance = bytes.fromhex(self._token())[-_CHANCE_BYTES:]
        return self._written(time + chance, source).decode()

    def is_fresh(self, nonce: str, source: str, now: float) -> bool:
        """Whether the nonce was issued for this address, and not too long ago."""
        issued = _issued(nonce)
        if issued is None or not issued > self._horizon or now - issued / 1000 > self._life:
            return False
        open_part = urlsafe_b64decode(nonce[:_OPEN_LENGTH])
        return compare_digest(self._written(open_part, source), encode(nonce))

    def spend(self, nonce: str, user: str, count: int) -> bool:
        """Take note of the count with which a fresh nonce was used; false unless it has grown."""
        key = nonce, user
        last = self._counts.pop(key, -1)
        self._counts[key] = max(last, count)
        if len(self._counts) > self._remembered:
            self._forget_one()
        return count > last

    def _forget_one(self) -> None:
        oldest = next(iter(self._counts))
        del self._counts[oldest]
        issued = _issued(oldest[0])
        if issued is None:
            raise AssertionError("only nonces of ours are spent")
        self._horizon = max(self._horizon, issued)

    def _written(self, open_part: bytes, source: str) -> bytes:
        sealed = b"\0".join((open_part, self._realm, source.encode()))
        mac = hmac_of(self._secret, sealed, "sha256")[:_MAC_BYTES]
        return urlsafe_b64encode(open_part + mac)


def _issued(nonce: str) -> int | None:
    """The milliseconds in a nonce, ours or not; None for what cannot be one."""
    try:
        open_part = urlsafe_b64decode(nonce[:_OPEN_LENGTH])
    except (NoBase64, ValueError):
        return None
    if len(open_part) != _TIME_BYTES + _CHANCE_BYTES:
        return None
    return int.from_bytes(open_part[:_TIME_BYTES], "big")
