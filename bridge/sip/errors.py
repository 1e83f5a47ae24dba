"""What can be wrong with a SIP message, each error with the answer it gets (RFC 3261 section 21).

SipError                            anything that ends in a SIP answer
├── BadRequest               400
├── Unauthorized             401    WWW-Authenticate
├── Forbidden                403
├── NotFound                 404
├── MethodNotAllowed         405    Allow
├── NotAcceptable            406    Accept
├── EntityTooLarge           413
├── UriTooLong               414
├── UnsupportedMediaType     415    Accept
├── UnsupportedUriScheme     416
├── BadExtension             420    Unsupported
├── IntervalTooBrief         423    Min-Expires
├── TemporarilyUnavailable   480
├── NoSuchSubscription       481
├── LoopDetected             482
├── BadEvent                 489    Allow-Events (RFC 6665 8.3.2)
├── ServerError              500
├── MethodNotImplemented     501    Allow
├── ServiceUnavailable       503    Retry-After
├── VersionNotSupported      505
├── MessageTooLarge          513
└── MalformedMessage                what the parser raises: one of the above, and the request it is about
"""
# An error is named by the answer's reason phrase, the RFC's own word for it.
# ruff: noqa: N818

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bridge.sip.message import Request

# A list for a header of the answer: its values, or the value of the whole header.
List = str | Iterable[str]


class SipError(Exception):
    """A request that cannot be served, and the answer to give.

    `status` and `reason` make the status line, `headers` go into the answer; `detail` is for people
    and never leaves this process.
    """

    status: int = 500
    reason: str = "Server Internal Error"

    def __init__(self, detail: str = "", headers: Iterable[tuple[str, str]] = ()) -> None:
        self.detail = detail or self.reason
        self.headers: tuple[tuple[str, str], ...] = tuple(headers)
        super().__init__(self.detail)


class Unanswered(Exception):
    """A request that gets no answer, and is looked at anew when it is repeated; the text is for people."""


class BadRequest(SipError):
    """The syntax is wrong (21.4.1)."""

    status = 400
    reason = "Bad Request"


class Unauthorized(SipError):
    """Credentials are missing or wrong; the challenges are in `headers` (21.4.2)."""

    status = 401
    reason = "Unauthorized"


class Forbidden(SipError):
    """Understood and refused; repeating it with credentials does not help (21.4.4)."""

    status = 403
    reason = "Forbidden"


class NotFound(SipError):
    """Nobody here has that name (21.4.5)."""

    status = 404
    reason = "Not Found"


class MethodNotAllowed(SipError):
    """The method is known, but not for this address (21.4.6)."""

    status = 405
    reason = "Method Not Allowed"

    def __init__(self, allow: List, detail: str = "") -> None:
        super().__init__(detail, [("Allow", _listed(allow))])


class NotAcceptable(SipError):
    """No body that we can send is among those of the Accept header (21.4.7)."""

    status = 406
    reason = "Not Acceptable"

    def __init__(self, accept: List, detail: str = "") -> None:
        super().__init__(detail, [("Accept", _listed(accept))])


class EntityTooLarge(SipError):
    """The body is larger than we take (21.4.11)."""

    status = 413
    reason = "Request Entity Too Large"


class UriTooLong(SipError):
    """The Request-URI is longer than we take (21.4.12)."""

    status = 414
    reason = "Request-URI Too Long"


class UnsupportedMediaType(SipError):
    """A body that we would have to read is of a type that we cannot (21.4.13)."""

    status = 415
    reason = "Unsupported Media Type"

    def __init__(self, accept: List, detail: str = "", headers: Iterable[tuple[str, str]] = ()) -> None:
        super().__init__(detail, [("Accept", _listed(accept)), *headers])


class UnsupportedUriScheme(SipError):
    """The Request-URI is neither sip nor sips (21.4.14)."""

    status = 416
    reason = "Unsupported URI Scheme"


class BadExtension(SipError):
    """Require names option tags that we do not know; only those are in the answer (21.4.15)."""

    status = 420
    reason = "Bad Extension"

    def __init__(self, unsupported: List, detail: str = "") -> None:
        super().__init__(detail, [("Unsupported", _listed(unsupported))])


class IntervalTooBrief(SipError):
    """Expires is shorter than we allow; `min_expires` in seconds (21.4.17)."""

    status = 423
    reason = "Interval Too Brief"

    def __init__(self, min_expires: int, detail: str = "") -> None:
        super().__init__(detail, [("Min-Expires", str(min_expires))])


class TemporarilyUnavailable(SipError):
    """Nothing is wrong with the request, but it cannot be served now (21.4.18).

    Unlike 503 it says nothing about the server, so that nobody stays away from it.
    """

    status = 480
    reason = "Temporarily Unavailable"


class NoSuchSubscription(SipError):
    """The dialog, transaction or subscription that is meant does not exist (21.4.19, RFC 6665 4.1.2.3)."""

    status = 481
    reason = "Call/Transaction Does Not Exist"


class LoopDetected(SipError):
    """The same request came by another path already: a merged request (21.4.20, 8.2.2.2)."""

    status = 482
    reason = "Loop Detected"


class BadEvent(SipError):
    """No event package, or none that we serve (RFC 6665 8.3.2)."""

    status = 489
    reason = "Bad Event"

    def __init__(self, allow_events: List, detail: str = "") -> None:
        super().__init__(detail, [("Allow-Events", _listed(allow_events))])


class ServerError(SipError):
    """We failed, or the CSeq is out of order within its dialog (21.5.1, 12.2.2)."""


class MethodNotImplemented(SipError):
    """The method is not one we know at all (21.5.2)."""

    status = 501
    reason = "Not Implemented"

    def __init__(self, allow: List, detail: str = "") -> None:
        super().__init__(detail, [("Allow", _listed(allow))])


class ServiceUnavailable(SipError):
    """Too busy, or stopping; `retry_after` in seconds (21.5.4)."""

    status = 503
    reason = "Service Unavailable"

    def __init__(self, retry_after: int | None = None, detail: str = "") -> None:
        headers = [] if retry_after is None else [("Retry-After", str(retry_after))]
        super().__init__(detail, headers)


class VersionNotSupported(SipError):
    """The message is not SIP/2.0 (21.5.6)."""

    status = 505
    reason = "Version Not Supported"


class MessageTooLarge(SipError):
    """The message is longer, or has more parts, than we take (21.5.7)."""

    status = 513
    reason = "Message Too Large"


class MalformedMessage(SipError):
    """Bytes that are no SIP message; the only error that the parser raises.

    `request` is what could be read of a request that can be answered: its top Via and CSeq are
    there, From, To and Call-ID as far as they were sent; typed fields of it may raise BadRequest.
    None where silence is the answer: responses, ACK, and what has no way back.
    """

    def __init__(self, refusal: SipError, request: "Request | None" = None) -> None:
        super().__init__(refusal.detail, refusal.headers)
        self.status = refusal.status
        self.reason = refusal.reason
        self.request = request


def _listed(values: List) -> str:
    return values if isinstance(values, str) else ", ".join(values)
