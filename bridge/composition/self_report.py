"""What the bridge says of itself by MQTT, and what can be asked of it there, put together."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Final

from bridge.composition.emission import Emission
from bridge.model.state import State
from bridge.model.words import quoted
from bridge.notifier.notifier import Notifier
from bridge.notifier.subscription import Subscription
from bridge.sip.addressing import host_port
from bridge.timers import Timers
from bridge.topics.events import EventTopic
from bridge.topics.health import HealthTopic, Vitals
from bridge.topics.hints import HintTopics
from bridge.topics.info import Configured, InfoTopic
from bridge.topics.part import Reader, Speaker
from bridge.topics.phone_id import phone_id
from bridge.topics.phones import MOST_PHONES, PhoneTopics, Seen
from bridge.topics.requests import Answer, Requests
from bridge.topics.surroundings import Surroundings

_Arguments = Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportOptions:
    """`[mqtt]` of the configuration, and what `<base>/bridge/info` shows of the rest."""

    base_topic: str
    version: str
    configured: Callable[[], Configured]
    health_interval: float = 60.0
    publish_phones: bool = True


class SelfReport:
    """The topics, which listen to what is emitted, and the requests that ask for the same."""

    def __init__(
        self,
        options: ReportOptions,
        surroundings: Surroundings,
        vitals: Vitals,
        timers: Timers,
        wall: Callable[[float], float],
        emission: Emission,
        shared: Callable[[], Collection[str]] = tuple,
    ) -> None:
        """`shared` gives the MQTT topic filters that others have subscribed to as well."""
        base, emit = options.base_topic, emission.emit
        self._surroundings = surroundings
        self._events = EventTopic(base, options.version, timers, wall, emit)
        self.health = HealthTopic(
            base, vitals, options.health_interval, timers, surroundings.started_at, wall, emit
        )
        self.info = InfoTopic(base, options.version, options.configured, surroundings, wall, emit)
        most = MOST_PHONES if options.publish_phones else 0
        self.phones = PhoneTopics(
            base, most, _identify, _describe, timers, wall, emit, shared, surroundings.name
        )
        self.speakers: Final[tuple[Speaker, ...]] = (self.info, self.health, self.phones, self._events)
        self.readers: Final[tuple[Reader, ...]] = (self.phones,)
        emission.listen(self._events.kinds)
        emission.listen(self.health.kinds)

    def repeat(self, now: float) -> None:
        """Publish info and health once more, although nothing in them has changed."""
        for topic in (self.info, self.health):
            topic.disconnected()
            topic.synchronised(now)

    def serve(self, requests: Requests, state: State, notifier: Notifier, hints: HintTopics) -> None:
        """Answer `health`, `log_level` and `resend`."""

        def resend(arguments: _Arguments, answer: Answer, now: float) -> None:
            extension = arguments.get("extension")
            wanted = None if extension is None else str(extension)
            if wanted is not None and state.hint(wanted) is None:
                answer(f"there is no hint for {quoted(wanted)}", {})
                return
            watching, published = notifier.resend(wanted, now), hints.repeat(wanted)
            answer("", {"subscriptions": watching, "hints": published})

        requests.serve("health", lambda _arguments, answer, now: answer("", self.health.document(now)))
        requests.serve("log_level", self._set_log_level, chief="level")
        requests.serve("resend", resend, chief="extension")

    def _set_log_level(self, arguments: _Arguments, answer: Answer, _now: float) -> None:
        level = arguments.get("level")
        if not isinstance(level, str):
            answer('name the level: {"level": "debug"}', {})
            return
        try:
            old = self._surroundings.set_log_level(level)
        except ValueError as error:
            answer(str(error), {})
            return
        self.info.refresh()
        answer("", {"old": old, "new": self._surroundings.log_level()})


def _identify(subscription: Subscription) -> str:
    return phone_id(subscription.user, subscription.watcher, subscription.source)


def _describe(subscription: Subscription) -> Seen:
    flow = subscription.flow
    return Seen(
        agent=subscription.agent,
        address=host_port(flow.remote),
        transport=flow.transport,
        user=subscription.user,
        extension=subscription.subject.extension,
        package=subscription.event.package,
        expires_at=subscription.expires_at,
        behind=subscription.behind,
    )
