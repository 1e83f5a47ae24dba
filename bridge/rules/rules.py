"""The rules at work: what MQTT messages say of sensors decides what outputs are.

Messages become values of sensors (`Watch`), a change of a value makes those rules look that read it
(`RuleState`), and their outputs decide (`OutputState`). Nothing is decided before all that is stored
has been read; what is stored is what has been so before we came.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import partial

from bridge.effects import SensorChanged, Warned
from bridge.events import MessageReceived
from bridge.model.facts import Change, FactKey
from bridge.rules.availability import ITSELF
from bridge.rules.condition import Source, View, sources
from bridge.rules.explanation import explain, explain_sensor, refuse
from bridge.rules.index import TopicIndex
from bridge.rules.instance import shown
from bridge.rules.manual import Until
from bridge.rules.options import RuleOptions
from bridge.rules.output_state import Decide, OutputState
from bridge.rules.payload import Payload
from bridge.rules.reader import Reader
from bridge.rules.rule import Rule
from bridge.rules.rule_state import RuleState
from bridge.rules.schedule import Schedule
from bridge.rules.sensor import Sensor, SensorRequest
from bridge.rules.watch import Shift, Watch
from bridge.rules.window import Window
from bridge.service import Context

_Readers = Mapping[Source, Sequence[tuple[OutputState, Sequence[RuleState]]]]


class Rules:
    """All sensors and rules of a configuration; a `Service`, and the arbiter between rules and people."""

    __slots__ = (
        "_emit",
        "_index",
        "_outputs",
        "_readers",
        "_schedule",
        "_started",
        "_synchronised",
        "_view",
        "_wall",
        "_watches",
        "filters",
        "requests",
    )

    def __init__(
        self,
        context: Context,
        sensors: Sequence[Sensor],
        rules: Sequence[Rule],
        options: RuleOptions,
        decide: Decide,
    ) -> None:
        """Rules are in the order of their file. KeyError when one names a sensor that is not there.

        `decide(decision, now)` is called when an output shall be something else than what was decided
        last, and for each output that rules decide whenever a connection has been read.
        """
        self._emit = context.emit
        self._wall = context.wall
        self._started = self._synchronised = False
        self._watches = {s.name: Watch(s, context.timers, self._time_shifted, self._warn) for s in sensors}
        self._index: TopicIndex[tuple[Watch, int, Reader]] = TopicIndex()
        self.filters = tuple(dict.fromkeys(self._enter_readers()))
        self.requests: tuple[SensorRequest, ...] = tuple(r for sensor in sensors for r in sensor.requests)
        self._schedule = Schedule(_windows(rules), context.timers, context.wall, self._clock_shifted)
        self._view = View(self._watches, context.state.facts, self._schedule)
        self._outputs: dict[FactKey, OutputState] = {}
        for rule in rules:
            if rule.output.key not in self._outputs:
                output = OutputState(rule.output, context, options, decide, self._settle)
                self._outputs[rule.output.key] = output
        self._readers: _Readers = {}
        self._enter_rules(context, rules)

    # --- what comes in ---------------------------------------------------------------------------

    def received(self, message: MessageReceived, now: float) -> bool:
        """Read a message; whether any sensor listens to its topic. All that it changes, it changes at once."""
        found = self._index.find(message.topic)
        payload = Payload(message.payload)
        shifts: list[Shift] = []
        for (watch, voice, reader), names in found:
            text = reader.read(payload)
            if text is not None:
                shifts += watch.received(voice, names, text, now, level=message.retained)
        if shifts:
            self._shifted(shifts, now, level=message.retained)
        return bool(found)

    def changed(self, change: Change, now: float) -> None:
        """A fact has changed, which may be a device that rules look at. Without a cause of now it is a level."""
        if change.key in self._readers:
            self._look((change.key,), now, level=change.since is None)

    def synchronised(self, now: float) -> None:
        """All that is stored has been read: decide, and repeat what was decided before.

        Of what was true when we came for the first time, nobody asks how long it has been so.
        """
        self._synchronised = True
        for watch in self._watches.values():
            watch.listen(now)
        if not self._started:
            self._start(now)
        for output in self._outputs.values():
            output.repeat(now)

    def disconnected(self) -> None:
        """Nothing is decided until the next connection has been read; time goes on, but silence is no news."""
        self._synchronised = False
        for watch in self._watches.values():
            watch.listening = False

    # --- between rules and people ----------------------------------------------------------------

    def governs(self, key: FactKey) -> bool:
        """Whether there are rules for this fact."""
        return key in self._outputs

    @property
    def governed(self) -> tuple[str, ...]:
        """The names of all outputs, in the order of the configuration."""
        return tuple(output.output.name for output in self._outputs.values())

    def overridden(self, key: FactKey, until: Until | None, now: float) -> None:
        """Somebody has said something of an output: rules are silent until it ends; None: the configured end.

        A later word takes the place of the one before.
        """
        if key in self._outputs:
            self._outputs[key].override(until, now)

    def released(self, key: FactKey, now: float) -> None:
        """The manual word, if there is one, is taken back: the rules decide anew."""
        if key in self._outputs:
            self._outputs[key].release(now)

    def explain(self, key: FactKey, now: float) -> dict[str, object]:
        """Why an output is what it is: the document of `bridge.rules.explanation`."""
        output = self._outputs.get(key)
        if output is None:
            return refuse(key.name, self.governed)
        return explain(output, self._view, self._wall, now, synchronised=self._synchronised)

    def explain_sensor(self, name: str, now: float) -> dict[str, object] | None:
        """The entry of a sensor in that document; None if there is no such sensor."""
        watch = self._watches.get(name)
        return None if watch is None else explain_sensor(watch, self._wall, now)

    def fed_by(self, sensor: str) -> tuple[FactKey, ...]:
        """The outputs whose rules read a sensor."""
        return tuple(output.output.key for output, _ in self._readers.get(sensor, ()))

    @property
    def sensors(self) -> tuple[str, ...]:
        """The names of all sensors, in the order of the configuration."""
        return tuple(self._watches)

    # --- what follows ----------------------------------------------------------------------------

    def _shifted(self, shifts: Iterable[Shift], now: float, *, level: bool) -> None:
        for shift in shifts:
            if shift.old != shift.new:
                instance = "/".join(shift.instance.key)
                self._emit(SensorChanged(shift.sensor, instance, shown(shift.old), shown(shift.new)))
            if shift.counts:
                for output, _ in self._readers.get(shift.sensor, ()):
                    output.shifted()
        self._look(dict.fromkeys(shift.sensor for shift in shifts), now, level=level)

    def _time_shifted(self, shifts: Collection[Shift], now: float) -> None:
        if shifts:
            self._shifted(shifts, now, level=False)

    def _clock_shifted(self, windows: Iterable[Window], now: float) -> None:
        self._look(windows, now, level=False)

    def _look(self, shifted: Iterable[Source], now: float, *, level: bool) -> None:
        """Let the rules look that depend on what has shifted, and then their outputs decide."""
        outputs: dict[OutputState, None] = {}
        for source in shifted:
            for output, rules in self._readers.get(source, ()):
                outputs[output] = None
                for rule in rules:
                    rule.look(now, level=level)
        for output in outputs:
            self._settle(output, now)

    def _settle(self, output: OutputState, now: float) -> None:
        if self._synchronised:
            output.decide(now)

    def _start(self, now: float) -> None:
        self._started = True
        self._schedule.start(now)
        for output in self._outputs.values():
            for rule in output.rules:
                rule.start(now)
            winner = output.winner()
            if winner is not None:
                winner.recall(self._view.facts.value(output.output.key))

    def _warn(self, text: str) -> None:
        self._emit(Warned(text))

    # --- what is there ---------------------------------------------------------------------------

    def _enter_readers(self) -> Iterator[str]:
        for watch in self._watches.values():
            readers = (watch.sensor.reader, *watch.sensor.availability)
            for voice, reader in enumerate(readers, ITSELF):
                self._index.add(reader.topic, (watch, voice, reader))
                yield reader.topic.mqtt

    def _enter_rules(self, context: Context, rules: Iterable[Rule]) -> None:
        readers: dict[Source, dict[OutputState, list[RuleState]]] = {}
        states: dict[OutputState, list[RuleState]] = {output: [] for output in self._outputs.values()}
        for rule in sorted(rules, key=lambda rule: rule.layer.rank):
            output = self._outputs[rule.output.key]
            state = RuleState(rule, self._view, context, partial(self._settle, output))
            states[output].append(state)
            for source in sources(rule.condition):
                if isinstance(source, str):
                    self._watches[source]  # KeyError
                readers.setdefault(source, {}).setdefault(output, []).append(state)
        for output, of_output in states.items():
            output.rules = tuple(of_output)
        self._readers = {
            source: tuple((output, tuple(of_output)) for output, of_output in by_output.items())
            for source, by_output in readers.items()
        }


def _windows(rules: Iterable[Rule]) -> Iterator[Window]:
    return (source for rule in rules for source in sources(rule.condition) if isinstance(source, Window))
