"""What holds for everything that browsers are given: from which names, and what pages may do.

A page of somebody else whose name was made to point here (DNS rebinding) sends its own name in Host.
An address is nobody's name, and neither is that of this machine.
"""

import socket
from collections.abc import Collection
from ipaddress import ip_address
from typing import Final

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bridge.io.web.problem import problem_response

# Everything of the page is ours, and it can talk to nobody else (CSP level 3).
_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'none'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"
)
_HEADERS: Final = (
    ("Content-Security-Policy", _POLICY),
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
    ("Referrer-Policy", "no-referrer"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Cache-Control", "no-store"),
)


class Shield:
    """Around `app`. `names` are other names under which it is reached, of a proxy for instance."""

    def __init__(self, app: ASGIApp, names: Collection[str] = ()) -> None:
        self._app = app
        own = socket.gethostname()
        self._names = frozenset(
            name.casefold() for name in ("localhost", own, f"{own.partition('.')[0]}.local", *names)
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS:
                    headers.setdefault(name, value)
            await send(message)

        host = next((value for name, value in scope["headers"] if name == b"host"), b"").decode("latin-1")
        if self._is_ours(host):
            await self._app(scope, receive, send_with_headers)
            return
        words = "this name is not known here: use an address, or write it into hosts of [http]"
        await problem_response(421, words)(scope, receive, send_with_headers)

    def _is_ours(self, host: str) -> bool:
        name = host.rpartition(":")[0] if host.rpartition(":")[2].isdecimal() else host
        name = name.removeprefix("[").removesuffix("]")
        if name.casefold().removesuffix(".") in self._names:
            return True
        try:
            ip_address(name)
        except ValueError:
            return False
        return True
