"""A rehearsal: what the bridge would do if these messages came, with a pretended clock and a pretended broker.

The broker gives back at once what the bridge publishes. Nobody is told: no phone, no log, no metric.
"""

from collections import deque
from collections.abc import Callable
from itertools import count
from typing import Final

from paho.mqtt.client import topic_matches_sub

from bridge.composition.core import Core, Outside
from bridge.config import Settings
from bridge.effects import Command, Effect, Observation, Publish, Subscribe
from bridge.events import BrokerConnected, Event, MessageReceived, Wake

# A broker sends all that it has stored at once; what comes later is news.
_STORED_WITHIN: Final = 1.0


class Rehearsal:
    """The bridge of a configuration, which connects at the Unix second `start`.

    `observe` is called with each observation, the Unix second at which it is made, and the topic of the
    message that has led to it; empty where it was time alone.
    """

    def __init__(
        self, settings: Settings, start: float, observe: Callable[[Observation, float, str], None]
    ) -> None:
        self._start = start
        self._observe = observe
        self._now = 0.0
        self._cause = ""
        self._tokens = count(1)
        self._sync = f"{settings.base_topic}/bridge/sync/"
        self._synchronised = False
        self._sentinels: list[Publish] = []
        self._published: deque[Publish] = deque()
        self._filters: frozenset[str] = frozenset()
        self._wildcards: tuple[str, ...] = ()
        self._core = Core(settings, Outside(self._emit, self._token, self._wall, lambda _flow: None))
        self._feed(BrokerConnected())

    def hears(self, topic: str) -> bool:
        """Whether the bridge has subscribed to messages on this topic."""
        return topic in self._filters or any(topic_matches_sub(one, topic) for one in self._wildcards)

    def receive(self, unix: float, topic: str, payload: bytes, *, retained: bool) -> None:
        """Let time pass until `unix`, and a message come."""
        if not retained or unix > self._start + _STORED_WITHIN:
            self.synchronise()
        self.advance(unix)
        self._cause = topic
        self._feed(MessageReceived(topic, payload, retained, self._now))
        self._cause = ""

    def synchronise(self) -> None:
        """All that the broker has stored has come."""
        self._synchronised = True
        self._published.extend(self._sentinels)
        self._sentinels.clear()
        self._give_back()

    def advance(self, unix: float) -> None:
        """Let time pass until `unix`; time that has passed does not come back."""
        end = unix - self._start
        while (deadline := self._core.engine.deadline()) is not None and deadline <= end:
            self._now = max(self._now, deadline)
            self._feed(Wake())
        self._now = max(self._now, end)

    def _feed(self, event: Event) -> None:
        self._core.engine.handle(event, self._now)
        self._give_back()

    def _give_back(self) -> None:
        while self._published:
            topic, payload = self._published.popleft()[:2]
            if self.hears(topic):
                self._core.engine.handle(MessageReceived(topic, payload, False, self._now), self._now)

    def _emit(self, effect: Effect) -> None:
        if isinstance(effect, Publish):
            waits = effect.topic.startswith(self._sync) and not self._synchronised
            (self._sentinels if waits else self._published).append(effect)
        elif isinstance(effect, Subscribe):
            self._filters = frozenset(effect.filters)
            self._wildcards = tuple(one for one in effect.filters if "+" in one or "#" in one)
        elif not isinstance(effect, Command):
            self._observe(effect, self._wall(self._now), self._cause)

    def _token(self) -> str:
        return f"{next(self._tokens):016x}"

    def _wall(self, now: float) -> float:
        return self._start + now
