"""SIP and SIPS URIs: reading and comparing them (RFC 3261 section 19.1, corrected by RFC 5954)."""

import re
from collections.abc import Mapping
from ipaddress import ip_address
from typing import Final, NamedTuple

from bridge.sip.errors import BadRequest
from bridge.sip.grammar import HOST, NOT_URI, SCHEME, host_name, port, remembered, unescape

# The user may hold ";", "?" and "/" (25.1: user-unreserved), so only "@" ends it; it can stand
# nowhere else without an escape.
_SIP = re.compile(
    rf"(sips?):(?:([^@{NOT_URI}]++)@)?({HOST})(?::([0-9]++))?(;[^?@{NOT_URI}]*+)?(?:\?([^@{NOT_URI}]*+))?",
    re.IGNORECASE,
)
_ANY = re.compile(rf"({SCHEME}):[^{NOT_URI}]++")


class Uri(NamedTuple):
    """One URI. Of schemes other than sip and sips only `text` and `scheme` say anything.

    `user`, `password`, `params` and `headers` have their %-escapes resolved once; parameter names are
    in lower case, and a parameter without a value is None. `host` is in lower case, an IPv6 address
    without brackets. `str()` gives the text that was read.
    """

    text: str
    scheme: str
    user: str | None
    password: str | None
    host: str
    port: int | None
    params: Mapping[str, str | None]
    headers: tuple[tuple[str, str], ...]

    def __str__(self) -> str:
        return self.text

    @property
    def is_sip(self) -> bool:
        """Whether it is a sip or sips URI."""
        return self.scheme in _SIP_SCHEMES


_SIP_SCHEMES: Final = ("sip", "sips")


@remembered
def parse_uri(text: str) -> Uri:
    """Read a URI of any scheme; raise BadRequest for what is none."""
    match = _SIP.fullmatch(text)
    if match is None:
        return _other(text)
    scheme, userinfo, host, digits, params, headers = match.groups()
    user = password = None
    if userinfo is not None:
        user, colon, rest = userinfo.partition(":")
        if not user:
            raise BadRequest(f"no user before the @: {text[:80]!r}")
        user = unescape(user)
        password = unescape(rest) if colon else None
    return Uri(
        text,
        scheme.lower(),
        user,
        password,
        host_name(host),
        port(digits) if digits else None,
        _params(params) if params else {},
        _headers(headers) if headers else (),
    )


def equivalent(one: Uri, other: Uri) -> bool:
    """Whether two URIs mean the same by the rules of RFC 3261 section 19.1.4 and RFC 5954 section 4.2.

    Not transitive: a parameter that only one of them has is mostly ignored.
    """
    if one.scheme != other.scheme:
        return False
    if not one.is_sip:
        return one.text.partition(":")[2] == other.text.partition(":")[2]
    return (
        _userinfo(one.text) == _userinfo(other.text)
        and same_host(one.host, other.host)
        and one.port == other.port
        and _same_params(one.params, other.params)
        and _header_set(one) == _header_set(other)
    )


@remembered
def is_ip_literal(host: str) -> bool:
    """Whether `host` (no brackets) is an IPv4 or IPv6 address, so that no name needs to be looked up."""
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def same_host(one: str, other: str) -> bool:
    """Whether two hosts (as in `Uri.host`) are the same name or the same address, however it is written."""
    if one == other:
        return True
    return is_ip_literal(one) and is_ip_literal(other) and ip_address(one) == ip_address(other)


# A parameter of these that only one URI has makes them differ, be it with its default value (19.1.4).
_NEVER_IGNORED = ("user", "ttl", "method", "maddr", "transport")

# 25.1: only these are the same with and without an escape (19.1.4: "in the reserved set" are not).
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.!~*'()")
_ESCAPE = re.compile("%([0-9A-Fa-f]{2})")


def _other(text: str) -> Uri:
    match = _ANY.fullmatch(text)
    scheme = match[1].lower() if match else ""
    if not scheme or scheme in _SIP_SCHEMES:
        raise BadRequest(f"no URI: {text[:80]!r}")
    return Uri(text, scheme, None, None, "", None, {}, ())


def _params(text: str) -> dict[str, str | None]:
    params: dict[str, str | None] = {}
    for part in text.split(";")[1:]:
        name, equals, value = part.partition("=")
        if not name:
            raise BadRequest(f"a parameter without a name in {text[:80]!r}")
        # The first of a name counts: gateways that add one do so at the end.
        params.setdefault(unescape(name).lower(), unescape(value) if equals else None)
    return params


def _headers(text: str) -> tuple[tuple[str, str], ...]:
    pairs = [part.partition("=") for part in text.split("&")]
    return tuple((unescape(name).lower(), unescape(value)) for name, _, value in pairs)


def _userinfo(text: str) -> str:
    before, at, _ = text.partition(":")[2].partition("@")
    return _ESCAPE.sub(_plain, before) if at else ""


def _plain(escape: re.Match[str]) -> str:
    character = chr(int(escape[1], 16))
    return character if character in _UNRESERVED else escape[0].upper()


def _same_params(one: Mapping[str, str | None], other: Mapping[str, str | None]) -> bool:
    if any((name in one) != (name in other) for name in _NEVER_IGNORED):
        return False
    return all((one[name] or "").lower() == (other[name] or "").lower() for name in one.keys() & other.keys())


def _header_set(uri: Uri) -> list[tuple[str, str]]:
    return sorted(uri.headers)
