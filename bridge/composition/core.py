"""The pure parts, put together for one configuration: no socket, no clock, no thread."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from bridge import __version__
from bridge.config import Settings
from bridge.config.provisioning import listed
from bridge.effects import Emit
from bridge.engine import Engine
from bridge.features.feature_calls import FeatureCalls
from bridge.model.state import State
from bridge.notifier.capacity import Limits
from bridge.notifier.checksync import CheckSync, Place
from bridge.notifier.notifier import Notifier, NotifierOptions
from bridge.notifier.packages import PACKAGES
from bridge.notifier.teller import StreamTo
from bridge.phones.roster import find_phone
from bridge.pidf import CONTENT_TYPE as PIDF
from bridge.registrar.interval import Interval
from bridge.registrar.publisher import Publisher, PublisherOptions
from bridge.registrar.registrar import Registrar
from bridge.service import Context
from bridge.sip.endpoint import Endpoint, EndpointOptions
from bridge.sip.gate import Gate, GateOptions
from bridge.timers import Timers
from bridge.topics.hints import HintTopics
from bridge.topics.requests import Requests
from bridge.topics.session import BrokerSession, Link
from bridge.topics.truth import Truth

AGENT = f"Presence Bridge/{__version__}"


@dataclass(frozen=True, slots=True)
class Outside:
    """What the pure parts are given from outside.

    `emit`, `token` and `wall` are those of `Context`; `stream_to` is that of the teller.
    """

    emit: Emit
    token: Callable[[], str]
    wall: Callable[[float], float]
    stream_to: StreamTo


class Core:
    """The engine, and those of its parts that are asked for what they know."""

    def __init__(self, settings: Settings, outside: Outside) -> None:
        emit, token = outside.emit, outside.token
        timers = Timers()

        # What is known.
        self.state = State(settings.parsed_hints)
        context = Context(self.state, timers, emit, token, outside.wall)

        # What is heard: MQTT.
        base = settings.base_topic
        truth = Truth(self.state, base, emit)
        hint_topics = HintTopics(self.state, base, emit, timers)
        requests = Requests(base, emit)
        self.session = BrokerSession(base, truth, hint_topics, requests, timers, emit, token)

        # What is spoken: SIP.
        sip = settings.sip
        self.endpoint = Endpoint(
            EndpointOptions(tuple(PACKAGES), (PIDF,), AGENT),
            timers,
            emit,
            token,
            Gate(_admission(settings), sip.parsed_users, emit, token).admit,
        )
        self.notifier = Notifier(
            context, self.endpoint, _pace(settings), hint_topics.watchers, outside.stream_to
        )
        interval = Interval(sip.min_expires_seconds, sip.max_expires_seconds)
        self._publisher = Publisher(
            context, self.endpoint, PublisherOptions(interval, sip.accept_publish), truth.claims
        )
        self._registrar = Registrar(context, self.endpoint, interval) if sip.accept_register else None
        if codes := sip.parsed_feature_codes:
            FeatureCalls(context, self.endpoint, codes, truth, self.is_synchronised)
        phones = listed(settings)
        checksync = CheckSync(
            context,
            self.endpoint,
            AGENT,
            find=lambda target: find_phone(target, phones),
            subscriptions=lambda: self.notifier.subscriptions,
            registered=self._registered,
        )
        requests.serve("resync", checksync.requested)

        self.engine = Engine(timers, self.session, self.endpoint, self.notifier, [hint_topics])

    def is_synchronised(self) -> bool:
        """Whether all that the broker retains is known."""
        return self.session.link is Link.SYNCHRONISED

    def _registered(self, user: str) -> Iterator[Place]:
        """Where a user's phones have registered from."""
        if self._registrar is not None:
            for binding in self._registrar.bindings.of(user):
                yield Place(binding.flow, str(binding.uri))


def _pace(settings: Settings) -> NotifierOptions:
    sip = settings.sip
    return NotifierOptions(
        sip.min_expires_seconds,
        sip.max_expires_seconds,
        sip.notify_min_interval_seconds,
        AGENT,
        Limits(sip.max_subscriptions, sip.max_subscriptions_per_source),
        sip.parsed_profiles,
    )


def _admission(settings: Settings) -> GateOptions:
    sip = settings.sip
    return GateOptions(
        sip.networks, sip.realm, sip.offered_algorithms, sip.lowered_md5_only, sip.digest_without_qop
    )
