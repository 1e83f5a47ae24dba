"""The routes of the status page and of the API, with all that stands behind them."""

import json
import time
from collections.abc import Callable, Collection
from importlib.resources import files
from typing import Final, NamedTuple

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Mount, Route

from bridge.io.tasks import Tasks
from bridge.io.web.api import Api
from bridge.io.web.desk import Ask, Desk
from bridge.io.web.hub import Hub
from bridge.io.web.page import render_page
from bridge.io.web.permission import Permission, Terms
from bridge.io.web.problem import Problem, answer_problem
from bridge.io.web.shield import Shield
from bridge.status.status import Status

_API: Final = "/api/v1"

_FILES: Final = {
    "page.css": "text/css; charset=utf-8",
    "page.js": "text/javascript; charset=utf-8",
    "icon.svg": "image/svg+xml",
}


class SiteOptions(NamedTuple):
    """`names`: host names of the bridge, beside those that it knows of. `warn` is told what has failed."""

    version: str
    terms: Terms
    names: Collection[str]
    warn: Callable[[str], None]


class Site:
    """Serves in the thread of the HTTP server; `close` may be called on any."""

    def __init__(self, status: Status, ask: Ask, options: SiteOptions) -> None:
        self._desk = Desk(status, ask)
        self._options = options
        tasks = Tasks(lambda name, error: options.warn(f"{name} failed: {error!r}"))
        self._hub = Hub(self._desk, tasks)
        self._template = _read("page.html")

    def routes(self) -> list[BaseRoute]:
        """For the HTTP server. `/` comes last: it takes what the others have left."""
        shield = Middleware(Shield, names=self._options.names)
        handlers = {HTTPException: answer_problem}
        document = json.loads(_read("openapi.json"))
        document["info"]["version"] = self._options.version
        api = Api(self._desk, self._hub, Permission(self._options.terms), document)
        mounted = Starlette(routes=api.routes(), middleware=[shield], exception_handlers=handlers)
        mounted.router.redirect_slashes = False
        page = [Route("/", self._page), *(_file_route(*file) for file in _FILES.items())]
        pages = Starlette(routes=page, middleware=[shield], exception_handlers=handlers)
        pages.router.redirect_slashes = False
        return [Mount(_API, mounted), Mount("/", pages)]

    def close(self) -> None:
        """End what goes on for ever, so that the server can stop."""
        self._hub.close()

    async def _page(self, _request: Request) -> Response:
        try:
            bridge = await self._desk.bridge()
        except Problem:
            bridge = {}
        extensions = self._desk.status.extensions(time.monotonic())
        return HTMLResponse(render_page(self._template, bridge, extensions, self._desk.board.events()))


def _file_route(name: str, media_type: str) -> Route:
    content = _read(name)

    async def answer(_request: Request) -> Response:
        return Response(content, media_type=media_type)

    return Route(f"/{name}", answer)


def _read(name: str) -> str:
    return files("bridge.io.web").joinpath("files", name).read_text(encoding="utf-8")
