"""One connection to the broker: subscribe, read what is retained, then say that we are online.

All retained messages have been read when a sentinel comes back that was published behind the
subscription. Only then is anything of ours published, so that nobody sees us half awake.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from enum import Enum
from typing import NamedTuple, Protocol

from bridge.effects import BridgeStopping, BrokerSynchronised, Emit, Publish, Subscribe, Unsubscribe
from bridge.events import BrokerConnected, MessageReceived, PublishRefused
from bridge.model.facts import Change
from bridge.timers import Timer, Timers
from bridge.topics.access import Access
from bridge.topics.hints import HintTopics
from bridge.topics.part import Reader, Speaker
from bridge.topics.requests import Requests
from bridge.topics.truth import Truth

# Seconds to wait for the sentinel. A broker that keeps it (an ACL that lets us subscribe but
# delivers nothing) must not keep us from serving.
_PATIENCE = 5.0


class Link(Enum):
    """Where we stand with the broker."""

    DOWN = "down"
    READING = "reading"
    SYNCHRONISED = "synchronised"


class Loss(NamedTuple):
    """The broker went away, or could not be reached; `at` in monotonic seconds."""

    reason: str
    at: float


class Question(Protocol):
    """What is published so that a sensor says where it stands."""

    @property
    def topic(self) -> str:
        """Where."""
        ...

    @property
    def payload(self) -> bytes:
        """What."""
        ...


class Sensors(Reader, Protocol):
    """Those who read what others publish, topics of ours included (`bridge.rules.rules`)."""

    @property
    def requests(self) -> Iterable[Question]:
        """To be asked after each connect."""
        ...

    def synchronised(self, now: float) -> None:
        """All that is retained has been read."""
        ...

    def disconnected(self) -> None:
        """Nothing is heard until the next connection."""
        ...


class BrokerSession:
    """Joins truth, hint topics and requests to the life of the connection, and what else speaks and reads.

    `messages_received` counts since the start; `last_loss` is None as long as there has been none.
    """

    def __init__(
        self,
        base_topic: str,
        truth: Truth,
        hints: HintTopics,
        requests: Requests,
        timers: Timers,
        emit: Emit,
        token: Callable[[], str],
        access: Access,
        speakers: Sequence[Speaker],
        readers: Sequence[Reader],
        sensors: Sensors,
    ) -> None:
        self.link = Link.DOWN
        self.messages_received = 0
        self.last_loss: Loss | None = None
        self._truth = truth
        self._hints = hints
        self._requests = requests
        self._timers = timers
        self._emit = emit
        self._token = token
        self._access = access
        self._speakers = speakers
        self._readers = readers
        self._sensors = sensors
        self._state_topic = state_topic(base_topic)
        self._sync_topic = f"{base_topic}/bridge/sync/{token()}"
        self._sentinel = b""
        self._began_at = 0.0
        self._messages = 0
        self._patience: Timer | None = None

    @property
    def filters(self) -> tuple[str, ...]:
        """All that is subscribed to: the sentinel's last; a filter that is wanted twice is replayed once."""
        wanted = [*self._truth.filters, *self._requests.filters, self._state_topic]
        for reader in (*self._readers, self._sensors):
            wanted += reader.filters
        return tuple(dict.fromkeys((*wanted, self._sync_topic)))

    def reread(self, before: Collection[str], anew: Iterable[str], questions: Iterable[Question]) -> None:
        """What is read may be other than `before`, which was in `filters`: subscribe to what is.

        To `anew` also where it was read already: what is stored there comes once more. `questions` are
        those of sensors that are new. Without a broker, the next connection sees to all of it.
        """
        if self.link is Link.DOWN:
            return
        had, wanted = dict.fromkeys(before), dict.fromkeys(self.filters)
        more = dict.fromkeys((*anew, *(one for one in wanted if one not in had)))
        less = tuple(one for one in had if one not in wanted)
        if more:
            self._emit(Subscribe(tuple(more)))
        if less:
            self._emit(Unsubscribe(less))
        for question in questions:
            self._emit(Publish(question.topic, question.payload, retain=False))

    def connected(self, event: BrokerConnected, now: float) -> None:
        """Subscribe to everything, each time anew, and ask the sensors; the sentinel goes out behind it."""
        self.link = Link.READING
        self._began_at = now
        self._messages = 0
        self._access.connected(event.tells_refusals)
        self._sentinel = self._token().encode()
        self._patience = self._timers.call_at(now + _PATIENCE, self._impatient)
        self._emit(Subscribe(self.filters))
        for question in self._sensors.requests:
            self._emit(Publish(question.topic, question.payload, retain=False))
        self._emit(Publish(self._sync_topic, self._sentinel, retain=False))

    def disconnected(self, reason: str, now: float) -> None:
        """States stay as they are; nothing is published until the next connection has been read."""
        self.link = Link.DOWN
        self.last_loss = Loss(reason, now)
        self._stop_waiting()
        self._sensors.disconnected()
        self._truth.disconnected()
        self._hints.disconnected()
        for speaker in self._speakers:
            speaker.disconnected()

    def refused(self, event: PublishRefused, _now: float) -> None:
        """The broker did not take a message."""
        self._access.refused(event.topic, event.reason)

    def stopping(self) -> None:
        """The bridge ends: say so while it can be said."""
        self._emit(BridgeStopping())

    def received(self, message: MessageReceived, now: float) -> Change | None:
        """Take one message; the change of a fact, if it made one."""
        self.messages_received += 1
        if message.topic == self._sync_topic:
            if message.payload == self._sentinel and self.link is Link.READING:
                self._synchronised(now)
            return None
        self._messages += 1
        if self._truth.takes(message.topic):
            return self._truth.received(message, now)
        if self._requests.takes(message.topic):
            self._requests.received(message, now)
        else:
            any(reader.received(message, now) for reader in self._readers)
        return None

    def sense(self, message: MessageReceived, now: float) -> None:
        """Let the sensors read a message, when the watchers of what it has changed have been told."""
        self._access.heard(message.topic)
        self._sensors.received(message, now)

    def _impatient(self, now: float) -> None:
        self._patience = None
        self._access.unanswered(self._sync_topic, _PATIENCE)
        self._synchronised(now)

    def _synchronised(self, now: float) -> None:
        self.link = Link.SYNCHRONISED
        self._stop_waiting()
        self._emit(BrokerSynchronised(self._messages, now - self._began_at))
        # What the rules decide now is written together with what was waiting.
        self._sensors.synchronised(now)
        self._truth.republish(now)
        self._hints.publish_all(now)
        for speaker in self._speakers:
            speaker.synchronised(now)
        self._emit(Publish(self._state_topic, b"online", retain=True))

    def _stop_waiting(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None


def state_topic(base_topic: str) -> str:
    """Retained `online` or `offline`; the last will speaks here too."""
    return f"{base_topic}/bridge/state"
