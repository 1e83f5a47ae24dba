"""Errors of the API as documents: `application/problem+json` (RFC 9457)."""

from collections.abc import Mapping
from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response


class Problem(HTTPException):
    """An answer other than the one that was asked for; `detail` says in words what is wrong."""


def problem_response(status: int, detail: str, headers: Mapping[str, str] | None = None) -> Response:
    """The document, `{"type": "about:blank", "title": "Not Found", "status": 404, "detail": "..."}`."""
    title = HTTPStatus(status).phrase
    document = {"type": "about:blank", "title": title, "status": status, "detail": detail}
    return JSONResponse(document, status, headers, "application/problem+json")


async def answer_problem(_request: Request, error: Exception) -> Response:
    """For Starlette, which raises some by itself."""
    if not isinstance(error, HTTPException):
        raise TypeError("registered for HTTPException")
    return problem_response(error.status_code, error.detail, error.headers)
