"""Where the fuzzers begin: the messages and documents that the tests have anyway."""

from collections.abc import Iterator
from pathlib import Path

from support.malformed import malformed, subscribe

_DATA = Path(__file__).parents[1] / "data"


def messages() -> Iterator[bytes]:
    """Whole SIP messages."""
    for path in sorted((*_DATA.glob("torture/*/*.dat"), *_DATA.glob("wire/*.sip"))):
        yield path.read_bytes()
    yield subscribe(1)
    yield from (message[:4096] for message in malformed(40, seed=1))


def bodies() -> Iterator[bytes]:
    """The presence documents in recorded messages."""
    for path in sorted(_DATA.glob("wire/*.sip")):
        body = path.read_bytes().partition(b"\r\n\r\n")[2]
        if b"<presence" in body:
            yield body
