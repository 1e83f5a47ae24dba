"""What holds for all rules: `[rule_options]`."""

import os
from functools import cached_property
from typing import Annotated, Final
from zoneinfo import ZoneInfo

from pydantic import Field, PlainValidator, WithJsonSchema

from bridge.config.moments import Zone
from bridge.config.section import Section
from bridge.config.values import Seconds
from bridge.config.zone import parse_zone, system_zone
from bridge.rules.options import ManualUntil, RuleOptions

_UNTIL: Final = {"anyOf": [{"enum": ["cleared", "change"]}, {"type": "number", "exclusiveMinimum": 0}]}


def _is_until(value: object) -> ManualUntil:
    if value in ("cleared", "change"):
        return "cleared" if value == "cleared" else "change"
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < float("inf"):
        return float(value)
    raise ValueError("needs 'cleared', 'change', or a number of seconds")


class RuleOptionsSettings(Section):
    """`time_zone` is None for that of this machine."""

    time_zone: Zone = Field(default=None, description="Such as `Europe/Berlin`; empty: that of this machine.")
    min_interval_seconds: Seconds = Field(
        default=1.0, description="An output changes at most once in this time, then to its newest value."
    )
    manual_until: Annotated[ManualUntil, PlainValidator(_is_until), WithJsonSchema(_UNTIL)] = Field(
        default="cleared",
        description="When somebody's own word ends: when it is taken back, when a sensor changes, or after so many seconds.",
    )

    @cached_property
    def zone(self) -> ZoneInfo:
        """The time zone of rules that name none, and of commands."""
        return system_zone(os.environ) if self.time_zone is None else parse_zone(self.time_zone)

    @property
    def parsed(self) -> RuleOptions:
        """As the rules use them."""
        return RuleOptions(self.min_interval_seconds, self.manual_until)
