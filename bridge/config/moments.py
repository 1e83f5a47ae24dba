"""Times of day, weekdays and time zones, as the configuration writes them."""

from datetime import time
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator

from bridge.config.values import EMPTY_IS_NONE
from bridge.config.zone import parse_zone
from bridge.rules.window import parse_clock, parse_weekdays


def _is_clock(text: str) -> str:
    parse_clock(text)
    return text


def _is_weekday(text: str) -> str:
    parse_weekdays([text])
    return text


def _is_zone(name: str) -> str:
    parse_zone(name)
    return name


def _as_text(value: object) -> object:
    """TOML has times of its own, without quotes: 08:00:00."""
    return value.isoformat() if isinstance(value, time) else value


Clock = Annotated[str, AfterValidator(_is_clock), BeforeValidator(_as_text)]
Weekday = Annotated[str, AfterValidator(_is_weekday)]
Zone = Annotated[Annotated[str, AfterValidator(_is_zone)] | None, EMPTY_IS_NONE]
