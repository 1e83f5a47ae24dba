"""Messages out of the stream of a manager connection, however it was cut; the greeting first.

Lines end with CR LF and with nothing else: a lone LF is part of a text. What has no end is refused,
so that no peer can make us keep more than is allowed here.
"""

from typing import Final

from bridge.asterisk.message import Message, parse_message
from bridge.model.words import quoted

# The longest that Asterisk writes is some kilobytes: a channel with all its variables.
MOST_LINE: Final = 65_536
MOST_MESSAGE: Final = 262_144

_GREETING: Final = "Asterisk Call Manager"
_END: Final = b"\r\n"


class ProtocolError(Exception):
    """What comes is not what a manager interface of Asterisk sends; the text says what is wrong."""


class Framer:
    """One connection. `version` is that of the interface, as in `Asterisk Call Manager/9.0.0`; None before it came."""

    def __init__(self) -> None:
        self.version: str | None = None
        self._rest = b""
        self._lines: list[str] = []
        self._size = 0

    def feed(self, data: bytes) -> list[Message]:
        """Take what has come, and return the messages that are complete. Raises ProtocolError."""
        *lines, self._rest = (self._rest + data).split(_END)
        if len(self._rest) > MOST_LINE:
            raise ProtocolError(f"a line of more than {MOST_LINE} octets")
        found = (self._take(line) for line in lines)
        return [message for message in found if message is not None]

    def _take(self, line: bytes) -> Message | None:
        text = line.decode("utf-8", "replace")
        if self.version is None:
            self.version = _read_greeting(text)
            return None
        if not line:
            lines, self._lines, self._size = self._lines, [], 0
            return parse_message(lines) if lines else None
        self._size += len(line)
        if self._size > MOST_MESSAGE:
            raise ProtocolError(f"a message of more than {MOST_MESSAGE} octets")
        self._lines.append(text)
        return None


def _read_greeting(line: str) -> str:
    if not line.startswith(_GREETING):
        raise ProtocolError(f"no manager interface of Asterisk: it begins with {quoted(line, 60)}")
    return line[len(_GREETING) :].lstrip("/").strip()
