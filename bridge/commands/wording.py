"""How the commands write down what a watching phone has seen."""

import json
import time
from datetime import datetime
from typing import Final

from bridge.config import Listener
from bridge.model.words import printable
from bridge.subscriber.pidf import Picture
from bridge.subscriber.reports import Refused, Seen

_WIDTHS: Final = (12, 9, 12, 11, 16, 24)

TITLES: Final = ("time", "extension", "lamp", "presence", "subtype", "message", "latency")


def arrival(seen: Seen) -> datetime:
    """The time of day at which the NOTIFY arrived."""
    return datetime.fromtimestamp(time.time() - (time.monotonic() - seen.at)).astimezone()


def lamp(picture: Picture) -> str:
    """The word by which a Digium phone chooses the colour of the lamp."""
    return printable(picture.note or picture.basic)


def milliseconds(latency: float | None) -> str:
    """A latency for people; `-` where none is known."""
    return "-" if latency is None else f"{latency * 1000:.1f} ms"


def row(*cells: str) -> str:
    """Cells under `TITLES`; an empty one is written as `-`."""
    first = (f"{cell or '-':{width}}" for cell, width in zip(cells, _WIDTHS, strict=False))
    return "  ".join((*first, *cells[len(_WIDTHS) :]))


def line(seen: Seen, when: datetime, latency: float | None) -> str:
    """What was seen as one row."""
    picture = seen.picture
    texts = (
        lamp(picture),
        printable(picture.presence),
        printable(picture.subtype),
        printable(picture.message),
    )
    return row(when.strftime("%H:%M:%S.%f")[:-3], printable(seen.extension), *texts, milliseconds(latency))


def document(seen: Seen, when: datetime, latency: float | None) -> str:
    """The same as JSON, in full; `latency_seconds` is null where none is known."""
    picture = seen.picture
    return json.dumps(
        {
            "time": when.isoformat(timespec="milliseconds"),
            "extension": seen.extension,
            "lamp": picture.note,
            "basic": picture.basic,
            "presence": picture.presence,
            "subtype": picture.subtype,
            "message": picture.message,
            "subscription": seen.subscription,
            "latency_seconds": None if latency is None else round(latency, 6),
        },
    )


def refusal(refused: Refused, at: Listener) -> str:
    """Why there is nothing to watch, and what to look at."""
    extension = printable(refused.extension)
    match refused.status:
        case 0:
            return f"nothing answers at {at}: is the bridge running, and does it listen there?"
        case 401 | 407:
            return f"{at} asks for a password, and this command has none that is right: see --user"
        case 403:
            return f"{at} does not serve this address: is it in [sip] trusted_networks?"
        case 404:
            return f"extension {extension} has no hint at {at}"
        case 406 | 489:
            return f"{at} offers no presence document that this command can read"
    return f"{at} refused to show extension {extension}: {refused.status} {printable(refused.reason)}"
