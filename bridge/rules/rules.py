"""The rules at work: what MQTT messages say of sensors decides what outputs are.

Messages become values of sensors (`Watch`), a change of a value makes those rules look that read it
(`RuleState`), and their outputs decide (`OutputState`). Nothing is decided before all that is stored
has been read; what is stored is what has been so before we came.
"""

from collections import defaultdict, deque
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import NamedTuple

from bridge.effects import SensorChanged, Warned
from bridge.events import MessageReceived
from bridge.model.facts import Change, FactKey
from bridge.rules.availability import ITSELF
from bridge.rules.condition import Condition, Source, View, sources
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


class RulesReplaced(NamedTuple):
    """What became of them. `filters` and `requests` are those of sensors that are new, or other than before.

    `gained`, `lost`: the outputs that rules decide on now, and did not before, or do not any more.
    """

    filters: tuple[str, ...]
    requests: tuple[SensorRequest, ...]
    gained: Mapping[FactKey, str]
    lost: tuple[FactKey, ...]


class Rules:
    """All sensors and rules of a configuration; a `Service`, and the arbiter between rules and people."""

    __slots__ = (
        "_context",
        "_decide",
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
        self._context = context
        self._decide = decide
        self._emit = context.emit
        self._wall = context.wall
        self._started = self._synchronised = False
        self._watches: dict[str, Watch] = {}
        self._outputs: dict[FactKey, OutputState] = {}
        self._enter_sensors(sensors)
        self._schedule = Schedule(_windows(rules), context.timers, context.wall, self._clock_shifted)
        self._view = View(self._watches, context.state.facts, self._schedule)
        self._enter_outputs(rules, options)
        self._enter_rules(rules)

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

    # --- another configuration -------------------------------------------------------------------

    def replace(
        self, sensors: Sequence[Sensor], rules: Sequence[Rule], options: RuleOptions, now: float
    ) -> RulesReplaced:
        """Go on with these; to be followed by `settle`, when the manual words of new outputs are told.

        A sensor that is what it was keeps its values and all that waits. So does a rule whose condition
        is what it was; and an output its manual word and its last decision. What a new rule finds true
        has been so before, as at the start.
        """
        before = frozenset(self._outputs)
        watches = self._enter_sensors(sensors)
        self._schedule.replace(_windows(rules), now)
        lost = self._enter_outputs(rules, options)
        fresh = self._enter_rules(rules)
        if self._synchronised:
            for watch in watches:
                watch.listen(now)
        if self._started:
            self._begin(fresh, now)
        return RulesReplaced(
            filters=tuple(_filters(watch.sensor for watch in watches)),
            requests=tuple(request for watch in watches for request in watch.sensor.requests),
            gained={key: out.output.name for key, out in self._outputs.items() if key not in before},
            lost=lost,
        )

    def settle(self, now: float) -> None:
        """Let every output decide, if it is time to."""
        for output in self._outputs.values():
            self._settle(output, now)

    # --- between rules and people ----------------------------------------------------------------

    def governs(self, key: FactKey) -> bool:
        """Whether there are rules for this fact."""
        return key in self._outputs

    @property
    def governed(self) -> tuple[str, ...]:
        """The names of all outputs, in the order of the configuration."""
        return tuple(output.output.name for output in self._outputs.values())

    def overridden(self, key: FactKey, until: Until | None, said_at: float, now: float) -> None:
        """Somebody has said something of an output: rules are silent until it ends; None: the configured end.

        `said_at`, in Unix seconds, may lie before a restart. A later word takes the place of the one before.
        """
        if key in self._outputs:
            self._outputs[key].override(until, said_at, now)

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
        self._begin({rule for output in self._outputs.values() for rule in output.rules}, now)

    def _begin(self, fresh: Collection[RuleState], now: float) -> None:
        """Let all rules look at what is there; those that are new do so for the first time."""
        for output in self._outputs.values():
            for rule in output.rules:
                rule.start(now)
            winner = output.winner()
            if winner is not None and winner in fresh:
                winner.recall(self._view.facts.value(output.output.key))

    def _warn(self, text: str) -> None:
        self._emit(Warned(text))

    # --- what is there ---------------------------------------------------------------------------

    def _enter_sensors(self, sensors: Sequence[Sensor]) -> Sequence[Watch]:
        """Watch these, and return the watches that are new: those of sensors that are not what they were."""
        old, fresh = {**self._watches}, []
        # The view has this table.
        self._watches.clear()
        self._index: TopicIndex[tuple[Watch, int, Reader]] = TopicIndex()
        for sensor in sensors:
            watch = old.get(sensor.name)
            if watch is None or watch.sensor != sensor:
                watch = Watch(sensor, self._context.timers, self._time_shifted, self._warn)
                fresh.append(watch)
            else:
                del old[sensor.name]
            self._watches[sensor.name] = watch
            for voice, reader in enumerate(sensor.readers, ITSELF):
                self._index.add(reader.topic, (watch, voice, reader))
        for watch in old.values():
            watch.stop()
        self.filters = tuple(dict.fromkeys(_filters(sensors)))
        self.requests = tuple(request for sensor in sensors for request in sensor.requests)
        return fresh

    def _enter_outputs(self, rules: Sequence[Rule], options: RuleOptions) -> tuple[FactKey, ...]:
        """Have the outputs of these rules; return those that there are no rules for any more."""
        old = {**self._outputs}
        self._outputs.clear()
        for rule in rules:
            key = rule.output.key
            if key in self._outputs:
                continue
            output = old.pop(key, None)
            if output is None:
                output = OutputState(rule.output, self._context, options, self._decide, self._settle)
            output.replace(rule.output, options)
            self._outputs[key] = output
        for output in old.values():
            output.stop()
        return tuple(old)

    def _enter_rules(self, rules: Sequence[Rule]) -> Collection[RuleState]:
        """Have these rules, and return those that are new; one goes on where its output has its condition."""
        fresh: set[RuleState] = set()
        readers: dict[Source, dict[OutputState, list[RuleState]]] = {}
        states: dict[OutputState, list[RuleState]] = {output: [] for output in self._outputs.values()}
        known = {output: _by_condition(output.rules) for output in states}
        for rule in sorted(rules, key=lambda rule: rule.layer.rank):
            output = self._outputs[rule.output.key]
            same = known[output][rule.condition]
            if same:
                state = same.popleft()
                state.replace(rule)
            else:
                state = RuleState(rule, self._view, self._context, partial(self._settle, output))
                fresh.add(state)
            states[output].append(state)
            for source in sources(rule.condition):
                if isinstance(source, str):
                    self._watches[source]  # KeyError
                readers.setdefault(source, {}).setdefault(output, []).append(state)
        for gone in (
            state for of_output in known.values() for of_one in of_output.values() for state in of_one
        ):
            gone.stop()
        for output, of_output in states.items():
            output.rules = tuple(of_output)
        self._readers: _Readers = {
            source: tuple((output, tuple(of_output)) for output, of_output in by_output.items())
            for source, by_output in readers.items()
        }
        return fresh


def _windows(rules: Iterable[Rule]) -> Iterator[Window]:
    return (source for rule in rules for source in sources(rule.condition) if isinstance(source, Window))


def _filters(sensors: Iterable[Sensor]) -> Iterator[str]:
    return (reader.topic.mqtt for sensor in sensors for reader in sensor.readers)


def _by_condition(states: Iterable[RuleState]) -> dict[Condition, deque[RuleState]]:
    found: dict[Condition, deque[RuleState]] = defaultdict(deque)
    for state in states:
        found[state.rule.condition].append(state)
    return found
