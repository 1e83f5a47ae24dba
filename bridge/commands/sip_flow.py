"""How `presence-bridge trace` writes a message: whole, or as one line of a flow."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from bridge.model.words import printable

_ARROWS: Final = {"in": "->", "out": "<-"}
_LONGEST_LINE: Final = 2_000

_CALL_ID = re.compile(r"^(?:call-id|i)[ \t]*:[ \t]*([^\r\n]*)", re.IGNORECASE | re.MULTILINE)
_CSEQ = re.compile(r"^cseq[ \t]*:[ \t]*([^\r\n]*)", re.IGNORECASE | re.MULTILINE)


def full(document: Mapping[str, Any]) -> str:
    """A line about the way, and the message; an empty line behind it."""
    if "left_out" in document:
        return f"{_left_out(document)}\n"
    lines = [printable(line, _LONGEST_LINE) for line in str(document.get("message")).splitlines()]
    cut = ["(cut)"] if document.get("cut") else []
    return "\n".join((_way(document), *lines, *cut, ""))


def summary(document: Mapping[str, Any]) -> str:
    """Time, both ends, and what it is: the first line, and what ties a request to its answer."""
    if "left_out" in document:
        return _left_out(document)
    message = str(document.get("message"))
    first = message.strip().partition("\n")[0].strip() or "(no SIP message: keep-alive)"
    found = (pattern.search(message) for pattern in (_CSEQ, _CALL_ID))
    ties = "  ".join(printable(one[1].strip()) for one in found if one)
    return f"{_way(document)}  {printable(first, 120)}  {ties}".rstrip()


def _way(document: Mapping[str, Any]) -> str:
    """The phone on the left, the bridge on the right, as time goes on downwards."""
    arrow = _ARROWS.get(str(document.get("direction")), "--")
    ends = f"{printable(str(document.get('remote'))):21} {arrow} {printable(str(document.get('local'))):21}"
    transport = printable(str(document.get("transport")))
    return f"{_time(document)}  {ends} {transport:3}"


def _left_out(document: Mapping[str, Any]) -> str:
    return f"{_time(document)}  … and {document['left_out']} more in this second"


def _time(document: Mapping[str, Any]) -> str:
    """The clock of this machine."""
    try:
        return f"{datetime.fromisoformat(str(document.get('at'))).astimezone():%H:%M:%S.%f}"[:-3]
    except ValueError:
        return "--:--:--.---"
