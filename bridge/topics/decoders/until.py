"""When a word ends: an ISO 8601 time, `17:00`, a number of seconds, or `change`."""

import re
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from bridge.model.words import quoted
from bridge.mqtt.payload import BadPayload, type_name
from bridge.walltime import format_utc, next_time, parse_moment

CHANGE: Final = "change"

# A word that stands for longer than ten years has no end worth naming.
_LONGEST: Final = 10 * 366 * 86_400

_CLOCK = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)(?::([0-5]\d))?", re.ASCII)
_NUMBER = re.compile(r"\d+(?:\.\d+)?", re.ASCII)

_FORMS: Final = f"write 2026-11-24T17:00, 17:00, a number of seconds, or {CHANGE}"
_STORED_FORMS: Final = f"in a truth write 2026-11-24T17:00 or {CHANGE}; commands take other forms as well"


class Until(NamedTuple):
    """A Unix second, or the next change of a sensor that matters; neither when nothing but a word ends it."""

    at_wall: float | None = None
    on_change: bool = False


def parse_until(written: object, unix: float, zone: ZoneInfo) -> Until:
    """Return the end that a command names at the Unix second `unix`; `zone` is that of times without offset.

    `BadPayload` says why it is none.
    """
    if isinstance(written, int | float) and not isinstance(written, bool):
        return _after(unix, written)
    text = _text(written)
    if _NUMBER.fullmatch(text):
        return _after(unix, float(text))
    if clock := _CLOCK.fullmatch(text):
        hours, minutes, seconds = (int(part or 0) for part in clock.groups())
        return Until(next_time(unix, hours * 3600 + minutes * 60 + seconds, zone))
    until = _moment(text, zone, _FORMS)
    if until.at_wall is not None and not unix < until.at_wall <= unix + _LONGEST:
        when = "has passed" if until.at_wall <= unix else "is more than ten years away"
        raise BadPayload(f"until {quoted(text)} {when}")
    return until


def parse_stored_until(written: object, zone: ZoneInfo) -> Until:
    """Return the end that a truth names, which may have passed. `BadPayload` says why it is none.

    A retained message is read again at every start: what counts from then would never end.
    """
    return _moment(_text(written), zone, _STORED_FORMS)


def format_until(until: Until) -> str:
    """Return the text that `parse_stored_until` reads back, to the millisecond."""
    return CHANGE if until.at_wall is None else format_utc(until.at_wall)


def _text(written: object) -> str:
    if not isinstance(written, str):
        raise BadPayload(f"until must be a time or {CHANGE}, not {type_name(written)}")
    return written.strip()


def _after(unix: float, seconds: float) -> Until:
    if not 0 < seconds <= _LONGEST:
        raise BadPayload(f"until must be more than 0 seconds, and not more than {_LONGEST}")
    return Until(unix + seconds)


def _moment(text: str, zone: ZoneInfo, forms: str) -> Until:
    if text.casefold() == CHANGE:
        return Until(on_change=True)
    try:
        return Until(parse_moment(text, zone))
    except (ValueError, OverflowError):
        raise BadPayload(f"until {quoted(text)} is no time: {forms}") from None
