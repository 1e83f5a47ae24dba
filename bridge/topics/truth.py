"""The truth: MQTT messages become facts, and commands become messages.

The broker's retained message is the value. A command is therefore not applied here: it is written
to the truth topic, and the fact changes when the broker gives that message back. For this our own
messages must reach us (no MQTT 5 "no local").
"""

from collections import deque
from dataclasses import dataclass, field
from enum import Enum
from json import dumps
from typing import Final, NamedTuple

from bridge.effects import Emit, MessageRejected, PresenceChanged, Publish, TruthReceived
from bridge.events import MessageReceived
from bridge.model.facts import Change, presence_key
from bridge.model.presence import Presence
from bridge.model.state import State
from bridge.model.words import printable
from bridge.topics.claims import Claims
from bridge.topics.decoders.presence import decode_presence, encode_presence
from bridge.topics.route import CommandRead, DeviceCommandRead, FactRead, Ignored, Rejected, Routes

# A broker that has not given a message back by then will not: it refused the write (an ACL), of
# which MQTT 3.1.1 does not tell.
_ECHO_SECONDS: Final = 10.0
# A topic may have 65,535 bytes; a log line need not.
_SHOWN_TOPIC: Final = 256


class _Author(Enum):
    """Whose word a truth is: somebody else's, that of a command, or what a person claims."""

    OTHERS = "others"
    COMMAND = "command"
    CLAIM = "claim"


class _Sent(NamedTuple):
    """A message on its way."""

    payload: bytes
    at: float
    author: _Author


@dataclass(slots=True)
class _Write:
    """Our last message on a truth topic.

    `outstanding`: what the broker has not given back yet, oldest first.
    `ours`: nobody else has written there since. `held`: the broker gave it back in this connection.
    """

    payload: bytes = b""
    author: _Author = _Author.COMMAND
    outstanding: deque[_Sent] = field(default_factory=deque)
    ours: bool = True
    held: bool = False

    def returned(self, payload: bytes) -> _Author | None:
        """Take out a message that has come back, and those before it; None if it is not on its way."""
        if not any(sent.payload == payload for sent in self.outstanding):
            return None
        sent = self.outstanding.popleft()
        while sent.payload != payload:
            sent = self.outstanding.popleft()
        return sent.author


class Truth:
    """Reads what the broker says, and writes what is asked for.

    A command is merged onto the newest intended value: our last write that the broker has not
    given back yet, else the fact. Two partial commands in a row therefore both count.
    """

    __slots__ = ("_emit", "_events", "_routes", "_state", "_writes", "claims")

    def __init__(self, state: State, base_topic: str, emit: Emit) -> None:
        self._state = state
        self._emit = emit
        self._routes = Routes(base_topic)
        self._events = f"{base_topic}/bridge/event"
        self._writes: dict[str, _Write] = {}
        self.claims = Claims(self.intended, self.write)

    @property
    def filters(self) -> tuple[str, ...]:
        """The MQTT topic filters whose messages `received` wants."""
        return self._routes.filters

    def received(self, message: MessageReceived, now: float) -> Change | None:
        """Read one message; return the change of a fact, if it made one."""
        author = self._settle(message, now)
        try:
            reading = self._routes.read(message.topic, message.payload, message.retained)
        except Rejected as rejected:
            self._report(printable(message.topic, _SHOWN_TOPIC), rejected)
            return None
        if isinstance(reading, Ignored):
            return None
        change: Change | None = None
        if isinstance(reading, FactRead):
            change = self._put(reading, message)
            # The replay of a stored message that was known is nobody's new word.
            if change is not None or not message.retained:
                self._tell_claims(reading, author, message.topic, now)
        elif isinstance(reading, CommandRead):
            self._obey(reading, now)
        else:
            self._obey_device(reading, now)
        self._emit(TruthReceived(message.topic, message.retained, change is not None))
        return change

    def intended(self, provider: str, now: float) -> Presence:
        """What a provider says, or will say when the broker has given back what we have written."""
        topic = self._routes.presence_topic(provider)
        write = self._writes.get(topic)
        if write is not None:
            _give_up(write, now)
            if write.outstanding:
                return decode_presence(write.outstanding[-1].payload)
        return self._state.facts.presence(provider)

    def write(self, provider: str, presence: Presence, now: float) -> None:
        """Write what a person says of himself; it is a fact when the broker gives it back."""
        topic = self._routes.presence_topic(provider)
        self._write(topic, encode_presence(presence), _Author.CLAIM, now)

    def command(self, provider: str, presence: Presence, now: float) -> None:
        """Write what somebody commands, here or by another way than MQTT: the last word until somebody's next."""
        self.claims.overruled(presence_key(provider), presence)
        self._write(self._routes.presence_topic(provider), encode_presence(presence), _Author.COMMAND, now)

    def republish(self, now: float) -> None:
        """Write what claims have waited to write, and again what is ours and the broker has lost.

        To be called when all retained messages of a connection have been read. The facts were
        never lost, and what others wrote is theirs to repeat.
        """
        self.claims.synchronised(now)
        for topic, write in self._writes.items():
            if write.ours and not write.held and not write.outstanding:
                self._emit(Publish(topic, write.payload, retain=True))

    def disconnected(self) -> None:
        """Forget what the broker owes us; commands are merged onto facts again."""
        self.claims.disconnected()
        for write in self._writes.values():
            write.outstanding.clear()
            write.held = False

    def _put(self, reading: FactRead, message: MessageReceived) -> Change | None:
        since = None if message.retained else message.at
        change = self._state.put(reading.key, reading.name, reading.value, since)
        if change is not None and isinstance(change.new, Presence) and isinstance(change.old, Presence):
            self._emit(PresenceChanged(change.name, change.old.state.value, change.new.state.value))
        return change

    def _tell_claims(self, reading: FactRead, author: _Author, topic: str, now: float) -> None:
        if not isinstance(reading.value, Presence):
            return
        write = self._writes.get(topic)
        under_way = () if write is None else write.outstanding
        # A command that is on its way will be the later word of others.
        if author is not _Author.CLAIM and all(sent.author is _Author.CLAIM for sent in under_way):
            self.claims.overheard(reading.key, reading.value, overtaken=bool(under_way))
        if author is not _Author.OTHERS and not under_way:
            self.claims.confirmed(reading.key, now)

    def _obey(self, reading: CommandRead, now: float) -> None:
        presence = reading.command.apply(self.intended(reading.provider, now))
        self.command(reading.provider, presence, now)

    def _obey_device(self, reading: DeviceCommandRead, now: float) -> None:
        topic = self._routes.device_topic(reading.device)
        self._write(topic, reading.state.value.encode(), _Author.COMMAND, now)

    def _write(self, topic: str, payload: bytes, author: _Author, now: float) -> None:
        write = self._writes.setdefault(topic, _Write())
        write.payload, write.author = payload, author
        write.outstanding.append(_Sent(payload, now, author))
        write.ours, write.held = True, False
        self._emit(Publish(topic, payload, retain=True))

    def _settle(self, message: MessageReceived, now: float) -> _Author:
        """Whose word a message on a truth topic is: ours, given back, or somebody else's.

        The broker orders the messages of one topic. A foreign one that comes while ours are
        outstanding was there before them, and they will replace it. One of ours that comes back
        out of turn has overtaken those before it, which were never sent (see `Outbox`).
        """
        write = self._writes.get(message.topic)
        if write is None:
            return _Author.OTHERS
        _give_up(write, now)
        author = write.returned(message.payload)
        if message.payload == write.payload:
            write.ours = write.held = True
            return author or write.author
        if not write.outstanding:
            write.ours = False
        return author or _Author.OTHERS

    def _report(self, topic: str, rejected: Rejected) -> None:
        self._emit(MessageRejected(topic, rejected.kind, rejected.value, rejected.reason))
        event = {"type": "rejected", "topic": topic, "value": rejected.value, "reason": rejected.reason}
        self._emit(Publish(self._events, dumps(event, ensure_ascii=False).encode(), retain=False))


def _give_up(write: _Write, now: float) -> None:
    if write.outstanding and now - write.outstanding[0].at > _ECHO_SECONDS:
        write.outstanding.clear()
