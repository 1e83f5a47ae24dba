"""The HTTP thread: /metrics, /-/healthy, /-/ready, and what other routes the bridge is given.

A thread with a loop of its own: a scrape must not delay a NOTIFY, nor a hung loop the answer that it
hangs. Requests are served one after the other, so that there is one scrape at a time.
"""

import os
import socket
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Final, NamedTuple

import uvicorn
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from bridge.events import Address

# Connections at the same time; more get a 503. Prometheus needs one.
_MOST_CONNECTIONS: Final = 64

# Seconds for open requests when the bridge stops, and for the thread to end after that.
_GRACE: Final = 1
_STOP_WITHIN: Final = 3.0


# Milliseconds after which a connection is closed whose other end takes nothing.
_STALLED: Final = 30_000


class HttpError(Exception):
    """The server cannot listen; the text says why."""


class Health(NamedTuple):
    """An answer to a probe: its status and its JSON."""

    ok: bool
    document: Mapping[str, object]


Probe = Callable[[], Health]

# What there is to scrape, in Prometheus' text format.
Expose = Callable[[], bytes]


class HttpServer:
    """Serves `routes` at `address` from `start()` to `stop()`; both are called on any thread but its own."""

    def __init__(self, address: Address, routes: Sequence[BaseRoute]) -> None:
        self._wanted = address
        self._routes = routes
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None

    def start(self) -> Address:
        """Listen, and return the address with the port that was bound. Raises HttpError."""
        listener = _listen(self._wanted)
        server = uvicorn.Server(_configuration(Starlette(routes=list(self._routes))))
        self._server = server
        self._thread = threading.Thread(
            target=server.run, kwargs={"sockets": [listener]}, name="http", daemon=True
        )
        self._thread.start()
        host, port = listener.getsockname()[:2]
        return Address(host, port)

    def stop(self) -> None:
        """Finish what is being answered, within about a second, and free the port."""
        if self._server is not None and self._thread is not None:
            self._server.should_exit = True
            self._thread.join(_STOP_WITHIN)
        self._server = self._thread = None


def metrics_route(expose: Expose) -> Route:
    """`/metrics`. `expose` is called in the thread of the server."""

    async def metrics(_request: Request) -> Response:
        return Response(expose(), headers={"Content-Type": CONTENT_TYPE_LATEST})

    return Route("/metrics", metrics)


def probe_route(path: str, probe: Probe) -> Route:
    """A path that answers 200 or 503 with JSON, as `probe` says. It is called in the thread of the server."""

    async def answer(_request: Request) -> Response:
        health = probe()
        return JSONResponse(health.document, status_code=200 if health.ok else 503)

    return Route(path, answer)


def operation_routes(expose: Expose, healthy: Probe, ready: Probe) -> list[BaseRoute]:
    """What operators ask for: `/metrics`, `/-/healthy` and `/-/ready`, as Prometheus calls its own."""
    return [metrics_route(expose), probe_route("/-/healthy", healthy), probe_route("/-/ready", ready)]


def _listen(address: Address) -> socket.socket:
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    try:
        listener = socket.create_server(address, family=family)
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else str(error)
        raise HttpError(f"HTTP cannot listen on {address.host} port {address.port}: {reason}") from error
    # Who reads a page that goes on for ever, and stops to: accepted sockets inherit it (tcp(7)).
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _STALLED)
    return listener


def _configuration(app: Starlette) -> uvicorn.Config:
    """Everything named that uvicorn would otherwise guess or read from the environment."""
    return uvicorn.Config(
        app,
        loop="asyncio",
        http="h11",
        ws="none",
        lifespan="off",
        workers=1,  # else WEB_CONCURRENCY
        proxy_headers=False,
        forwarded_allow_ips=[],  # else FORWARDED_ALLOW_IPS
        log_config=None,
        log_level="warning",
        access_log=False,
        server_header=False,
        limit_concurrency=_MOST_CONNECTIONS,
        timeout_graceful_shutdown=_GRACE,
    )
