"""Whether the body of a request can be read (RFC 3261 section 8.2.3)."""

from collections.abc import Iterable

from bridge.sip.errors import UnsupportedMediaType
from bridge.sip.message import Request


def check_content(request: Request, accepted: Iterable[str]) -> None:
    """Raise UnsupportedMediaType for a body that is of no `accepted` type, or encoded.

    A body that its sender calls optional (Content-Disposition) is let pass.
    """
    if not request.body or _optional(request.get("content-disposition")):
        return
    encodings = [value.lower() for value in request.values("content-encoding")]
    if any(encoding != "identity" for encoding in encodings):
        raise UnsupportedMediaType(accepted, "an encoded body", [("Accept-Encoding", "identity")])
    media = request.content_type
    if media is None or f"{media.type}/{media.subtype}" not in accepted:
        raise UnsupportedMediaType(accepted, "a body of unknown type")


def _optional(disposition: str | None) -> bool:
    return disposition is not None and "handling=optional" in disposition.lower().replace(" ", "")
