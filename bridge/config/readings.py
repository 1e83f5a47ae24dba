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

    topic: Annotated[TopicPattern | None, EMPTY_IS_NONE] = Field(
        default=None,
        description="Topic to read. `{user}` is any one level, `{name+}` several: a sensor may be many devices.",
    )
    guards: dict[JsonPath, Annotated[tuple[Word, ...], ONE_OR_MORE]] = Field(
        default_factory=dict,
        alias="if",
        description="Only messages in which these paths have these values; of several values one is enough.",
    )
    path: JsonPath = Field(
        default="",
        description='Where the value stands in JSON, such as `params."input:0".state` or `events[0].name`.',
    )
    contains: Annotated[Word | None, EMPTY_IS_NONE] = Field(
        default=None, description="The value is true or false: whether this stands in a list."
    )
    below: Number | None = Field(
        default=None, description="The value is true or false: whether a number is below this."
    )
    above: Number | None = Field(
        default=None, description="The value is true or false: whether a number is above this."
    )
    matches: Annotated[Annotated[str, AfterValidator(_is_expression)] | None, EMPTY_IS_NONE] = Field(
        default=None, description="The value is true or false: whether a text fits this expression."
    )
    map: dict[str, Annotated[Word, AfterValidator(_is_value)]] = Field(
        default_factory=dict,
        description="What was read, and the value that it means. `*` is all else, `ignore` is no information.",
    )

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
