"""How a value is read out of MQTT messages: the keys that sensors and their availability have in common."""

from functools import cached_property
from typing import Annotated

from pydantic import AfterValidator, Field

from bridge.config.section import Section
from bridge.config.values import EMPTY_IS_NONE, ONE_OR_MORE, Number, Word
from bridge.mqtt.filter import TopicFilter
from bridge.rules.path import Path
from bridge.rules.reader import AVAILABLE, UNAVAILABLE, Reader


def _is_topic_pattern(text: str) -> str:
    TopicFilter(text)
    return text


def _is_path(text: str) -> str:
    Path(text)
    return text


def _is_expression(text: str) -> str:
    Reader("x", matches=text)
    return text


def _is_value(text: str) -> str:
    if text.startswith("@") and text not in (AVAILABLE, UNAVAILABLE):
        raise ValueError(f"of values that begin with @ there are {AVAILABLE} and {UNAVAILABLE}")
    return text


TopicPattern = Annotated[str, AfterValidator(_is_topic_pattern)]
JsonPath = Annotated[str, AfterValidator(_is_path)]


class ReadingSettings(Section):
    """What a message on a topic means. `if` is `guards` here."""

    topic: Annotated[TopicPattern | None, EMPTY_IS_NONE] = None
    guards: dict[JsonPath, Annotated[tuple[Word, ...], ONE_OR_MORE]] = Field(default_factory=dict, alias="if")
    path: JsonPath = ""
    contains: Annotated[Word | None, EMPTY_IS_NONE] = None
    below: Number | None = None
    above: Number | None = None
    matches: Annotated[Annotated[str, AfterValidator(_is_expression)] | None, EMPTY_IS_NONE] = None
    map: dict[str, Annotated[Word, AfterValidator(_is_value)]] = Field(default_factory=dict)

    @cached_property
    def reader(self) -> Reader:
        """The reader; ValueError where the keys do not go together."""
        if self.topic is None:
            raise ValueError("needs a topic")
        return Reader(
            self.topic,
            path=self.path,
            guards=self.guards,
            contains=self.contains,
            below=self.below,
            above=self.above,
            matches=self.matches,
            values=self.map,
        )
