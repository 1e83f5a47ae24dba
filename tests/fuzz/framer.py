"""What must hold for any octets that arrive by a stream, however they are cut into segments.

* The pieces are the same whatever the segments are.
* No octet is in two pieces, and none is handed out before all of its piece has come.
* What is held back is less than one message of the largest size.
* Each piece is a ping, or `parse` gives a message or raises MalformedMessage; the last piece before the end of a
  stream that cannot be read on is always refused.
"""

import itertools
from collections.abc import Iterable, Iterator

from bridge.sip.errors import MalformedMessage
from bridge.sip.framer import PING, StreamFramer
from bridge.sip.parser import MAX_BODY, MAX_HEAD, parse
from fuzz.seeds import messages

_PLAN = 8


def seeds() -> Iterable[bytes]:
    """Two messages after each other, with pings between them; eight octets say how they are cut."""
    for number, (first, second) in enumerate(itertools.pairwise(messages())):
        plan = bytes((number * n) % 251 for n in range(_PLAN))
        yield plan + first + b"\r\n\r\n" * (number % 3) + second


def check(data: bytes) -> None:
    """Raise AssertionError, or anything else, if what is said above does not hold."""
    plan, stream = data[:_PLAN], data[_PLAN:]
    whole = StreamFramer()
    pieces = whole.feed(stream)
    cut = StreamFramer()
    again: list[bytes] = []
    fed = given = 0
    for segment in _segments(plan, stream):
        fed += len(segment)
        now = cut.feed(segment)
        again += now
        given += sum(len(piece) for piece in now)
        assert given <= fed
        assert len(cut._buffer) <= MAX_HEAD + MAX_BODY + len(segment)
    assert again == pieces
    assert cut.ended == whole.ended
    assert cut.awaited == whole.awaited
    _check_order(stream, pieces)
    for number, piece in enumerate(pieces):
        _check_piece(piece, last=whole.ended and number == len(pieces) - 1)


def _segments(plan: bytes, stream: bytes) -> Iterator[bytes]:
    """The stream, cut at lengths that the plan tells in turn; 0 is all that is left."""
    at = turn = 0
    while at < len(stream):
        length = plan[turn % len(plan)] if plan else 0
        turn += 1
        end = at + length * (1 if turn < 200 else 1000) if length else len(stream)
        yield stream[at:end]
        at = end


def _check_order(stream: bytes, pieces: list[bytes]) -> None:
    at = 0
    for piece in pieces:
        if piece != PING:
            at = stream.index(piece, at) + len(piece)


def _check_piece(piece: bytes, *, last: bool) -> None:
    if piece == PING:
        assert not last
        return
    try:
        parse(piece, stream=True)
    except MalformedMessage:
        return
    assert not last, "a stream ends with what is refused"
