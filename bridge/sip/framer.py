"""Messages out of a stream, whatever the segments they come in (RFC 3261 sections 7.5 and 18.3, RFC 5626 3.5.1)."""

import re
from collections.abc import Iterator
from enum import Enum, auto
from typing import Final

from bridge.sip.parser import MAX_HEAD, MAX_LINE, MAX_LINES, frame

# What a client sends between messages to see whether we live, and what it is answered with.
PING: Final = b"\r\n\r\n"
PONG: Final = b"\r\n"


class Awaited(Enum):
    """What a stream owes at the moment."""

    NOTHING = auto()
    HEAD = auto()
    BODY = auto()


class StreamFramer:
    """Cuts one stream. Between two calls it holds one unfinished message at most, bounded by the parser's limits.

    `ended`: the last piece handed out is faulty in a way that hides where the next message begins.
    `parse` tells what to answer it; what comes after it is not read.
    """

    def __init__(self) -> None:
        self.ended = False
        self._buffer = bytearray()
        # Bytes of the message that begins the buffer, once its head is there.
        self._length: int | None = None
        self._last = False
        # So much of the buffer holds no end of a head.
        self._scanned = 0
        # 1 after a single CRLF: another one makes it a ping.
        self._line_ends = 0

    @property
    def awaited(self) -> Awaited:
        """What is missing of the message that has begun."""
        if self._length is not None:
            return Awaited.BODY
        begun = self._buffer and not self._buffer.startswith(b"\r")
        return Awaited.HEAD if begun else Awaited.NOTHING

    @property
    def rest(self) -> bytes:
        """What has come of a message that is not complete; another framer goes on when it is fed with it."""
        return bytes(self._buffer)

    def feed(self, data: bytes | memoryview) -> list[bytes]:
        """Take what a segment holds; the messages that are complete by now, with `PING` where one was sent.

        Line ends before a message are skipped (7.5); two CRLF in a row are a ping (RFC 5626 3.5.1).
        """
        if self.ended:
            return []
        self._buffer += data
        return list(self._pieces())

    def _pieces(self) -> Iterator[bytes]:
        while not self.ended:
            if self._length is None:
                yield from [PING] * self._skip_line_ends()
                self._length = self._measure()
            if self._length is None or len(self._buffer) < self._length:
                return
            yield self._take(self._length)

    def _skip_line_ends(self) -> int:
        """Drop the line ends at the front, and count the pings that they make."""
        buffer = self._buffer
        end = len(buffer) if (other := _OTHER.search(buffer)) is None else other.start()
        if end == len(buffer) and buffer.endswith(b"\r"):
            # Perhaps the first half of CRLF.
            end -= 1
        pings, self._line_ends = divmod(self._line_ends + buffer.count(b"\r\n", 0, end), 2)
        del buffer[:end]
        return pings

    def _measure(self) -> int | None:
        """The length of the message at the front; None until its head is there, or is too long."""
        buffer = self._buffer
        match = _HEAD_END.search(buffer, max(0, self._scanned - 2))
        self._scanned = len(buffer)
        if match is None and len(buffer) <= MAX_HEAD:
            return None
        end = MAX_HEAD + 1 if match is None else min(match.end(), MAX_HEAD + 1)
        head = bytes(buffer[:end])
        length = _plain_length(head)
        if length is not None:
            return end + length
        found = frame(head)
        if found is None:
            raise AssertionError("a head with its end, or beyond the limit, is framed")
        self._last = found.last
        return found.length

    def _take(self, length: int) -> bytes:
        piece = bytes(self._buffer[:length])
        del self._buffer[:length]
        self._length = None
        self._scanned = self._line_ends = 0
        if self._last:
            self.ended = True
            self._buffer.clear()
        return piece


def _plain_length(head: bytes) -> int | None:
    """What Content-Length says, where nobody could read it otherwise; None where `frame` has to look.

    Reading all lines takes five times as long as this, and more than matching the answer to a NOTIFY.
    """
    lengths = _LENGTHS.findall(head)
    if len(lengths) != 1 or b"\n " in head or b"\n\t" in head:
        return None
    if len(head) > MAX_LINE or head.count(b"\n") > MAX_LINES:
        return None
    digits = lengths[0].removesuffix(b"\r").strip(b" \t")
    return int(digits) if _SHORT_NUMBER.fullmatch(digits) else None


_LENGTHS = re.compile(rb"\n(?:content-length|l)[ \t]*+:([^\n]*+)(?=\n)", re.IGNORECASE)
_SHORT_NUMBER = re.compile(rb"[0-9]{1,4}")
_OTHER = re.compile(rb"[^\r\n]")
_HEAD_END = re.compile(rb"\n\r?\n")
