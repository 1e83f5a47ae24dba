"""What sensors, calls and the clock do to presence and to lamps: `[[rules]]`."""

from collections.abc import Iterator
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field, ModelWrapValidatorHandler, model_validator

from bridge.config.findings import Finding, own_words, refuse, validated
from bridge.config.moments import Clock, Weekday, Zone
from bridge.config.outputs import (
    CustomDevice,
    Device,
    Provider,
    Setting,
    device_output,
    provider_output,
)
from bridge.config.section import Section
from bridge.config.values import ONE_OR_MORE, Seconds, Whole, Word
from bridge.config.zone import parse_zone
from bridge.model.device import DeviceState, parse_device_state
from bridge.model.facts import device_path
from bridge.rules.condition import (
    AllOf,
    AnyOf,
    Comparison,
    Condition,
    Count,
    DeviceComparison,
    During,
    NoneOf,
)
from bridge.rules.layer import parse_layer
from bridge.rules.rule import Output, Rule, natural_layer
from bridge.rules.template import PresenceTemplate
from bridge.rules.window import EVERY_DAY, Window, parse_clock, parse_weekdays


def _is_device_state(text: str) -> str:
    parse_device_state(text)
    return text


def _names_something(values: dict[str, object]) -> dict[str, object]:
    if not values:
        raise own_words("names nothing: take it away, or write { name = value }")
    return values


def _is_not_empty(values: tuple[str, ...]) -> tuple[str, ...]:
    if not values:
        raise own_words("needs at least one entry")
    return values


_FILLED = AfterValidator(_is_not_empty)
_NAMES = AfterValidator(_names_something)
_DeviceState = Annotated[str, AfterValidator(_is_device_state)]

Comparisons = Annotated[dict[str, Annotated[tuple[Word, ...], ONE_OR_MORE, _FILLED]], _NAMES]
DeviceComparisons = Annotated[dict[Device, Annotated[tuple[_DeviceState, ...], ONE_OR_MORE, _FILLED]], _NAMES]


class CountSettings(Section):
    """How many of these comparisons are to be true."""

    of: Comparisons = Field(description="What is counted: sensors and their values.")
    at_least: Annotated[Whole, Field(ge=0)] = Field(default=0, description="How many must be so.")
    at_most: Annotated[Whole, Field(ge=0)] | None = Field(default=None, description="How many may be so.")

    @model_validator(mode="after")
    def _bounds_something(self) -> Self:
        if not self.at_least and self.at_most is None:
            raise own_words("needs at_least, at_most, or both")
        if self.at_most is not None and self.at_most < self.at_least:
            refuse([Finding(("at_most",), f"must be at least at_least, which is {self.at_least}")])
        return self


class RuleSettings(Section):
    """One rule. What is None or empty is not asked; a rule that asks nothing is always true."""

    name: str = Field(default="", description="By which `explain` calls it; empty: by its number.")
    presence: Provider | None = Field(
        default=None, description="The presence that it sets: the name after CustomPresence."
    )
    device: CustomDevice | None = Field(
        default=None, description="In place of presence: the Custom device that it sets."
    )
    when: Comparisons | None = Field(default=None, description="Sensors and their values: all must be so.")
    any: Comparisons | None = Field(default=None, description="At least one must be so.")
    none: Comparisons | None = Field(default=None, description="None may be so.")
    count: CountSettings | None = Field(default=None, description="So many must be so.")
    device_state: DeviceComparisons | None = Field(
        default=None, description="States of phones: all must be so."
    )
    weekdays: Annotated[tuple[Weekday, ...], ONE_OR_MORE, _FILLED] | None = Field(
        default=None, description="On which days, such as `mon-fri`."
    )
    begin: Clock | None = Field(default=None, alias="from", description="From this time of day.")
    end: Clock | None = Field(
        default=None, alias="to", description="To this time of day; a window may cross midnight."
    )
    time_zone: Zone = Field(default=None, description="Time zone of these; empty: that of rule_options.")
    for_seconds: Seconds = Field(default=0.0, description="Only when all that has been so for this long.")
    layer: Literal["call", "schedule", "sensor", "default"] | None = Field(
        default=None,
        description="When it is asked: rules with calls first, then those of the clock, those with sensors, those without conditions.",
    )
    set: Setting = Field(description="What is set: a state, or `{ state, subtype, message }`.")

    @model_validator(mode="after")
    def _sets_what_can_be_set(self) -> Self:
        refuse(_wrong(self))
        return self

    @model_validator(mode="wrap")
    @classmethod
    def _has_one_output(cls, written: object, handler: ModelWrapValidatorHandler[Self]) -> Self:
        return validated(handler, written, _misplaced(written) if isinstance(written, dict) else ())

    def parsed(self, number: int, zone: ZoneInfo) -> Rule:
        """The rule as the engine uses it. `number` counts from 1, `zone` is that of rules without one."""
        zone = zone if self.time_zone is None else parse_zone(self.time_zone)
        condition = AllOf(tuple(self._parts(zone)))
        layer = natural_layer(condition) if self.layer is None else parse_layer(self.layer)
        name = self.name or f"rule {number}"
        return Rule(name, self.output, layer, condition, self.value, zone, self.for_seconds)

    @property
    def output(self) -> Output:
        """What it sets."""
        if self.presence is not None:
            return provider_output(self.presence)
        return device_output(self.device or "")

    @property
    def value(self) -> PresenceTemplate | DeviceState:
        """To what; ValueError where that is none."""
        return self.set.device if self.presence is None else self.set.presence

    def _parts(self, zone: ZoneInfo) -> Iterator[Condition]:
        yield from _comparisons(self.when or {})
        if self.any:
            yield AnyOf(_comparisons(self.any))
        if self.none:
            yield NoneOf(_comparisons(self.none))
        if self.count:
            yield Count(_comparisons(self.count.of), self.count.at_least, self.count.at_most)
        for device, states in (self.device_state or {}).items():
            yield DeviceComparison(device_path(device), tuple(map(parse_device_state, states)))
        if self.weekdays or self.begin or self.end:
            days = parse_weekdays(self.weekdays) if self.weekdays else EVERY_DAY
            yield During(
                Window(zone, days, parse_clock(self.begin or "0:00"), parse_clock(self.end or "0:00"))
            )


def _comparisons(written: dict[str, tuple[str, ...]]) -> tuple[Comparison, ...]:
    return tuple(Comparison(sensor, values) for sensor, values in written.items())


def _misplaced(written: dict[str, object]) -> Iterator[Finding]:
    """What the keys say by being there."""
    if "presence" in written and "device" in written:
        yield Finding(("device",), "stands beside presence: a rule sets one of them, so write two rules")
    if "presence" not in written and "device" not in written:
        yield Finding((), "needs presence, with a provider, or device, with a Custom device")


def _wrong(rule: RuleSettings) -> Iterator[Finding]:
    """What is set and cannot be."""
    if rule.presence is None and rule.device is None:
        return
    try:
        _ = rule.value
    except ValueError as error:
        yield Finding(("set",), f"cannot be done: {error}")
    if rule.presence is None:
        for key in rule.set.model_fields_set & {"subtype", "message"}:
            yield Finding(("set", key), "is nothing that a device has")
