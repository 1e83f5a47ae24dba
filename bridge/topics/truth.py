"""The truth: MQTT messages become facts, and commands become messages.

The broker's retained message is the value. A command is therefore not applied here: it is written
to the truth topic, and the fact changes when the broker gives that message back. For this our own
messages must reach us (no MQTT 5 "no local").
"""

from collections import deque
from dataclasses import dataclass, field
from json import dumps
from typing import Final

from bridge.effects import Emit, MessageRejected, PresenceChanged, Publish, TruthReceived
from bridge.events import MessageReceived
from bridge.model.facts import Change
from bridge.model.presence import Presence
from bridge.model.state import State
from bridge.model.words import printable
from bridge.topics.decoders.presence import decode_presence, encode_presence
from bridge.topics.route import CommandRead, DeviceCommandRead, FactRead, Ignored, Rejected, Routes

# A broker that has not given a message back by then will not: it refused the write (an ACL), of
# which MQTT 3.1.1 does not tell.
_ECHO_SECONDS: Final = 10.0
# A topic may have 65,535 bytes; a log line need not.
_SHOWN_TOPIC: Final = 256


@dataclass(slots=True)
class _Write:
    """Our last message on a truth topic.

    `outstanding`: what the broker has not given back yet, oldest first, with the time of writing.
    `ours`: nobody else has written there since. `held`: the broker gave it back in this connection.
    """

    payload: bytes = b""
    outstanding: deque[tuple[bytes, float]] = field(default_factory=deque)
    ours: bool = True
    held: bool = False


class Truth:
    """Reads what the broker says, and writes what is asked for.

    A command is merged onto the newest intended value: our last write that the broker has not
    given back yet, else the fact. Two partial commands in a row therefore both count.
    """

    __slots__ = ("_emit", "_events", "_routes", "_state", "_writes")

    def __init__(self, state: State, base_topic: str, emit: Emit) -> None:
        self._state = state
        self._emit = emit
        self._routes = Routes(base_topic)
        self._events = f"{base_topic}/bridge/event"
        self._writes: dict[str, _Write] = {}

    @property
    def filters(self) -> tuple[str, ...]:
        """The MQTT topic filters whose messages `received` wants."""
        return self._routes.filters

    def received(self, message: MessageReceived, now: float) -> Change | None:
        """Read one message; return the change of a fact, if it made one."""
        self._settle(message, now)
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
        elif isinstance(reading, CommandRead):
            self._obey(reading, now)
        else:
            self._obey_device(reading, now)
        self._emit(TruthReceived(message.topic, message.retained, change is not None))
        return change

    def republish(self) -> None:
        """Write again what is ours and what the broker did not give back: it has lost it.

        To be called when all retained messages of a connection have been read. The facts were
        never lost, and what others wrote is theirs to repeat.
        """
        for topic, write in self._writes.items():
            if write.ours and not write.held:
                self._emit(Publish(topic, write.payload, retain=True))

    def disconnected(self) -> None:
        """Forget what the broker owes us; commands are merged onto facts again."""
        for write in self._writes.values():
            write.outstanding.clear()
            write.held = False

    def _put(self, reading: FactRead, message: MessageReceived) -> Change | None:
        since = None if message.retained else message.at
        change = self._state.put(reading.key, reading.name, reading.value, since)
        if change is not None and isinstance(change.new, Presence) and isinstance(change.old, Presence):
            self._emit(PresenceChanged(change.name, change.old.state.value, change.new.state.value))
        return change

    def _obey(self, reading: CommandRead, now: float) -> None:
        topic = self._routes.presence_topic(reading.provider)
        intended = self._intended(topic, now)
        current = self._state.facts.presence(reading.provider) if intended is None else intended
        self._write(topic, encode_presence(reading.command.apply(current)), now)

    def _obey_device(self, reading: DeviceCommandRead, now: float) -> None:
        self._write(self._routes.device_topic(reading.device), reading.state.value.encode(), now)

    def _write(self, topic: str, payload: bytes, now: float) -> None:
        write = self._writes.setdefault(topic, _Write())
        write.payload = payload
        write.outstanding.append((payload, now))
        write.ours, write.held = True, False
        self._emit(Publish(topic, payload, retain=True))

    def _intended(self, topic: str, now: float) -> Presence | None:
        write = self._writes.get(topic)
        if write is None:
            return None
        _give_up(write, now)
        return decode_presence(write.outstanding[-1][0]) if write.outstanding else None

    def _settle(self, message: MessageReceived, now: float) -> None:
        """Learn whether a message on a truth topic is ours, given back, or somebody else's.

        The broker orders the messages of one topic. A foreign one that comes while ours are
        outstanding was there before them, and they will replace it.
        """
        write = self._writes.get(message.topic)
        if write is None:
            return
        _give_up(write, now)
        if write.outstanding and write.outstanding[0][0] == message.payload:
            write.outstanding.popleft()
        if message.payload == write.payload:
            write.ours = write.held = True
        elif not write.outstanding:
            write.ours = False

    def _report(self, topic: str, rejected: Rejected) -> None:
        self._emit(MessageRejected(topic, rejected.kind, rejected.value, rejected.reason))
        event = {"type": "rejected", "topic": topic, "value": rejected.value, "reason": rejected.reason}
        self._emit(Publish(self._events, dumps(event, ensure_ascii=False).encode(), retain=False))


def _give_up(write: _Write, now: float) -> None:
    if write.outstanding and now - write.outstanding[0][1] > _ECHO_SECONDS:
        write.outstanding.clear()
