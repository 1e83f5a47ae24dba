"""Recorded MQTT: the lines that `mosquitto_sub -F '%j'` (payload as text) or `%J` (as JSON) writes."""

import json
import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from bridge.model.words import printable

HOW_TO_RECORD: Final = "mosquitto_sub -t '#' -F '%j' > FILE"

# Version 2.0 writes a Z that means nothing before the offset: 2026-11-24T11:12:53.308966Z+0000.
_STRAY_Z = re.compile(r"Z(?=[+-]\d)")


class Recorded(NamedTuple):
    """One message. `line` counts from 1, `unix` is in seconds; `retained`: the broker had stored it before."""

    line: int
    unix: float
    topic: str
    payload: bytes
    retained: bool


class Unreadable(NamedTuple):
    """A line that is no message, and why."""

    line: int
    reason: str


def read_recording(lines: Iterable[str], zone: ZoneInfo) -> Iterator[Recorded | Unreadable]:
    """Read line by line; empty lines are passed over (`%J` leaves one for each payload that is not JSON).

    Bytes that are no UTF-8 stand in the text as surrogates. `zone` is that of times without an offset.
    """
    for number, line in enumerate(lines, 1):
        if line.strip():
            try:
                yield _read(number, line, zone)
            except ValueError as error:
                yield Unreadable(number, str(error))


def _read(number: int, line: str, zone: ZoneInfo) -> Recorded:
    try:
        fields = json.loads(line)
    except (ValueError, RecursionError):
        fields = None
    if not isinstance(fields, dict):
        raise ValueError(f"is no JSON object: record with {HOW_TO_RECORD}")  # noqa: TRY004 - it is the text that is wrong
    topic, moment = fields.get("topic"), fields.get("tst")
    if not isinstance(topic, str) or not topic:
        raise ValueError("has no topic")
    if not isinstance(moment, str):
        raise ValueError(f"has no time (tst): record with {HOW_TO_RECORD}")  # noqa: TRY004 - as above
    return Recorded(
        number, _unix(moment, zone), topic, _payload(fields.get("payload")), bool(fields.get("retain"))
    )


def _unix(text: str, zone: ZoneInfo) -> float:
    try:
        moment = datetime.fromisoformat(_STRAY_Z.sub("", text))
    except ValueError:
        raise ValueError(f"has a time (tst) that is none: {printable(text)}") from None
    return (moment if moment.tzinfo is not None else moment.replace(tzinfo=zone)).timestamp()


def _payload(value: object) -> bytes:
    """The bytes; of a payload that was JSON, the document in other words."""
    if value is None:
        return b""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        raise ValueError("has a payload that is no text") from None
