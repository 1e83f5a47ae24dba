"""Text in XML 1.0 documents, escaped as Asterisk does it."""

import re

# What XML 1.0 section 2.2 forbids, surrogates of undecodable octets included.
_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ESCAPES = {
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
    '"': "&quot;",
    "'": "&apos;",
    "\r": "&#13;",
    "\n": "&#10;",
    # A parser would turn a bare tab in an attribute into a blank (XML 1.0 section 3.3.3).
    "\t": "&#9;",
}
_SPECIAL = re.compile("[&<>\"'\r\n\t]")


def escape(text: str, limit: int | None = None) -> str:
    """Text for an element or a quoted attribute; what XML cannot hold is left out.

    `limit` bounds the octets of the result; the cut is made between characters, never inside a
    reference.
    """
    text = _FORBIDDEN.sub("", text)
    escaped = _SPECIAL.sub(lambda match: _ESCAPES[match[0]], text)
    if limit is None or len(escaped.encode()) <= limit:
        return escaped
    return _cut(text, limit)


def _cut(text: str, limit: int) -> str:
    kept: list[str] = []
    for character in text:
        piece = _ESCAPES.get(character, character)
        limit -= len(piece.encode())
        if limit < 0:
            break
        kept.append(piece)
    return "".join(kept)
