"""The pure parts, put together for one configuration: no socket, no clock, no thread."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from bridge import __version__
from bridge.asterisk.kept import TABLE as ASTERISK
from bridge.asterisk.link import AsteriskLink
from bridge.composition.arbiter import RulesAsArbiter
from bridge.composition.emission import Emission
from bridge.composition.house import home_assistant
from bridge.composition.options import (
    AGENT,
    account,
    admission,
    configured,
    governed_providers,
    home_options,
    interval,
    notifying,
    publishing,
)
from bridge.composition.pbx import beside
from bridge.composition.self_report import ReportOptions, SelfReport
from bridge.config import MqttSettings, Settings
from bridge.config.insecurity import insecure
from bridge.config.provisioning import listed
from bridge.effects import BrokerSynchronised, Emit, StoreResumed
from bridge.engine import Engine
from bridge.features.feature_calls import FeatureCalls
from bridge.homeassistant.home import Showing, showing
from bridge.memory.memory import Memory
from bridge.model.hint import Hint
from bridge.model.state import State
from bridge.notifier.checksync import CheckSync, Place
from bridge.notifier.notifier import Notifier
from bridge.notifier.packages import PACKAGES
from bridge.notifier.resumption import EXPIRED, Terms, Way
from bridge.notifier.rows import TABLE as SUBSCRIPTIONS
from bridge.notifier.teller import StreamTo
from bridge.phones.roster import find_phone
from bridge.pidf import CONTENT_TYPE as PIDF
from bridge.registrar.publisher import Publisher
from bridge.registrar.registrar import Registrar
from bridge.rules.question import Explanations
from bridge.rules.rules import Rules
from bridge.service import Context
from bridge.sip.endpoint import Endpoint, EndpointOptions
from bridge.sip.gate import Gate
from bridge.status.board import Board
from bridge.status.status import Sources, Status
from bridge.timers import Timers
from bridge.topics.access import Access
from bridge.topics.health import Vitals
from bridge.topics.hint_echoes import HintEchoes
from bridge.topics.hints import HintTopics
from bridge.topics.info import Configured
from bridge.topics.kept_facts import TABLE as FACTS
from bridge.topics.kept_facts import KeptFacts
from bridge.topics.presence_events import PresenceEvents
from bridge.topics.readiness import Part, Readiness
from bridge.topics.requests import Answer, Requests
from bridge.topics.session import BrokerSession, Link
from bridge.topics.surroundings import Surroundings
from bridge.topics.traces import Traces
from bridge.topics.truth import Truth


def nothing_to_read(answer: Answer) -> None:
    """What there is to say where no file can be read anew."""
    answer("this bridge was not started from a file", {})


@dataclass(frozen=True, slots=True)
class Outside:
    """What the pure parts are given from outside.

    `emit`, `token` and `wall` are those of `Context`; `stream_to` is that of the teller.
    `surroundings` is what the bridge says of itself and cannot know here. `store`: there is one, that
    what must outlive the process is emitted for. `reload` is told who asks for the configuration to be
    read anew.
    """

    emit: Emit
    token: Callable[[], str]
    wall: Callable[[float], float]
    stream_to: StreamTo
    surroundings: Surroundings = field(default_factory=Surroundings)
    store: bool = False
    reload: Callable[[Answer], None] = nothing_to_read


class Core:
    """The engine, and those of its parts that are asked for what they know."""

    def __init__(self, settings: Settings, outside: Outside) -> None:
        emission = Emission(outside.emit, lambda: self.engine.now)
        emit, token = emission.emit, outside.token
        self._emit = outside.emit
        self._settings = settings
        self._configured = configured(settings)
        self._imported: tuple[Hint, ...] = ()
        self._sip_trouble = outside.surroundings.sip_trouble
        timers = Timers()

        # What is known.
        self.state = State(settings.parsed_hints)
        context = Context(self.state, timers, emit, token, outside.wall)
        self.memory = Memory(timers, emit, outside.wall, on=outside.store)

        # What is heard: MQTT.
        base = settings.base_topic
        access = Access(base, account(settings), emit)
        options = settings.rule_options
        self._truth = truth = Truth(context, base, access.unanswered, options.zone)
        self._rules = rules = Rules(
            context, settings.parsed_sensors, settings.parsed_rules, options.parsed, truth.decide
        )
        truth.heed(RulesAsArbiter(rules))
        self._facts = KeptFacts(self.memory, truth)
        self._hint_topics = hint_topics = HintTopics(self.state, base, emit, timers)
        requests = Requests(base, emit)
        self.asterisk = (
            None
            if settings.asterisk is None
            else AsteriskLink(context, beside(settings.asterisk), truth, self.memory, self._import_hints)
        )
        pbx = () if self.asterisk is None else (self.asterisk,)
        self._report = report = SelfReport(
            self._reported(),
            outside.surroundings,
            self._vitals(),
            timers,
            outside.wall,
            emission,
            lambda: rules.filters,
        )
        self._echoes = echoes = HintEchoes(context, base, access, lambda: rules.filters)
        presence_events = PresenceEvents(context, base, truth.origin)
        self._home = home = home_assistant(
            settings, context, hint_topics, report, echoes.tidy, access.unanswered
        )
        self.session = BrokerSession(
            base,
            truth,
            hint_topics,
            requests,
            timers,
            emit,
            token,
            access,
            (echoes, presence_events, *report.speakers, home, *pbx),
            (echoes, *report.readers, home),
            rules,
        )

        # What is spoken: SIP.
        sip = settings.sip
        self._gate = Gate(admission(settings), sip.parsed_users, emit, token)
        self.endpoint = Endpoint(
            EndpointOptions(tuple(PACKAGES), (PIDF,), AGENT),
            timers,
            outside.emit,  # nobody inside listens for what it emits with each message
            token,
            self._gate.admit,
        )
        self.notifier = Notifier(
            context,
            self.endpoint,
            notifying(settings),
            hint_topics.watchers,
            report.phones,
            self.memory,
            outside.stream_to,
        )
        self._publisher = Publisher(context, self.endpoint, publishing(settings), truth.claims)
        self._registrar = Registrar(context, self.endpoint, interval(settings), accepted=sip.accept_register)
        self._feature_calls = FeatureCalls(
            context, self.endpoint, sip.parsed_feature_codes, truth, self.is_synchronised
        )
        checksync = CheckSync(
            context,
            self.endpoint,
            AGENT,
            find=lambda target: find_phone(target, listed(self._settings)),
            subscriptions=lambda: self.notifier.subscriptions,
            registered=self._registered,
        )
        requests.serve("reload", lambda _arguments, answer, _now: outside.reload(answer))
        requests.serve("resync", checksync.requested, chief="phone")
        traces = Traces(base, timers, outside.wall, token, emit, outside.surroundings.tap)
        requests.serve("trace", traces.requested, chief="phone")
        explanations = Explanations(self.state, rules)
        requests.serve("explain", explanations.requested, chief="name")
        report.serve(requests, self.state, self.notifier, hint_topics)

        # What is shown.
        board = Board(self.state, self.is_synchronised, outside.wall)
        emission.listen(board.kinds)
        emission.listen({BrokerSynchronised: lambda _, now: self.notifier.synchronised(now)})
        self.status = Status(
            Sources(
                state=self.state,
                notifier=self.notifier,
                board=board,
                wall=outside.wall,
                origin=truth.origin,
                info=report.info.document,
                health=report.health.document,
                explanations=explanations,
                obey=truth.obey,
                is_synchronised=self.is_synchronised,
            )
        )

        self.engine = Engine(
            timers,
            self.session,
            self.endpoint,
            self.notifier,
            self.memory,
            [hint_topics, rules, presence_events, home, board, *pbx],
            {} if self.asterisk is None else self.asterisk.handlers,
        )

    def resume(
        self, content: Mapping[str, Mapping[str, str]], home: Way, now: float, kept: Way = lambda _flow: None
    ) -> None:
        """Go on where an earlier run ended: `content` is what the store holds, `home` and `kept` as in `Terms`."""
        facts = self._facts.resume(content.get(FACTS, {}), now)
        if self.asterisk is not None:
            self._imported = self.asterisk.resume(content.get(ASTERISK, {}))
            self.state.replace_hints(self._hints())
            self._home.replace(self._shown(), now)
        terms = Terms(home, self._gate.recognise, kept)
        outcomes = self.notifier.resume(content.get(SUBSCRIPTIONS, {}), terms, now)
        resumed, expired = outcomes.pop(None, 0), outcomes.pop(EXPIRED, 0)
        if facts or resumed or expired or outcomes:
            dropped = {str(reason): count for reason, count in outcomes.items()}
            self._emit(StoreResumed(resumed, facts, expired, dropped))
        self.memory.watch_clock(now)

    def reload(self, settings: Settings, said: Configured, shown: Showing, now: float) -> None:
        """Go on with other settings, of which everything is known to be right; between two events.

        What only a restart can change is in them as it was (`bridge.config.reload`). `said` and `shown` are
        made of the same settings, for the bridge to say and for Home Assistant to see. Facts stay.
        """
        self._settings, self._configured = settings, said
        read_before = self.session.filters
        sip, hints = settings.sip, self.state.replace_hints(self._hints())
        # Who is let in, and for what.
        self._gate.replace(admission(settings), sip.parsed_users)
        self._publisher.replace(publishing(settings))
        self._registrar.replace(interval(settings), accepted=sip.accept_register)
        self._feature_calls.replace(sip.parsed_feature_codes)
        # Who watches.
        self.notifier.replace(notifying(settings), hints, self._gate.recognise, now)
        self._hint_topics.replaced(hints)
        self._echoes.gone(hints.removed)
        self.status.board.replaced(hints, now)
        # What decides: no rule before what people have said of its output is known.
        options = settings.rule_options
        rules = self._rules.replace(settings.parsed_sensors, settings.parsed_rules, options.parsed, now)
        self._truth.regard(options.zone, rules.gained, rules.lost, now)
        self._rules.settle(now)
        # What is shown and read.
        self._home.replace(self._shown() if self._imported else shown, now)
        self.session.reread(read_before, rules.filters, rules.requests)
        self._report.info.refresh()

    def _import_hints(self, hints: tuple[Hint, ...], now: float) -> None:
        """Go on with these hints of Asterisk beside those of the configuration, which go before them."""
        self._imported = hints
        read_before = self.session.filters
        replaced = self.state.replace_hints(self._hints())
        settings = self._settings
        self.notifier.replace(notifying(settings), replaced, self._gate.recognise, now)
        self._feature_calls.replace(settings.sip.parsed_feature_codes)
        self._hint_topics.replaced(replaced)
        self._echoes.gone(replaced.removed)
        self._home.replace(self._shown(), now)
        self.session.reread(read_before, (), ())

    def _hints(self) -> tuple[Hint, ...]:
        """Those of the configuration, and those of Asterisk."""
        own = self._settings.parsed_hints
        known = {hint.extension for hint in own}
        return (*own, *(hint for hint in self._imported if hint.extension not in known))

    def _shown(self) -> Showing:
        return showing(home_options(self._settings), self._hints(), governed_providers(self._settings))

    def is_synchronised(self) -> bool:
        """Whether all that the broker retains is known."""
        return self.session.link is Link.SYNCHRONISED

    def readiness(self) -> Readiness:
        """How the parts are. May be asked in any thread."""
        trouble = self._sip_trouble()
        return Readiness(
            mqtt=Part(self.is_synchronised(), self._broker()),
            sip=Part(not trouble, trouble or "served"),
            store=Part(not self.memory.trouble, self.memory.health),
            asterisk=None if self.asterisk is None else Part(*self.asterisk.health),
        )

    def _reported(self) -> ReportOptions:
        mqtt = self._settings.mqtt or MqttSettings()
        return ReportOptions(
            base_topic=self._settings.base_topic,
            version=__version__,
            configured=lambda: self._configured,
            health_interval=mqtt.health_interval_seconds,
            publish_phones=mqtt.publish_phones,
        )

    def _broker(self) -> str:
        if self.session.link is Link.DOWN:
            loss = self.session.last_loss
            return "not connected yet" if loss is None else loss.reason
        return "synchronised" if self.is_synchronised() else "what it retains is being read"

    def _vitals(self) -> Vitals:
        return Vitals(
            readiness=self.readiness,
            subscriptions=lambda: len(self.notifier),
            in_flight=lambda: self.endpoint.transactions[0],
            unconverged=self._behind,
            messages_received=lambda: self.session.messages_received,
            last_loss=lambda: self.session.last_loss,
            insecure=lambda: insecure(self._settings),
        )

    def _behind(self, now: float) -> tuple[int, float]:
        return self.notifier.behind(now)

    def _registered(self, user: str) -> Iterator[Place]:
        """Where a user's phones have registered from."""
        for binding in self._registrar.bindings.of(user):
            yield Place(binding.flow, str(binding.uri))
