"""Our writes to truth topics: what the broker owes us, and what is ours to repeat.

The broker orders the messages of one topic. A foreign one that comes while ours are outstanding was
there before them, and they will replace it. One of ours that comes back out of turn has overtaken
those before it, which were never sent (see `Outbox`).
"""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Final, NamedTuple

from bridge.effects import Emit, Publish
from bridge.events import MessageReceived
from bridge.model.facts import FactKey
from bridge.timers import Timer, Timers
from bridge.topics.decoders.word import Word

# A broker that has not given a message back by then will not: it refused the write (an ACL), of
# which MQTT 3.1.1 does not tell.
ECHO_SECONDS: Final = 10.0


class Author(Enum):
    """Whose word we have written."""

    COMMAND = "command"
    CLAIM = "what a person claims by another way than MQTT"
    RULE = "decision of the rules"
    PBX = "what a PBX says that a device does"
    OTHERS = "word of others that ours would have replaced"


# What is written again until it stands (`Arbitration`).
_REPEATED: Final = (Author.RULE, Author.OTHERS)


class Sent(NamedTuple):
    """A word on its way. `ended`: it has lost its force meanwhile."""

    payload: bytes
    author: Author
    key: FactKey
    word: Word
    at: float
    ended: bool = False


@dataclass(slots=True)
class _Topic:
    """One truth topic.

    `outstanding`: what the broker has not given back yet, oldest first. `lost`: what it had not given
    back when the connection broke, but for words that people give once.
    `ours`: nobody else has written there since. `held`: the broker gave it back in this connection.
    """

    newest: Sent
    outstanding: deque[Sent] = field(default_factory=deque)
    lost: tuple[Sent, ...] = ()
    ours: bool = True
    held: bool = False

    def returned(self, payload: bytes) -> Sent | None:
        """Take out a message that has come back, and those before it; None if it is not on its way."""
        if not any(sent.payload == payload for sent in self.outstanding):
            return None
        while True:
            sent = self.outstanding.popleft()
            if sent.payload == payload:
                return sent

    def arrived(self, payload: bytes) -> Sent | None:
        """The message that had reached the broker all the same, before the connection broke."""
        return next((sent for sent in self.lost if sent.payload == payload), None)

    def disconnected(self) -> None:
        """Forget what the broker owes us."""
        self.lost = tuple(sent for sent in self.outstanding if sent.author in _REPEATED)
        self.outstanding.clear()
        self.held = False


class Writes:
    """By topic. `given_up` is told of the newest word on a topic that the broker has not given back in time."""

    __slots__ = ("_emit", "_given_up", "_timer", "_timers", "_topics")

    def __init__(self, timers: Timers, emit: Emit, given_up: Callable[[str, Sent, float], None]) -> None:
        self._timers = timers
        self._emit = emit
        self._given_up = given_up
        self._topics: dict[str, _Topic] = {}
        self._timer: Timer | None = None

    def write(self, topic: str, payload: bytes, author: Author, key: FactKey, word: Word, now: float) -> None:
        """Publish a word."""
        sent = Sent(payload, author, key, word, now)
        write = self._topics.get(topic)
        if write is None:
            write = self._topics[topic] = _Topic(sent)
        write.newest = sent
        self._send(topic, write, sent)

    def settle(self, message: MessageReceived) -> Sent | None:
        """Which word of ours a message gives back; None for somebody else's."""
        write = self._topics.get(message.topic)
        if write is None:
            return None
        sent = write.returned(message.payload)
        if message.payload == write.newest.payload:
            write.ours = write.held = True
            return sent or write.newest
        if not write.outstanding:
            write.ours = False
        return sent or write.arrived(message.payload)

    def author(self, topic: str) -> Author | None:
        """As whom we have written what stands on a topic; None if others have."""
        write = self._topics.get(topic)
        return write.newest.author if write is not None and write.ours and not write.outstanding else None

    def resume(self, topic: str, sent: Sent) -> None:
        """Take what stood on a topic when an earlier run ended as written by us."""
        self._topics[topic] = _Topic(sent)

    def outstanding(self, topic: str) -> Sequence[Sent]:
        """What the broker has not given back yet, oldest first."""
        write = self._topics.get(topic)
        return () if write is None else write.outstanding

    def end(self, topic: str) -> None:
        """What is on its way there has no force any more."""
        write = self._topics.get(topic)
        if write is not None and write.outstanding:
            write.outstanding = deque(sent._replace(ended=True) for sent in write.outstanding)
            write.newest = write.outstanding[-1]

    def repeat(self, now: float) -> None:
        """Publish again what is ours and the broker has lost; to be called when all that it retains was read."""
        for topic, write in self._topics.items():
            if write.ours and not write.held and not write.outstanding:
                self._send(topic, write, write.newest._replace(at=now))

    def disconnected(self) -> None:
        """Forget what the broker owes us."""
        for write in self._topics.values():
            write.disconnected()

    def _send(self, topic: str, write: _Topic, sent: Sent) -> None:
        write.outstanding.append(sent)
        write.ours, write.held = True, False
        if self._timer is None:
            self._timer = self._timers.call_at(sent.at + ECHO_SECONDS, self._look)
        every = sent.author is Author.PBX
        self._emit(Publish(topic, sent.payload, retain=True, every=every))

    def _look(self, now: float) -> None:
        """Give up what has been on its way for too long."""
        self._timer = None
        given_up = [
            (topic, newest)
            for topic, write in self._topics.items()
            if (newest := _without_overdue(write, now)) is not None
        ]
        oldest = min((w.outstanding[0].at for w in self._topics.values() if w.outstanding), default=None)
        if oldest is not None:
            self._timer = self._timers.call_at(oldest + ECHO_SECONDS, self._look)
        for topic, newest in given_up:
            self._given_up(topic, newest, now)


def _without_overdue(write: _Topic, now: float) -> Sent | None:
    """Drop what is overdue; the newest of it, unless the same has come back.

    Of equal words the `Outbox` may have sent one only.
    """
    dropped = None
    while write.outstanding and write.outstanding[0].at + ECHO_SECONDS <= now:
        dropped = write.outstanding.popleft()
    return None if write.held else dropped
