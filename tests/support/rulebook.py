"""Sensors and rules at work, in pretended time: no broker, no engine.

book = Rulebook(sensor("door"), rules=[rule("door", {"door": "closed"}, "dnd,,Door closed")])
book.synchronise()
book.say("door", "closed")
assert book.decided == [("2000", "dnd,,Door closed", "door")]
"""

from collections.abc import Mapping, Sequence
from zoneinfo import ZoneInfo

from bridge.effects import Effect, Warned
from bridge.events import MessageReceived
from bridge.model.device import DeviceState
from bridge.model.facts import FactKey, device_key, device_path, presence_key
from bridge.model.presence import parse_presence
from bridge.model.state import State
from bridge.rules.condition import AllOf, Comparison, Condition
from bridge.rules.decision import Decision
from bridge.rules.layer import Layer
from bridge.rules.manual import Until
from bridge.rules.options import RuleOptions
from bridge.rules.output_state import in_words
from bridge.rules.reader import Reader
from bridge.rules.rule import Output, Rule, natural_layer
from bridge.rules.rules import Rules, RulesReplaced
from bridge.rules.sensor import Sensor
from bridge.rules.template import PresenceTemplate, Template
from bridge.service import Context
from bridge.timers import Timers

EPOCH = 1_795_000_000.0  # 2026-11-18 11:06:40 UTC, a Wednesday
UTC = ZoneInfo("UTC")
BERLIN = ZoneInfo("Europe/Berlin")
ALICE = presence_key("2000")


class Rulebook:
    """Rules at second 1000 of a pretended clock, not synchronised yet."""

    def __init__(self, *sensors: Sensor, rules: Sequence[Rule] = (), **options: object) -> None:
        self.now = 1000.0
        self.ahead = EPOCH
        self.effects: list[Effect] = []
        self.decisions: list[tuple[float, Decision]] = []
        self.timers = Timers()
        self.state = State(())
        context = Context(self.state, self.timers, self.effects.append, lambda: "0", self.wall)
        self.rules = Rules(
            context,
            sensors,
            rules,
            RuleOptions(**({"min_interval": 0.0} | options)),
            lambda decision, now: self.decisions.append((now, decision)),
        )

    def wall(self, now: float) -> float:
        """The Unix seconds of a pretended second; `ahead` is how the clock is set."""
        return self.ahead + now

    # --- what happens ---

    def say(self, topic: str, payload: str | bytes, *, retained: bool = False) -> bool:
        """A sensor speaks."""
        data = payload.encode() if isinstance(payload, str) else payload
        return self.rules.received(MessageReceived(topic, data, retained, self.now), self.now)

    def store(self, topic: str, payload: str | bytes) -> bool:
        """The broker gives back what is stored."""
        return self.say(topic, payload, retained=True)

    def call(self, device: str, state: DeviceState, *, retained: bool = False) -> None:
        """A device has a state."""
        since = None if retained else self.now
        change = self.state.put(device_key(device), device, state, since)
        if change is not None:
            self.rules.changed(change, self.now)

    def synchronise(self) -> None:
        """All that is stored has been read."""
        self.rules.synchronised(self.now)
        self.timers.run(self.now)

    def disconnect(self) -> None:
        """The broker is gone."""
        self.rules.disconnected()

    def replace(self, sensors: Sequence[Sensor], rules: Sequence[Rule]) -> RulesReplaced:
        """The configuration is another."""
        replaced = self.rules.replace(sensors, rules, RuleOptions(min_interval=0.0), self.now)
        self.rules.settle(self.now)
        self.timers.run(self.now)
        return replaced

    def override(self, until: Until | None = None, key: FactKey = ALICE, said_before: float = 0.0) -> None:
        """Somebody says something, or had said it so many seconds before."""
        self.rules.overridden(key, until, self.wall(self.now) - said_before, self.now)
        self.timers.run(self.now)

    def release(self, key: FactKey = ALICE) -> None:
        """And takes it back."""
        self.rules.released(key, self.now)

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        end = self.now + seconds
        while (deadline := self.timers.deadline()) is not None and deadline <= end:
            self.now = max(self.now, deadline)
            self.timers.run(self.now)
        self.now = end

    def set_clock(self, seconds: float) -> None:
        """Somebody sets the clock, forward or back."""
        self.ahead += seconds

    # --- what is seen ---

    @property
    def decided(self) -> list[tuple[str, str, str]]:
        """Output, value and rule of all decisions so far."""
        return [(d.name, in_words(d.value), d.rule) for _, d in self.decisions]

    @property
    def last(self) -> str | None:
        """The value that was decided last."""
        return self.decided[-1][1] if self.decisions else None

    @property
    def warnings(self) -> list[str]:
        """What the operator was told."""
        return [effect.text for effect in self.effects if isinstance(effect, Warned)]

    def of(self, kind: type) -> list:
        """The effects of one kind so far."""
        return [effect for effect in self.effects if type(effect) is kind]

    def value(self, sensor: str, *key: str) -> str | None:
        """The value of a device of a sensor."""
        return self.rules._watches[sensor].instances[key].value

    def explain(self, key: FactKey = ALICE) -> dict:
        """Why an output is what it is."""
        return self.rules.explain(key, self.now)


def sensor(name: str, topic: str = "", **options: object) -> Sensor:
    """A sensor whose value is the text on the topic of its name; `values` is its map."""
    reader = Reader(topic or name, values=options.pop("values", {}))
    return Sensor(name, reader, **options)


def rule(
    name: str,
    when: Mapping[str, str | Sequence[str]] | Condition = AllOf(()),  # noqa: B008 - frozen
    sets: str = "dnd",
    *,
    output: str = "2000",
    layer: Layer | None = None,
    zone: ZoneInfo = UTC,
    for_seconds: float = 0.0,
) -> Rule:
    """A rule for a provider, or for `Custom:lamp` if the output is so written."""
    condition = AllOf(tuple(compare(*pair) for pair in when.items())) if isinstance(when, Mapping) else when
    if ":" in output:
        target, value = Output(device_key(output), device_path(output)), DeviceState(sets)
    else:
        presence = parse_presence(sets)
        target = Output(presence_key(output), output)
        value = PresenceTemplate(presence.state, Template(presence.subtype), Template(presence.message))
    return Rule(name, target, layer or natural_layer(condition), condition, value, zone, for_seconds)


def compare(sensor: str, values: str | Sequence[str]) -> Comparison:
    """A sensor has one of these values."""
    return Comparison(sensor, (values,) if isinstance(values, str) else tuple(values))
