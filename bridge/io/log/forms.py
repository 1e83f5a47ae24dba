"""How a line is written: as text for people, or as JSON for programs."""

import json
import logging
from datetime import UTC, datetime
from typing import Final

from bridge.io.log.journal import with_priority
from bridge.io.log.line import Line, shown
from bridge.sip.masking import masked

FORMATS: Final = ("text", "json")


class TextForm(logging.Formatter):
    """Time, level, and the line; in the journal, which knows both, the line with its priority."""

    def __init__(self, *, journal: bool) -> None:
        super().__init__("%(message)s" if journal else "%(asctime)s %(levelname)-7s %(message)s")
        self._journal = journal

    def format(self, record: logging.LogRecord) -> str:
        """Return the line; of an error that nobody has expected, further ones with where it has happened."""
        text = super().format(record) if isinstance(record.msg, Line) else masked(super().format(record))
        return with_priority(record.levelno, text) if self._journal else text


class JsonForm(logging.Formatter):
    """An object a line: `ts` (ISO 8601, UTC), `level`, `event`, and the fields of the event."""

    def __init__(self, *, journal: bool) -> None:
        super().__init__()
        self._journal = journal

    def format(self, record: logging.LogRecord) -> str:
        """Return the line; `error` in it is where an error that nobody has expected has happened."""
        document = {
            "ts": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            **(record.msg.document if isinstance(record.msg, Line) else _of_others(record)),
        }
        if record.exc_info:
            document["error"] = masked(self.formatException(record.exc_info))
        # Half a surrogate pair, which Python can hold and UTF-8 cannot, is escaped by `shown`.
        text = json.dumps(document, ensure_ascii=False)
        return with_priority(record.levelno, text) if self._journal else text


def _of_others(record: logging.LogRecord) -> dict[str, object]:
    """What a library says."""
    return {"event": "library", "library": record.name, "text": shown(record.getMessage())}
