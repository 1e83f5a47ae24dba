"""Conversations with the engine: pretended time, pretended phones, no sockets.

play = Playbook("2000 = SIP/2000,CustomPresence:2000")
phone = play.phone()
phone.subscribe("2000")
play.mqtt("presence/2000", "away")
assert phone.notified().presence == ("away", "", "")
"""

import itertools
from zoneinfo import ZoneInfo

from bridge.composition.core import Core, Outside
from bridge.config import Settings
from bridge.effects import Effect, Publish, Remember, Rewrite, Send, Subscribe
from bridge.events import (
    Address,
    BrokerConnected,
    BrokerDisconnected,
    Event,
    MessageReceived,
    Stopping,
    Wake,
)
from bridge.features.feature_code import FeatureCode
from bridge.model.hint import Hint, parse_hint
from bridge.notifier.capacity import Limits
from bridge.notifier.profiles import Profiles
from bridge.notifier.resumption import Terms
from bridge.notifier.teller import StreamTo
from bridge.rules.options import RuleOptions
from bridge.rules.rule import Rule
from bridge.rules.sensor import Sensor
from bridge.sip.credentials import User
from bridge.sip.gate import GateOptions
from bridge.topics.surroundings import Surroundings
from support.context import wall
from support.disk import Disk
from support.phone import Phone

BASE = "presence-bridge"


class Playbook:
    """The whole of the pure parts, at second 1000 of a pretended clock. Home Assistant is told nothing.

    What a configuration would say is given parsed, where it has been.
    """

    def __init__(
        self,
        *hints: str | Hint,
        min_interval: float = 0.0,
        min_expires: int = 10,
        max_expires: int = 3600,
        limits: Limits = Limits(),  # noqa: B008 - frozen
        profiles: Profiles | None = None,
        trusted: tuple[str, ...] = ("127.0.0.0/8", "::1/128"),
        users: tuple[User, ...] = (),
        gate: GateOptions = GateOptions(),  # noqa: B008 - frozen
        connected: bool = True,
        stream_to: StreamTo = lambda _flow: None,
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
    ) -> None:
        self.now = now
        self.disk = disk
        self.effects: list[Effect] = []
        self.published: dict[str, bytes] = {}
        self.phones: dict[Address, Phone] = {}
        self._run = run
        self._tokens = itertools.count(0xABCDEF + (run << 32))
        settings = Settings.model_validate(
            {
                "mqtt": {"username": "bridge", "publish_phones": publish_phones},
                "homeassistant": {"discovery": "off"},
                "rule_options": {
                    "min_interval_seconds": rule_options.min_interval,
                    "manual_until": rule_options.manual_until,
                },
                "sip": {
                    "trusted_networks": trusted,
                    "realm": gate.realm,
                    "digest_algorithms": gate.algorithms,
                    "digest_md5_only": gate.md5_only,
                    "digest_without_qop": gate.without_qop,
                    "notify_min_interval_seconds": min_interval,
                    "min_expires_seconds": min_expires,
                    "max_expires_seconds": max_expires,
                    "max_subscriptions": limits.subscriptions,
                    "max_subscriptions_per_source": limits.per_source,
                    "max_subscriptions_per_watcher": limits.per_watcher,
                    "accept_register": accept_register,
                    "accept_publish": accept_publish,
                },
            }
        )
        _preset(
            settings,
            parsed_hints=tuple(hint if isinstance(hint, Hint) else _hint(hint) for hint in hints),
            parsed_sensors=sensors,
            parsed_rules=rules,
        )
        _preset(settings.rule_options, zone=zone)
        _preset(settings.sip, parsed_users=users, parsed_feature_codes=feature_codes)
        if profiles is not None:
            _preset(settings.sip, parsed_profiles=profiles)
        outside = Outside(
            self._emit, self._token, wall, stream_to, surroundings=surroundings, store=disk is not None
        )
        self.core = core = Core(settings, outside)
        self.state, self.engine, self.session = core.state, core.engine, core.session
        self.endpoint, self.notifier, self.memory = core.endpoint, core.notifier, core.memory
        self.gate, self.truth, self.rules = core._gate, core._truth, core._rules
        self.publisher, self.registrar, self.kept_facts = core._publisher, core._registrar, core._facts
        self.report, self.requests, self.timers = core._report, core.session._requests, core.engine._timers
        self._given_back = 0
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


def _preset(settings: object, **parsed: object) -> None:
    """What its cached properties say, though no text says so."""
    vars(settings).update(parsed)


def _hint(text: str):
    extension, _, hint = text.partition(" = ")
    return parse_hint(extension, hint)
