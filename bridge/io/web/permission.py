"""Who may set a presence: whoever has the token, or a browser that was given it, or a trusted network.

A browser sends its cookie, and has its address, whoever has written the page. Such a request must
therefore come from a page of ours: it has a header that other pages cannot send (Fetch standard,
CORS-preflight), and an Origin, if any, that is the Host.
"""

import secrets
import time
from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Network
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from starlette.requests import Request

from bridge.io.phone_files import is_within
from bridge.io.web.problem import Problem

COOKIE: Final = "presence-bridge"
HEADER: Final = "X-Presence-Bridge"

# Seconds that a browser may stay away, and browsers that are remembered.
LIFETIME: Final = 12 * 3600
_MOST_SESSIONS: Final = 100


class Terms(NamedTuple):
    """`[http]` of the configuration: whether anything can be set, the token (empty: none), and trusted networks."""

    write: bool = False
    token: str = ""
    networks: Sequence[IPv4Network | IPv6Network] = ()


class Permission:
    """Holds the sessions of browsers."""

    def __init__(self, terms: Terms) -> None:
        self._terms = terms
        self._sessions: dict[str, float] = {}

    @property
    def is_writable(self) -> bool:
        """Whether anybody may set anything."""
        return self._terms.write

    def require(self, request: Request) -> None:
        """Raise Problem unless whoever asks may set a presence: 401 if a token would help."""
        self.require_write()
        if self._has_bearer(request):
            return
        _require_own_page(request)
        if not self._is_known(request):
            raise Problem(401, "needs the token of [http]", {"WWW-Authenticate": "Bearer"})

    def allows(self, request: Request) -> bool:
        """Whether a page of ours could set a presence."""
        return self._terms.write and (self._has_bearer(request) or self._is_known(request))

    def require_write(self) -> None:
        """Raise Problem if nobody may set anything."""
        if not self._terms.write:
            raise Problem(403, "nothing can be set: write = true in [http] allows it")

    def log_in(self, request: Request, token: str) -> str | None:
        """A new session for whoever has the token, None for who has not."""
        self.require_write()
        _require_own_page(request)
        if not self._is_token(token):
            return None
        while len(self._sessions) >= _MOST_SESSIONS:
            del self._sessions[next(iter(self._sessions))]
        session = secrets.token_urlsafe(32)
        self._sessions[session] = time.monotonic() + LIFETIME
        return session

    def log_out(self, request: Request) -> None:
        """Forget the session of this browser."""
        _require_own_page(request)
        self._sessions.pop(request.cookies.get(COOKIE, ""), None)

    def _is_known(self, request: Request) -> bool:
        ends = self._sessions.get(request.cookies.get(COOKIE, ""), 0.0)
        return ends > time.monotonic() or self._is_near(request)

    def _is_near(self, request: Request) -> bool:
        """Behind a proxy everybody has its address."""
        is_passed_on = any(name in request.headers for name in ("forwarded", "x-forwarded-for", "via"))
        source = request.client.host if request.client is not None else ""
        return not is_passed_on and is_within(source, self._terms.networks)

    def _has_bearer(self, request: Request) -> bool:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        return scheme.lower() == "bearer" and self._is_token(token.strip())

    def _is_token(self, token: str) -> bool:
        wanted = self._terms.token
        return bool(wanted) and secrets.compare_digest(token.encode(), wanted.encode())


def _require_own_page(request: Request) -> None:
    origin = request.headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != request.headers.get("host", ""):
        raise Problem(403, "this was asked by a page of somebody else")
    if HEADER not in request.headers:
        raise Problem(
            403, f"needs the header {HEADER}, with any value, as a sign that no other page has asked"
        )
