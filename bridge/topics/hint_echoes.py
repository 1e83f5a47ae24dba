"""What the broker gives back of hint topics: those of hints that are gone, and proof that ours arrive.

Hint topics are ours alone, so that nothing is to be read there, and no subscription is kept: each
message would come back to us.
"""

from collections.abc import Callable, Collection, Iterable

from bridge.effects import Publish, Unsubscribe
from bridge.events import MessageReceived
from bridge.service import Context
from bridge.timers import Timer
from bridge.topics.access import Access
from bridge.topics.writes import ECHO_SECONDS


class HintEchoes:
    """A reader, and a speaker that stands behind `HintTopics`.

    In the first connection it finds what the broker retains of hints that are not configured any more,
    for `tidy` to delete; in each it waits for one hint to come back. `shared` gives the filters that
    others have subscribed to as well, which must be kept.
    """

    def __init__(
        self, context: Context, base_topic: str, access: Access, shared: Callable[[], Collection[str]] = tuple
    ) -> None:
        self._context = context
        self._access = access
        self._shared = shared
        self._base = f"{base_topic}/hint/"
        self._all = f"{self._base}#"
        self._probe = self._first()
        self._searched = False
        self._reading = True
        self._old: set[str] = set()
        self._patience: Timer | None = None

    @property
    def filters(self) -> tuple[str, ...]:
        """The MQTT topic filters whose messages `received` wants."""
        probe = (self._probe,) if self._probe else ()
        return probe if self._searched else (*probe, self._all)

    def received(self, message: MessageReceived, _now: float) -> bool:
        """Take a message; false if it is about no hint."""
        if not message.topic.startswith(self._base):
            return False
        if not self._reading:
            self._returned(message.topic)
        elif message.retained and not self._is_hint(message.topic):
            self._old.add(message.topic)
        return True

    def synchronised(self, now: float) -> None:
        """All that is retained has been read, and all hints have been published."""
        self._reading = False
        if not self._searched:
            self._searched = True
            self._unsubscribe(self._all)
        if self._probe and self._is_hint(self._probe):
            self._patience = self._context.timers.call_at(now + ECHO_SECONDS, self._impatient)

    def gone(self, extensions: Iterable[str]) -> None:
        """These hints are not configured any more: `tidy` will delete their topics."""
        self._old.update(self._base + extension for extension in extensions)

    def tidy(self, _now: float) -> None:
        """Delete what is left of hints that are gone; nobody is to read it as a state any more."""
        for topic in sorted(self._old):
            if not self._is_hint(topic):
                self._context.emit(Publish(topic, b"", retain=True))
        self._old.clear()

    def disconnected(self) -> None:
        """What was published last may be lost."""
        self._reading = True
        self._stop_waiting()
        self._probe = self._first()

    def _first(self) -> str:
        """The topic of a hint; one stands for all, since the rights of a user are those of a branch."""
        return next((self._base + hint.extension for hint in self._context.state), "")

    def _is_hint(self, topic: str) -> bool:
        return self._context.state.hint(topic.removeprefix(self._base)) is not None

    def _returned(self, topic: str) -> None:
        if topic == self._probe and self._patience is not None:
            self._stop_waiting()
            self._unsubscribe(self._probe)

    def _impatient(self, _now: float) -> None:
        self._patience = None
        self._access.unanswered(self._probe, ECHO_SECONDS)
        self._unsubscribe(self._probe)

    def _stop_waiting(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None

    def _unsubscribe(self, topic_filter: str) -> None:
        if topic_filter not in self._shared():
            self._context.emit(Unsubscribe((topic_filter,)))
