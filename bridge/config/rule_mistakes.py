"""Mistakes in `[[rules]]` that no rule shows by itself: what it says of sensors, and of other rules."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any, Final, TypeVar
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ValidationError

from bridge.config.locate import KeyPath
from bridge.config.outputs import spoken
from bridge.config.rules import RuleSettings
from bridge.config.sensors import SensorSettings
from bridge.config.settings import Settings
from bridge.config.values import as_text
from bridge.homeassistant.topics import Topics
from bridge.model.facts import FactKey
from bridge.model.words import meant, quoted
from bridge.rules.payload import folded
from bridge.rules.proofs.loops import Place, Step, loops
from bridge.rules.rule import Output, Rule, offered
from bridge.rules.sensor import Sensor
from bridge.rules.template import Template
from bridge.topics.hints import OF_DEVICES, OF_PRESENCE
from bridge.topics.route import Routes

Mistake = tuple[KeyPath, str]

# More names than that are no help.
_MOST_LISTED: Final = 20

_COMPARISONS: Final = (("when",), ("any",), ("none",), ("count", "of"))

_Section = TypeVar("_Section", bound=BaseModel)


def wrong_references(values: Mapping[str, Any], settings: Settings | None) -> Iterator[Mistake]:
    """Names and values that there are not, in what was written.

    `settings` are what was made of it, None where something else in it is wrong: then as much is looked
    at as is right.
    """
    written = values.get("rules")
    sensors = _sensors(values.get("sensors"), settings)
    for number, rule in enumerate(written if isinstance(written, list) else ()):
        if isinstance(rule, dict):
            section = _valid(RuleSettings, rule) if settings is None else settings.rules[number]
            found = [*_wrong_comparisons(rule, sensors)]
            found += [] if found or section is None else _wrong_places(section, sensors)
            yield from ((("rules", number, *path), words) for path, words in found)


def wrong_together(settings: Settings) -> Iterator[Mistake]:
    """Rules of one name, and loops."""
    yield from _same_names(settings.parsed_rules)
    yield from _loops(settings)


# --- one rule and its sensors --------------------------------------------------------------------


def _sensors(sections: object, settings: Settings | None) -> Mapping[str, Sensor | None]:
    """None where a section is wrong, of which pydantic tells."""
    if settings is not None:
        return {sensor.name: sensor for sensor in settings.parsed_sensors}
    found = sections.items() if isinstance(sections, dict) else ()
    valid = {str(name): _valid(SensorSettings, section) for name, section in found}
    return {name: None if section is None else section.parsed(name) for name, section in valid.items()}


def _valid(kind: type[_Section], section: object) -> _Section | None:
    try:
        return kind.model_validate(section)
    except ValidationError:
        return None


def _wrong_comparisons(rule: Mapping[str, Any], sensors: Mapping[str, Sensor | None]) -> Iterator[Mistake]:
    for path in _COMPARISONS:
        for name, values in _table(rule, path).items():
            if name not in sensors:
                yield (*path, name), _unknown_sensor(name, sensors)
            elif (sensor := sensors[name]) is not None and sensor.possible is not None:
                yield from _impossible((*path, name), values, sensor.possible)


def _table(rule: Mapping[str, Any], path: Sequence[str]) -> Mapping[str, Any]:
    found: Any = rule
    for key in path:
        found = found.get(key) if isinstance(found, dict) else None
    return found if isinstance(found, dict) else {}


def _unknown_sensor(name: str, sensors: Mapping[str, object]) -> str:
    if not sensors:
        return "is no sensor: there is no [sensors] section"
    listed = f": known are {', '.join(sensors)}" if len(sensors) <= _MOST_LISTED else ""
    return f"is no sensor{listed}{meant(name, sensors)}"


def _impossible(path: KeyPath, values: object, possible: frozenset[str]) -> Iterator[Mistake]:
    listed = values if isinstance(values, list) else [values]
    for index, text in enumerate(map(as_text, listed)):
        if isinstance(text, str) and folded(text) not in possible:
            known = sorted(possible)
            where = (*path, index) if isinstance(values, list) else path
            yield where, f"can never be {quoted(text)}: it is {', '.join(known)}{meant(text, known)}"


def _wrong_places(section: RuleSettings, sensors: Mapping[str, Sensor | None]) -> Iterator[Mistake]:
    """Places in texts that nothing fills in."""
    rule = section.parsed(0, ZoneInfo("UTC"))
    try:
        names = offered(rule.condition, {name: one for name, one in sensors.items() if one is not None})
    except KeyError:
        return  # the section of that sensor is wrong
    for name in sorted(rule.placeholders - names):
        known = sorted(names)
        listed = ", ".join(f"{{{one}}}" for one in known)
        yield (
            _place_of(name, section),
            f"has {{{name}}}, which nothing fills in: known here are {listed}{meant(name, known)}",
        )


def _place_of(placeholder: str, rule: RuleSettings) -> KeyPath:
    for key, text in (("subtype", rule.set.subtype), ("message", rule.set.message)):
        if text is not None and placeholder in Template(text).placeholders:
            return ("set", key)
    return ("set",)


# --- all rules together --------------------------------------------------------------------------


def _same_names(rules: Sequence[Rule]) -> Iterator[Mistake]:
    first: dict[tuple[FactKey, str], int] = {}
    for number, rule in enumerate(rules):
        earlier = first.setdefault((rule.output.key, rule.name), number)
        if earlier != number:
            yield ("rules", number, "name"), f"is that of rules[{earlier}] again, which sets the same"


def _loops(settings: Settings) -> Iterator[Mistake]:
    rules = settings.parsed_rules
    sensors = {sensor.name: sensor for sensor in settings.parsed_sensors}
    numbers = {id(rule): number for number, rule in enumerate(rules)}
    for steps in loops(rules, sensors, partial(_places, settings)):
        rule = steps[-1].rule
        yield ("rules", numbers[id(rule)]), _loop_in_words(rule, steps)


def _places(settings: Settings, output: Output) -> Iterator[Place]:
    """Where MQTT tells what an output is."""
    base, routes = settings.base_topic, Routes(settings.base_topic)
    is_presence = output.key.kind == "presence"
    if is_presence:
        yield Place(routes.presence_topic(output.name))
        yield Place(f"{routes.presence_topic(output.name)}/event")
        if settings.homeassistant.discovery != "off":
            yield Place(Topics(base).view(output.name))
    else:
        yield Place(routes.device_topic(output.name))
    for hint in settings.parsed_hints:
        if output.key in hint.keys:
            yield Place(f"{base}/hint/{hint.extension}", OF_PRESENCE if is_presence else OF_DEVICES)


def _loop_in_words(rule: Rule, steps: Sequence[Step]) -> str:
    """What sets what, and by what way, once round."""
    words = f"is part of a loop: {quoted(rule.name)} sets {spoken(rule.output)}"
    for step in steps:
        way = f"sensor {step.sensor}, which reads {step.topic}," if step.sensor else "that device"
        words += f"; by {way} {quoted(step.rule.name)} sets {spoken(step.rule.output)}"
    return f"{words} again"
