"""Conversations with the engine: pretended time, pretended phones, no sockets.

play = Playbook("2000 = SIP/2000,CustomPresence:2000")
phone = play.phone()
phone.subscribe("2000")
play.mqtt("presence/2000", "away")
assert phone.notified().presence == ("away", "", "")
"""

import itertools
from dataclasses import replace
from ipaddress import ip_network
from zoneinfo import ZoneInfo

from bridge.composition.arbiter import RulesAsArbiter
from bridge.composition.emission import Emission
from bridge.composition.self_report import ReportOptions, SelfReport
from bridge.effects import BrokerSynchronised, Effect, Publish, Remember, Rewrite, Send, Subscribe
from bridge.engine import Engine
from bridge.events import (
    Address,
    BrokerConnected,
    BrokerDisconnected,
    Event,
    MessageReceived,
    Stopping,
    Wake,
)
from bridge.features.feature_calls import FeatureCalls
from bridge.features.feature_code import FeatureCode
from bridge.memory.memory import Memory
from bridge.model.hint import Hint, parse_hint
from bridge.model.state import State
from bridge.notifier.notifier import Notifier, NotifierOptions
from bridge.notifier.resumption import Terms
from bridge.notifier.teller import StreamTo
from bridge.registrar.interval import Interval
from bridge.registrar.publisher import Publisher, PublisherOptions
from bridge.registrar.registrar import Registrar
from bridge.rules.options import RuleOptions
from bridge.rules.rule import Rule
from bridge.rules.rules import Rules
from bridge.rules.sensor import Sensor
from bridge.service import Context
from bridge.sip.credentials import User
from bridge.sip.endpoint import Endpoint, EndpointOptions
from bridge.sip.gate import Gate, GateOptions
from bridge.timers import Timers
from bridge.topics.access import Access
from bridge.topics.health import Vitals
from bridge.topics.hint_echoes import HintEchoes
from bridge.topics.hints import HintTopics
from bridge.topics.info import Configured
from bridge.topics.kept_facts import KeptFacts
from bridge.topics.presence_events import PresenceEvents
from bridge.topics.readiness import Part, Readiness
from bridge.topics.requests import Requests
from bridge.topics.session import BrokerSession, Link
from bridge.topics.surroundings import Surroundings
from bridge.topics.truth import Truth
from support.context import wall
from support.disk import Disk
from support.phone import Phone

BASE = "presence-bridge"


class Playbook:
    """An engine with everything it needs, at second 1000 of a pretended clock."""

    def __init__(
        self,
        *hints: str | Hint,
        min_interval: float = 0.0,
        trusted: tuple[str, ...] = ("127.0.0.0/8", "::1/128"),
        users: tuple[User, ...] = (),
        gate: GateOptions = GateOptions(),  # noqa: B008 - frozen
        connected: bool = True,
        stream_to: StreamTo = lambda _flow: None,
        interval: Interval = Interval(),  # noqa: B008 - frozen
        accept_register: bool = True,
        accept_publish: bool = True,
        feature_codes: tuple[FeatureCode, ...] = (),
        surroundings: Surroundings = Surroundings(),  # noqa: B008 - frozen
        publish_phones: bool = True,
        disk: Disk | None = None,
        now: float = 1000.0,
        run: int = 0,
        terms: Terms | None = None,
        sensors: tuple[Sensor, ...] = (),
        rules: tuple[Rule, ...] = (),
        rule_options: RuleOptions = RuleOptions(min_interval=0.0),  # noqa: B008 - frozen
        zone: ZoneInfo = ZoneInfo("UTC"),  # noqa: B008 - frozen
        **options: object,
    ) -> None:
        self.now = now
        self.disk = disk
        self.effects: list[Effect] = []
        self.published: dict[str, bytes] = {}
        self.phones: dict[Address, Phone] = {}
        self._run = run
        self._tokens = itertools.count(0xABCDEF + (run << 32))
        timers = Timers()
        emission = Emission(self._emit, lambda: self.engine.now)
        emit = emission.emit
        self.state = State([hint if isinstance(hint, Hint) else _hint(hint) for hint in hints])
        networks = tuple(ip_network(network) for network in trusted)
        self.gate = Gate(replace(gate, networks=networks), users, emit, self._token)
        self.endpoint = Endpoint(
            EndpointOptions(allow_events=("presence",), accept=("application/pidf+xml",)),
            timers,
            self._emit,
            self._token,
            self.gate.admit,
        )
        context = Context(self.state, timers, emit, self._token, wall)
        access = Access(BASE, "user bridge", emit)
        self.truth = Truth(context, BASE, access.unanswered, zone)
        self.rules = Rules(context, sensors, rules, rule_options, self.truth.decide)
        self.truth.heed(RulesAsArbiter(self.rules))
        self.hint_topics = HintTopics(self.state, BASE, emit, timers)
        self.requests = Requests(BASE, emit)
        reported = ReportOptions(
            base_topic=BASE,
            version="1.2.3",
            configured=lambda: Configured(fingerprint="0123456789ab", counts={"hints": len(hints)}),
            publish_phones=publish_phones,
        )
        self._sip_trouble = surroundings.sip_trouble
        vitals = Vitals(
            readiness=self._readiness,
            subscriptions=lambda: len(self.notifier.subscriptions),
            in_flight=lambda: self.endpoint.transactions[0],
            unconverged=self._behind,
            messages_received=lambda: self.session.messages_received,
            last_loss=lambda: self.session.last_loss,
        )
        self.report = SelfReport(reported, surroundings, vitals, timers, wall, emission)
        echoes = HintEchoes(context, BASE, access, lambda: self.rules.filters)
        events = PresenceEvents(context, BASE, self.truth.origin)
        self.session = BrokerSession(
            BASE,
            self.truth,
            self.hint_topics,
            self.requests,
            timers,
            emit,
            self._token,
            access,
            (echoes, events, *self.report.speakers),
            (echoes, *self.report.readers),
            self.rules,
        )
        self.memory = Memory(timers, emit, wall, on=disk is not None)
        self.kept_facts = KeptFacts(self.memory, self.truth)
        self.notifier = Notifier(
            context,
            self.endpoint,
            NotifierOptions(min_interval=min_interval, **options),
            self.hint_topics.watchers,
            self.report.phones,
            self.memory,
            stream_to,
        )
        emission.listen({BrokerSynchronised: lambda _, now: self.notifier.synchronised(now)})
        if accept_register:
            self.registrar = Registrar(context, self.endpoint, interval)
        options_of_publish = PublisherOptions(interval, accept_publish)
        self.publisher = Publisher(context, self.endpoint, options_of_publish, self.truth.claims)
        if feature_codes:
            FeatureCalls(
                context,
                self.endpoint,
                feature_codes,
                self.truth,
                lambda: self.session.link is Link.SYNCHRONISED,
            )
        self._given_back = 0
        self.timers = timers
        self.report.serve(self.requests, self.state, self.notifier, self.hint_topics)
        self.engine = Engine(
            timers,
            self.session,
            self.endpoint,
            self.notifier,
            self.memory,
            [self.hint_topics, self.rules, events],
        )
        if disk is not None:
            self._resume(disk, terms or Terms(lambda flow: flow, self.gate.recognise))
        if connected:
            self.connect()

    def restart(self, *hints: str | Hint, down: float = 1.0, **options: object) -> "Playbook":
        """kill -9, and after some seconds another run with the same disk; what differs from the default is named."""
        disk = self.disk.replaced()
        again = Playbook(*hints, disk=disk, now=self.now + down, run=self._run + 1, **options)
        again.phones = self.phones
        for phone in self.phones.values():
            phone.play = again
        return again

    def _resume(self, disk: Disk, terms: Terms) -> None:
        self.kept_facts.resume(disk.facts, self.now)
        self.resumed = self.notifier.resume(dict(disk.subscriptions), terms, self.now)
        self.memory.watch_clock(self.now)

    # --- what happens ---

    def feed(self, event: Event) -> None:
        """One event, and all the work that it queued."""
        self.engine.handle(event, self.now)
        self.settle()

    def settle(self) -> None:
        """Do what is due now."""
        for _ in range(100_000):
            deadline = self.engine.deadline()
            if deadline is not None and deadline <= self.now:
                self.engine.handle(Wake(), self.now)
            elif self.disk is not None and self.disk.has_work and not self.disk.slow:
                self.engine.handle(self.disk.commit(), self.now)
            else:
                return
        raise AssertionError("the engine does not come to rest")

    def advance(self, seconds: float) -> None:
        """Let time pass, waking the engine whenever it asked for it."""
        end = self.now + seconds
        while (deadline := self.engine.deadline()) is not None and deadline <= end:
            self.now = max(self.now, deadline)
            self.engine.handle(Wake(), self.now)
            if self.disk is not None:
                self.settle()
        self.now = end

    def connect(self) -> None:
        """The broker accepts us and gives back the sentinel."""
        self.feed(BrokerConnected())
        self.sync()

    def sync(self) -> None:
        """The sentinel comes back: everything retained has been read. The one hint that we wait for follows."""
        sentinel = [e for e in self.effects if isinstance(e, Publish) and "/bridge/sync/" in e.topic][-1]
        self.feed(MessageReceived(sentinel.topic, sentinel.payload, retained=False, at=self.now))
        for topic in self.subscribed():
            if topic.startswith(f"{BASE}/hint/") and topic in self.published:
                self.feed(MessageReceived(topic, self.published[topic], retained=False, at=self.now))

    def disconnect(self, reason: str = "gone") -> None:
        """The broker is lost."""
        self.feed(BrokerDisconnected(reason))

    def mqtt(self, topic: str, payload: str | bytes, *, retained: bool = False) -> None:
        """A message under the base topic."""
        data = payload.encode() if isinstance(payload, str) else payload
        self.feed(MessageReceived(f"{BASE}/{topic}", data, retained, self.now))

    def feed_sensor(self, topic: str, payload: str, *, retained: bool = False) -> None:
        """A message of somebody else's topic."""
        self.feed(MessageReceived(topic, payload.encode(), retained, self.now))

    def give_back(self) -> None:
        """The broker gives back what was written to truth topics since the last time."""
        while self._given_back < len(self.effects):
            effect = self.effects[self._given_back]
            self._given_back += 1
            if isinstance(effect, Publish) and effect.topic.startswith(
                (f"{BASE}/presence/", f"{BASE}/device/")
            ):
                self.feed(MessageReceived(effect.topic, effect.payload, retained=False, at=self.now))

    def stop(self) -> None:
        """The process is asked to end."""
        self.feed(Stopping())

    # --- what is seen ---

    def phone(self, host: str = "127.0.0.1", port: int = 0, **traits: object) -> "Phone":
        """A pretended Digium phone at an address of its own."""
        address = Address(host, port or 40_000 + len(self.phones))
        self.phones[address] = phone = Phone(self, address, **traits)
        return phone

    def of(self, kind: type) -> list:
        """The effects of one kind so far."""
        return [effect for effect in self.effects if type(effect) is kind]

    def timers_left(self) -> int:
        """How many timers wait beside those that only run while there is a broker, which is lost now."""
        self.disconnect()
        return len(self.timers)

    def subscribed(self) -> tuple[str, ...]:
        """The MQTT filters of the last connection."""
        return self.of(Subscribe)[-1].filters

    def _behind(self, now: float) -> tuple[int, float]:
        return self.notifier.behind(now)

    def _emit(self, effect: Effect) -> None:
        self.effects.append(effect)
        if isinstance(effect, Remember | Rewrite) and self.disk is not None:
            self.disk.put(effect)
        if isinstance(effect, Publish) and effect.retain:
            self.published[effect.topic] = effect.payload
        if isinstance(effect, Send) and (phone := self.phones.get(effect.flow.remote)):
            phone.received.append(effect.data)

    def _token(self) -> str:
        return f"{next(self._tokens):016x}"

    def _readiness(self) -> Readiness:
        trouble = self._sip_trouble()
        synchronised = self.session.link is Link.SYNCHRONISED
        return Readiness(Part(synchronised, ""), Part(not trouble, trouble), Part(ok=True, why="off"))


def _hint(text: str):
    extension, _, hint = text.partition(" = ")
    return parse_hint(extension, hint)
