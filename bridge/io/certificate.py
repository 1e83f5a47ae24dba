"""When certificates expire: read from their octets (RFC 5280 section 4.1), and said in time.

The ssl module tells it of certificates that a peer has shown, not of our own.
"""

import re
import ssl
from calendar import timegm
from typing import Final

_BLOCK: Final = re.compile(r"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)

# Tags of DER (X.690): the version of a certificate, which may be left out, and the time with two digits
# for the year.
_VERSION: Final = 0xA0
_UTC_TIME: Final = 0x17

_DAY: Final = 86_400

# Seconds before the end from which on it is said: time enough to look after what should have renewed it.
_EARLY: Final = 14 * _DAY


def first_expiry(pem: bytes) -> float | None:
    """The Unix seconds at which the first of these certificates expires; None if none can be read."""
    ends = [_end(block) for block in _BLOCK.findall(pem.decode("ascii", "replace"))]
    return min((end for end in ends if end is not None), default=None)


class ExpiryNotice:
    """Says once a day that a certificate expires soon, or has expired."""

    def __init__(self) -> None:
        self._said: tuple[float, float] | None = None

    def due(self, expires_at: float | None, wall: float, now: float) -> str | None:
        """What is to be said now, if anything. `wall` in Unix seconds, `now` in those of a clock that nobody sets."""
        if expires_at is None or expires_at - wall > _EARLY:
            self._said = None
            return None
        if self._said is not None and self._said[0] == expires_at and now - self._said[1] < _DAY:
            return None
        self._said = expires_at, now
        days = int(abs(expires_at - wall) // _DAY)
        span = "a day" if days == 1 else f"{days} days" if days else "less than a day"
        return f"expires in {span}" if expires_at > wall else f"expired {span} ago"


def _end(pem: str) -> float | None:
    try:
        return _not_after(ssl.PEM_cert_to_DER_cert(pem))
    except (ValueError, IndexError):
        return None


def _not_after(der: bytes) -> float:
    """The second time of `validity`, which stands behind serial number, signature and issuer."""
    _, certificate, _ = _element(der, 0)
    _, at, _ = _element(der, certificate)
    tag, _, behind = _element(der, at)
    if tag == _VERSION:
        at = behind
    for _ in range(3):
        _, _, at = _element(der, at)
    _, validity, _ = _element(der, at)
    _, _, at = _element(der, validity)
    tag, begin, end = _element(der, at)
    return _seconds(der[begin:end].decode("ascii"), two_digits=tag == _UTC_TIME)


def _element(der: bytes, at: int) -> tuple[int, int, int]:
    """The tag of the element at `at`, and where its content begins and ends."""
    length, begin = der[at + 1], at + 2
    if length & 0x80:
        begin += length & 0x7F
        length = int.from_bytes(der[at + 2 : begin], "big")
    return der[at], begin, begin + length


def _seconds(text: str, *, two_digits: bool) -> float:
    """RFC 5280 section 4.1.2.5: YYMMDDHHMMSSZ until 2049, and with four digits for the year from then on."""
    if two_digits:
        text = f"{'19' if text >= '50' else '20'}{text}"
    year, *rest = int(text[:4]), *(int(text[place : place + 2]) for place in range(4, 14, 2))
    return timegm((year, *rest))
