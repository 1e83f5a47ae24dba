"""Discovery at work: the broker retains the documents that are wanted, and Home Assistant is told of them.

When a connection has been read, only what differs is published (see `bridge.homeassistant.plan`). When Home
Assistant says that it has started, everything is. After either, states follow: an entity whose document
has changed shows `unknown` until it hears its state once more.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Final

from bridge.effects import Publish
from bridge.events import MessageReceived
from bridge.homeassistant.pace import Pace, Step
from bridge.homeassistant.plan import Messages, plan, retired
from bridge.homeassistant.shapes import Place
from bridge.service import Context
from bridge.timers import Timer

# Seconds that Home Assistant is given between two phases. It drops parts of a device's document when
# it is still busy with the last one.
SETTLING: Final = 2.0

# All that serve one Home Assistant hear its birth message at the same time.
BIRTH_EARLIEST: Final = 0.5
BIRTH_SPREAD: Final = 1.5

# Seconds to try again when a birth message comes while documents are being published.
_BUSY: Final = 1.0

# As for the truth: a broker that has not given a message back by then has refused it.
ECHO_SECONDS: Final = 10.0

_ONLINE: Final = b"online"


@dataclass(frozen=True, slots=True)
class Documents:
    """Payloads by topic: those that are wanted, and the same in the other shape. Both empty: none is wanted."""

    wanted: Mapping[str, bytes]
    other: Mapping[str, bytes]


class Discovery:
    """Publishes documents; `repeat` gives the steps that tell all states again.

    `tidy` are done when Home Assistant reads no topic any more that is not wanted. `unanswered` is called
    with a topic, and for how many seconds the broker has not given back what was published there.
    """

    def __init__(
        self,
        documents: Documents,
        place: Place,
        context: Context,
        repeat: Callable[[], Collection[Step]],
        tidy: Collection[Step],
        unanswered: Callable[[str, float], None],
    ) -> None:
        self._documents = documents
        self._place = place
        self._context = context
        self._repeat = repeat
        self._tidy = tidy
        self._unanswered = unanswered
        self._status_topic = _status_topic(place)
        self._pace = Pace(context.timers)
        self._synchronised = False
        self._held: dict[str, bytes] = {}
        self._outstanding: dict[str, bytes] = {}
        self._birth: Timer | None = None
        self._check: Timer | None = None

    @property
    def filters(self) -> tuple[str, ...]:
        """The MQTT topic filters whose messages `received` wants."""
        return (self._place.filter, self._status_topic)

    def received(self, message: MessageReceived, now: float) -> bool:
        """Take a document that the broker retains or gives back, or the word that Home Assistant has started.

        False: the message is for somebody else.
        """
        if self._place.is_document(message.topic):
            self._take_document(message.topic, message.payload)
            return True
        if message.topic != self._status_topic:
            return False
        if message.payload == _ONLINE and self._documents.wanted and self._birth is None:
            share = int(self._context.token(), 16) / 16**16
            self._wait_for_birth(now + BIRTH_EARLIEST + BIRTH_SPREAD * share)
        return True

    def synchronised(self, now: float) -> None:
        """All that the broker retains has been read: mend what differs."""
        self._synchronised = True
        self._mend(now)

    def replace(self, documents: Documents, place: Place, now: float) -> None:
        """Have other documents from now on, perhaps elsewhere: mend what differs from those that there are.

        What is stored at a new place is not known before the next connection.
        """
        self._documents, self._place = documents, place
        self._status_topic = _status_topic(place)
        if not self._synchronised:
            return
        was_busy = not self._pace.is_idle
        self._pace.stop()
        published = {**self._held, **self._outstanding}
        self._held = {topic: payload for topic, payload in published.items() if payload}
        self._outstanding = {t: payload for t, payload in self._outstanding.items() if place.is_document(t)}
        self._mend(now)
        if was_busy:
            # What was announced a moment ago may not have been followed by its states.
            self._pace.add(self._repeat(), now)

    def _mend(self, now: float) -> None:
        todo = plan(self._documents.wanted, self._documents.other, self._held)
        if todo.retire:
            self._phase((partial(self._retire, *message) for message in todo.retire), now)
        self._publish_all(todo.release, now)
        self._announce(todo.announce, now)
        self._publish_all(todo.remove, now)
        self._pace.add((*self._tidy, self._await_echoes), now)

    def disconnected(self) -> None:
        """Forget everything that depends on the connection; the next one is planned anew."""
        self._synchronised = False
        self._pace.stop()
        self._held.clear()
        self._outstanding.clear()
        for timer in (self._birth, self._check):
            if timer is not None:
                timer.cancel()
        self._birth = self._check = None

    def _take_document(self, topic: str, payload: bytes) -> None:
        if self._outstanding.get(topic) == payload:
            del self._outstanding[topic]
        if payload:
            wanted = self._documents.wanted.get(topic)
            # One object for both: there may be thousands, of a kilobyte each.
            self._held[topic] = wanted if wanted == payload else payload
        else:
            self._held.pop(topic, None)

    # --- Home Assistant has started ---------------------------------------------------------------

    def _wait_for_birth(self, when: float) -> None:
        self._birth = self._context.timers.call_at(when, self._born)

    def _born(self, now: float) -> None:
        if not self._synchronised or not self._pace.is_idle:
            self._wait_for_birth(now + _BUSY)
            return
        self._birth = None
        self._announce(tuple(self._documents.wanted.items()), now)
        self._pace.add((self._await_echoes,), now)

    # --- publishing -------------------------------------------------------------------------------

    def _announce(self, messages: Messages, now: float) -> None:
        if messages:
            self._publish_all(messages, now)
            self._phase(self._repeat(), now)

    def _publish_all(self, messages: Messages, now: float) -> None:
        if messages:
            self._phase((partial(self._publish, *message) for message in messages), now)

    def _phase(self, steps: Iterable[Step], now: float) -> None:
        self._pace.add(steps, now)
        self._pace.pause(SETTLING)

    def _publish(self, topic: str, payload: bytes, _now: float) -> None:
        # Of a place that was left nothing comes back.
        if self._place.is_document(topic):
            self._outstanding[topic] = payload
        self._context.emit(Publish(topic, payload, retain=True))

    def _retire(self, topic: str, document: bytes, now: float) -> None:
        payload = retired(self._held.get(topic, b""), document)
        if payload is not None:
            self._publish(topic, payload, now)

    # --- what the broker swallows -----------------------------------------------------------------

    def _await_echoes(self, now: float) -> None:
        if self._outstanding and self._check is None:
            self._check = self._context.timers.call_at(now + ECHO_SECONDS, self._complain)

    def _complain(self, _now: float) -> None:
        self._check = None
        # One stands for all: the rights of a user are those of a branch.
        topic = next(iter(self._outstanding), None)
        if topic is not None:
            self._unanswered(topic, ECHO_SECONDS)


def _status_topic(place: Place) -> str:
    """Where Home Assistant says that it has started."""
    return f"{place.prefix}/status"
