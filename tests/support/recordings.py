"""Recorded conversations with a real Asterisk: what was written, and the NOTIFY bodies that followed."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ASTERISK = Path(__file__).parent.parent / "data" / "asterisk"

_STEP = re.compile(r"^(>>> SENT|<<< RECV|##) \[ *[\d.]+\] ?(.*)$", re.MULTILINE)
_SETVAR = re.compile(r"(?:Setvar PRESENCE_STATE\(CustomPresence:\w+\)=|presence = )(.*)$")
_DEVICE = re.compile(r"(application/\S+): Custom:\w+ = (\w+)$")


class Told(NamedTuple):
    """A NOTIFY, with what had been written before it ("" for the first)."""

    written: str
    content_type: str
    body: str


def notifies(name: str) -> Iterator[Told]:
    """Every NOTIFY with a body in the recording `name`."""
    text = (ASTERISK / name).read_text(encoding="utf-8", errors="surrogateescape")
    steps = [*_STEP.finditer(text)]
    written = before = ""
    for step, following in zip(steps, [*steps[1:], None], strict=True):
        if step[1] == "##":
            if match := _SETVAR.search(step[2]):
                before, written = written, ast.literal_eval(match[1])
            elif "('Response', 'Error')" in step[2]:
                written = before
            elif (match := _DEVICE.search(step[2])) and match[2] != "UNKNOWN":
                # A write of UNKNOWN is refused by Asterisk.
                written = match[2]
            continue
        packet = text[step.end() + 1 : following.start() if following else len(text)]
        head, _, body = packet.partition("\n\n")
        if step[1] == "<<< RECV" and head.startswith("NOTIFY ") and body.strip():
            content_type = re.search(r"^Content-Type: (.*)$", head, re.MULTILINE)
            yield Told(written, content_type[1].strip(), body.strip() + "\n")
