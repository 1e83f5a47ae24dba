"""One connection to the broker: subscribe, read what is retained, then say that we are online.

All retained messages have been read when a sentinel comes back that was published behind the
subscription. Only then is anything of ours published, so that nobody sees us half awake.
"""

from collections.abc import Callable
from enum import Enum

from bridge.effects import BrokerSynchronised, Emit, Publish, Subscribe, Warned
from bridge.events import MessageReceived
from bridge.model.facts import Change
from bridge.timers import Timer, Timers
from bridge.topics.hints import HintTopics
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


class BrokerSession:
    """Joins truth, hint topics and requests to the life of the connection."""

    def __init__(
        self,
        base_topic: str,
        truth: Truth,
        hints: HintTopics,
        requests: Requests,
        timers: Timers,
        emit: Emit,
        token: Callable[[], str],
    ) -> None:
        self.link = Link.DOWN
        self._truth = truth
        self._hints = hints
        self._requests = requests
        self._timers = timers
        self._emit = emit
        self._token = token
        self._state_topic = state_topic(base_topic)
        self._sync_topic = f"{base_topic}/bridge/sync/{token()}"
        self._sentinel = b""
        self._began_at = 0.0
        self._messages = 0
        self._patience: Timer | None = None

    def connected(self, now: float) -> None:
        """Subscribe to everything, each time anew; the sentinel goes out behind it."""
        self.link = Link.READING
        self._began_at = now
        self._messages = 0
        self._sentinel = self._token().encode()
        self._patience = self._timers.call_at(now + _PATIENCE, self._impatient)
        self._emit(Subscribe((*self._truth.filters, *self._requests.filters, self._sync_topic)))
        self._emit(Publish(self._sync_topic, self._sentinel, retain=False))

    def disconnected(self) -> None:
        """States stay as they are; nothing is published until the next connection has been read."""
        self.link = Link.DOWN
        self._stop_waiting()
        self._truth.disconnected()
        self._hints.disconnected()

    def received(self, message: MessageReceived, now: float) -> Change | None:
        """Take one message; the change of a fact, if it made one."""
        if message.topic == self._sync_topic:
            if message.payload == self._sentinel and self.link is Link.READING:
                self._synchronised(now)
            return None
        if self._requests.takes(message.topic):
            self._requests.received(message, now)
            return None
        self._messages += 1
        return self._truth.received(message, now)

    def _impatient(self, now: float) -> None:
        self._patience = None
        self._emit(
            Warned(
                f"the broker did not give back what was published on {self._sync_topic} within {_PATIENCE:g} s: "
                "its access rules may let the bridge subscribe but deliver nothing"
            )
        )
        self._synchronised(now)

    def _synchronised(self, now: float) -> None:
        self.link = Link.SYNCHRONISED
        self._stop_waiting()
        self._emit(BrokerSynchronised(self._messages, now - self._began_at))
        self._truth.republish(now)
        self._hints.publish_all(now)
        self._emit(Publish(self._state_topic, b"online", retain=True))

    def _stop_waiting(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None


def state_topic(base_topic: str) -> str:
    """Retained `online` or `offline`; the last will speaks here too."""
    return f"{base_topic}/bridge/state"
