"""A rule: while its condition holds, its output has its value, unless a rule before it decides."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from bridge.model.device import DeviceState
from bridge.model.facts import FactKey
from bridge.rules.condition import Condition, comparisons, sources
from bridge.rules.layer import Layer
from bridge.rules.sensor import Sensor
from bridge.rules.template import TIME, PresenceTemplate
from bridge.rules.window import Window

SENSOR: Final = "sensor"
"""The place for the name of the sensor that made a rule true."""

VALUE: Final = "value"
"""The place for the value of that sensor."""


class Output(NamedTuple):
    """What rules set: a presence provider (`2000`), or a device as a path (`Custom/lamp`)."""

    key: FactKey
    name: str


@dataclass(frozen=True, slots=True)
class Rule:
    """`name` is unique within its output, `value` of the output's kind; `zone` is that of `{time}` in texts.

    `for_seconds`: the condition must hold so long without a break; not asked of what was so when we came.
    """

    name: str
    output: Output
    layer: Layer
    condition: Condition
    value: PresenceTemplate | DeviceState
    zone: ZoneInfo
    for_seconds: float = 0.0

    @property
    def placeholders(self) -> frozenset[str]:
        """The names in its texts; a configuration refuses those that `offered` does not hold."""
        return frozenset() if isinstance(self.value, DeviceState) else self.value.placeholders


def natural_layer(condition: Condition) -> Layer:
    """The layer of a rule that names none.

    Call, if it looks at a device; else sensor, if it looks at one; else schedule, if at the clock; else default.
    """
    kinds = {type(source) for source in sources(condition)}
    if FactKey in kinds:
        return Layer.CALL
    if str in kinds:
        return Layer.SENSOR
    return Layer.SCHEDULE if Window in kinds else Layer.DEFAULT


def offered(condition: Condition, sensors: Mapping[str, Sensor]) -> frozenset[str]:
    """The names that a rule with this condition can fill into its texts.

    `time`; with a sensor that can make it true also `sensor`, `value`, the captures of its topic, which
    go before these, and its `names`. KeyError for a sensor that is not there.
    """
    names = {TIME}
    for comparison in comparisons(condition):
        sensor = sensors[comparison.sensor]
        names |= {SENSOR, VALUE, *sensor.captures, *sensor.names}
    return frozenset(names)
