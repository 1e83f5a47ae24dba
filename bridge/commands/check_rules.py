"""What `presence-bridge check` tells of sensors and rules."""

from collections.abc import Iterator
from typing import Final

from bridge.commands.columns import columns
from bridge.config import Settings
from bridge.config.outputs import spoken
from bridge.config.readings import ReadingSettings
from bridge.config.sensors import SensorSettings
from bridge.model.device import DeviceState
from bridge.model.words import printable, quoted
from bridge.rules.output_state import in_words
from bridge.rules.proofs.reach import by_output
from bridge.rules.rule import Rule
from bridge.rules.sensor import KEEP, UNKNOWN, Sensor

_SENSOR_HEADINGS: Final = ("sensor", "reads", "values")
_LONGEST: Final = 200
_LONGEST_CONDITION: Final = 1_000


def sensor_lines(settings: Settings) -> Iterator[str]:
    """What each sensor reads, and what it can be; nothing without sensors."""
    if settings.sensors:
        pairs = zip(settings.parsed_sensors, settings.sensors.values(), strict=True)
        rows = [row for sensor, written in pairs for row in _sensor(sensor, written)]
        yield from columns(_SENSOR_HEADINGS, *rows)


def rule_lines(settings: Settings) -> Iterator[str]:
    """The rules of each output in the order in which they are asked; nothing without rules."""
    for rules in by_output(settings.parsed_rules).values():
        yield f"{printable(spoken(rules[0].output))} is set by the first of these that is true:"
        yield from columns(*map(_rule, rules))


def _sensor(sensor: Sensor, written: SensorSettings) -> Iterator[tuple[str, str, str]]:
    """A row for what it reads, and one for each topic that tells whether it can be heard."""
    yield sensor.name, _reading(written.whole), "; ".join(_values(sensor))
    for one in written.whole.availability:
        yield "", _reading(one), "available or not"
    for request in sensor.requests:
        asked = f" {quoted(request.payload.decode())}" if request.payload else ""
        yield "", printable(f"asked by {request.topic}{asked}", _LONGEST), ""


def _reading(keys: ReadingSettings) -> str:
    words = [keys.topic or ""]
    if keys.path:
        words.append(f"at {keys.path}")
    words += [f"where {path} is {' or '.join(texts)}" for path, texts in keys.guards.items()]
    operators = {"contains": keys.contains, "above": keys.above, "below": keys.below, "matches": keys.matches}
    words += [f"{name} {value}" for name, value in operators.items() if value is not None]
    return printable(" ".join(words), _LONGEST)


def _values(sensor: Sensor) -> Iterator[str]:
    yield (
        "any text"
        if sensor.possible is None
        else printable(", ".join(sorted(sensor.possible - {UNKNOWN})), _LONGEST)
    )
    for value, seconds in sensor.for_seconds.items():
        yield f"{printable(value)} when it lasts {seconds:g} s"
    if sensor.expire_seconds is not None:
        yield f"{printable(sensor.expire_to or UNKNOWN)} after {sensor.expire_seconds:g} s of silence"
    if sensor.on_unavailable != KEEP:
        yield f"{printable(sensor.on_unavailable)} when it is not available"


def _rule(rule: Rule) -> tuple[str, ...]:
    lasting = f" for {rule.for_seconds:g} s" if rule.for_seconds else ""
    value = rule.value if isinstance(rule.value, DeviceState) else rule.value.unfilled
    condition = printable(f"{rule.condition}{lasting}", _LONGEST_CONDITION)
    return f"  {rule.layer.value}", printable(rule.name), condition, in_words(value)
