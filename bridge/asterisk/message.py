"""Messages of the manager interface: lines `Name: value`, ended by an empty line.

What Asterisk writes is not escaped everywhere: a text with a line break in it adds lines of its own to
some messages, or whole messages (measured on 20.20 with `PresenceStatus`). So the first line of a name
counts, since texts come last; an answer is one by its ActionID, which nobody can guess; and what a
message claims about presence is a reason to ask, never the value (see `bridge.asterisk.presences`).
"""

import re
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from bridge.model.words import quoted

# Asterisk's manager.c reads lines into 1,025 octets, and drops a message with a longer one.
LONGEST_LINE: Final = 1024

_LINE_BREAK: Final = re.compile("[\r\n\0]")
_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9]*")

# What `ast_escape_c` writes (utils.c, from memory; \n is measured). All else stays as it is.
_ESCAPES: Final = {
    "a": "\a",
    "b": "\b",
    "f": "\f",
    "n": "\n",
    "r": "\r",
    "t": "\t",
    "v": "\v",
    "\\": "\\",
    "'": "'",
    '"': '"',
    "?": "?",
}
_ESCAPED: Final = re.compile(r"\\([abfnrtv\\'\"?])")

Fields = Iterable[tuple[str, str]]


class UnsendableError(ValueError):
    """A value that no line of the manager interface can carry; the text says why."""


class Message(NamedTuple):
    """One message: its lines in their order."""

    lines: Sequence[tuple[str, str]]

    def get(self, name: str) -> str | None:
        """The value of the first line of this name, in any case; None without one."""
        wanted = name.lower()
        return next((value for found, value in self.lines if found.lower() == wanted), None)

    def text(self, name: str) -> str:
        """As `get`; empty without such a line."""
        return self.get(name) or ""

    @property
    def event(self) -> str:
        """The name of the event that this is, empty if it is none. An event begins with its name."""
        return self._first("event")

    @property
    def response(self) -> str:
        """`Success`, `Error` ..., empty if this is no answer. An answer begins with it."""
        return self._first("response")

    def _first(self, name: str) -> str:
        if not self.lines:
            return ""
        found, value = self.lines[0]
        return value if found.lower() == name else ""


def parse_message(lines: Iterable[str]) -> Message:
    """Read the lines of one message. What is no `Name: value` (the output of a command) is left out."""
    read = []
    for line in lines:
        name, colon, value = line.partition(":")
        if colon and name:
            read.append((name, value.removeprefix(" ")))
    return Message(tuple(read))


def encode_action(name: str, action_id: str, fields: Fields = ()) -> bytes:
    """Return an action in the octets to send. `UnsendableError` where a value would end its line, or is too long."""
    lines = [("Action", name), ("ActionID", action_id), *fields]
    return b"".join(map(_encode_line, lines)) + b"\r\n"


def unescape(text: str) -> str:
    r"""Undo what Asterisk 13 and newer do to the texts of PresenceStateChange: `\n` becomes a line break."""
    return _ESCAPED.sub(lambda found: _ESCAPES[found[1]], text)


def _encode_line(line: tuple[str, str]) -> bytes:
    name, value = line
    if not _NAME.fullmatch(name):
        raise AssertionError(f"{name!r} is no name of a line")
    if _LINE_BREAK.search(value):
        raise UnsendableError(f"{quoted(value)} holds a line break or NUL")
    try:
        octets = f"{name}: {value}\r\n".encode()
    except UnicodeEncodeError:
        raise UnsendableError(f"{quoted(value)} is no text in UTF-8") from None
    if len(octets) > LONGEST_LINE:
        raise UnsendableError(f"{quoted(value, 40)} makes a line of more than {LONGEST_LINE} octets")
    return octets
