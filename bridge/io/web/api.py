"""The JSON API below `/api/v1`, as `openapi.json` beside this file describes it."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from bridge.io.web.desk import Desk
from bridge.io.web.hub import Hub
from bridge.io.web.permission import COOKIE, LIFETIME, Permission
from bridge.io.web.presence_request import MOST_OCTETS, read_presence_request
from bridge.io.web.problem import Problem
from bridge.mqtt.payload import BadPayload
from bridge.status.status import MOST_LISTED
from bridge.topics.decoders.presence import PresenceCommand

# Digits of a number in a query, and its largest value.
_DIGITS: Final = 9

# Seconds that a wrong token costs.
_PENANCE: Final = 0.5


class Api:
    """Answers from the desk; `document` is the OpenAPI document."""

    def __init__(self, desk: Desk, hub: Hub, permission: Permission, document: object) -> None:
        self._desk = desk
        self._hub = hub
        self._permission = permission
        self._document = document

    def routes(self) -> list[Route]:
        """Relative to where the API is mounted."""
        return [
            _route("/openapi.json", self._openapi),
            _route("/status", self._status),
            _route("/extensions", self._extensions),
            _route("/extensions/{extension}", self._extension),
            _route("/phones", self._phones),
            _route("/events", self._events),
            _route("/presence/{provider:path}", self._set_presence, "POST"),
            Route("/session", self._session, methods=["GET", "POST", "DELETE"]),
        ]

    async def _openapi(self, _request: Request) -> Response:
        return JSONResponse(self._document)

    async def _status(self, _request: Request) -> Response:
        return JSONResponse({**await self._desk.bridge(), "events": self._desk.board.events()})

    async def _extensions(self, _request: Request) -> Response:
        return JSONResponse({"extensions": self._desk.status.extensions(time.monotonic())})

    async def _extension(self, request: Request) -> Response:
        details = await self._desk.details(request.path_params["extension"])
        if details is None:
            raise Problem(404, "there is no hint for this extension")
        return JSONResponse(details)

    async def _phones(self, request: Request) -> Response:
        limit = _number(request, "limit", default=MOST_LISTED, least=1, most=MOST_LISTED)
        offset = _number(request, "offset", default=0, least=0, most=10**_DIGITS - 1)
        return JSONResponse(self._desk.status.phones(limit, offset, time.monotonic()))

    async def _events(self, request: Request) -> Response:
        messages = self._hub.open(request.headers.get("last-event-id", ""))
        # Proxies that gather answers would keep them for ever.
        return StreamingResponse(
            messages, media_type="text/event-stream", headers={"X-Accel-Buffering": "no"}
        )

    # --- what changes something ------------------------------------------------------------------

    async def _set_presence(self, request: Request) -> Response:
        self._permission.require(request)
        provider = request.path_params["provider"]
        if not self._desk.status.is_known(provider):
            raise Problem(404, "no hint has this presence provider")
        command = read_presence_request(await _json_body(request))
        await self._desk.ask(lambda now: self._obey(provider, command, now))
        return JSONResponse({"provider": provider}, 202)

    def _obey(self, provider: str, command: PresenceCommand, now: float) -> None:
        if not self._desk.status.is_synchronised():
            raise Problem(503, "there is no broker that could be told", {"Retry-After": "5"})
        try:
            self._desk.status.set_presence(provider, command, now)
        except BadPayload as error:
            raise Problem(409, str(error)) from None

    async def _session(self, request: Request) -> Response:
        if request.method == "POST":
            return await self._log_in(request)
        if request.method == "DELETE":
            self._permission.log_out(request)
            response = Response(status_code=204)
            response.delete_cookie(COOKIE, httponly=True, samesite="strict")
            return response
        return JSONResponse(
            {"writable": self._permission.is_writable, "allowed": self._permission.allows(request)}
        )

    async def _log_in(self, request: Request) -> Response:
        self._permission.require_write()
        session = self._permission.log_in(request, _token(await _json_body(request)))
        if session is None:
            await asyncio.sleep(_PENANCE)
            raise Problem(401, "this is not the token of [http]", {"WWW-Authenticate": "Bearer"})
        response = Response(status_code=204)
        response.set_cookie(COOKIE, session, max_age=LIFETIME, httponly=True, samesite="strict")
        return response


def _route(path: str, answer: Callable[[Request], Awaitable[Response]], method: str = "GET") -> Route:
    return Route(path, answer, methods=[method])


def _number(request: Request, name: str, *, default: int, least: int, most: int) -> int:
    texts = request.query_params.getlist(name)
    if not texts:
        return default
    text = texts[-1]
    is_number = text.isascii() and text.isdecimal() and len(text) <= _DIGITS
    if not is_number or not least <= int(text) <= most:
        raise Problem(422, f"{name} must be a whole number from {least} to {most}")
    return int(text)


async def _json_body(request: Request) -> bytes:
    """The body, bounded; only JSON, which no form of another page can send."""
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != "application/json":
        raise Problem(415, "the body must be application/json", {"Accept": "application/json"})
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_OCTETS:
            raise Problem(413, f"the body is larger than {MOST_OCTETS} octets")
    return bytes(body)


def _token(body: bytes) -> str:
    try:
        document = json.loads(body.decode())
    except (ValueError, RecursionError):
        raise Problem(400, "the body is not JSON") from None
    if not isinstance(document, dict) or not isinstance(document.get("token"), str) or len(document) > 1:
        raise Problem(422, "needs an object with the text token")
    token: str = document["token"]
    return token.encode(errors="replace").decode()
