"""What other devices say by MQTT: `[sensors.<name>]`."""

import re
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Annotated, Final, Self

from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    Field,
    ModelWrapValidatorHandler,
    ValidationError,
    model_validator,
)

from bridge.config.findings import Finding, own_words, refuse, validated
from bridge.config.readings import ReadingSettings, TopicPattern
from bridge.config.section import Section
from bridge.config.values import ONE_OR_MORE, Seconds, Word
from bridge.model.words import meant
from bridge.mqtt.filter import TopicFilter
from bridge.rules.payload import folded
from bridge.rules.presets import Preset, find_preset
from bridge.rules.reader import AVAILABLE, UNAVAILABLE
from bridge.rules.sensor import KEEP, UNKNOWN, AvailabilityMode, Sensor, SensorRequest

_POSITIVE: Final = Field(gt=0)
_NAME: Final = re.compile(r"[A-Za-z0-9_-]+")


def _is_sensor_name(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise own_words("is no name: it may have letters, digits, - and _")
    return name


def _is_preset(name: str) -> str:
    find_preset(name)
    return name


def _is_topic(text: str) -> str:
    if names := TopicFilter(text).names:
        raise ValueError(f"{{{names[0]}}} stands for any text, but a message is sent to one topic")
    return text


def _are_seconds(value: object) -> object:
    if not isinstance(value, dict):
        raise own_words("needs values with their seconds, such as { closed = 30 }")
    return value


SensorName = Annotated[str, AfterValidator(_is_sensor_name)]


class RequestSettings(Section):
    """What makes a sensor say where it stands."""

    topic: Annotated[str, AfterValidator(_is_topic)] = Field(
        description="Where the question is published, after each connect."
    )
    payload: Word = Field(default="", description="The question.")


class AvailabilitySettings(ReadingSettings):
    """Where it is said whether a sensor can be heard."""

    topic: TopicPattern = Field(description="Topic that tells whether the sensor can be heard.")

    @model_validator(mode="after")
    def _tells_of_availability(self) -> Self:
        if not {AVAILABLE, UNAVAILABLE}.intersection(self.map.values()):
            example = f'{{ online = "{AVAILABLE}", "*" = "{UNAVAILABLE}" }}'
            refuse([Finding(("map",), f"must lead to {AVAILABLE} or {UNAVAILABLE}: map = {example}")])
        return self


class SensorKeys(ReadingSettings):
    """All that can be said of a sensor, by a preset or by hand."""

    expire_seconds: Annotated[Seconds, _POSITIVE] | None = Field(
        default=None, description="Silent for so long, it becomes expire_to."
    )
    expire_to: Word = Field(
        default=UNKNOWN, description="Its value when it has been silent; `unknown` is: not known."
    )
    for_seconds: Annotated[dict[str, Seconds], BeforeValidator(_are_seconds)] = Field(
        default_factory=dict, description="A value counts when it has lasted so long; others count at once."
    )
    availability: Annotated[tuple[AvailabilitySettings, ...], ONE_OR_MORE] = Field(
        default=(), description="Where it is said whether it can be heard."
    )
    availability_mode: AvailabilityMode = Field(
        default="latest", description="Of several, the latest word counts, or all must say so, or any."
    )
    on_unavailable: Word = Field(
        default=KEEP,
        description="Its value when it cannot be heard: as it was (`keep`), `unknown`, or any other.",
    )
    request: Annotated[tuple[RequestSettings, ...], ONE_OR_MORE] = Field(
        default=(), description="What makes it say where it stands."
    )


class SensorSettings(SensorKeys):
    """A sensor. With `use`, the further keys are the parameters of a preset; what is written goes over it."""

    model_config = ConfigDict(extra="allow")

    __pydantic_extra__: dict[str, Word]

    use: Annotated[str, AfterValidator(_is_preset)] | None = Field(
        default=None,
        description="Name of a preset, which knows how a kind of device speaks; its parameters are further keys.",
    )

    @model_validator(mode="after")
    def _is_a_sensor(self) -> Self:
        refuse(_wrong(self))
        return self

    @model_validator(mode="wrap")
    @classmethod
    def _knows_its_keys(cls, written: object, handler: ModelWrapValidatorHandler[Self]) -> Self:
        return validated(handler, written, _misnamed(written) if isinstance(written, dict) else ())

    @property
    def preset(self) -> Preset | None:
        """What `use` names."""
        return None if self.use is None else find_preset(self.use)

    def parsed(self, name: str) -> Sensor:
        """The sensor as the rules use it."""
        keys = self.whole
        return Sensor(
            name,
            keys.reader,
            expire_seconds=keys.expire_seconds,
            expire_to=None if folded(keys.expire_to) == UNKNOWN else keys.expire_to,
            for_seconds=keys.for_seconds,
            availability=tuple(one.reader for one in keys.availability),
            availability_mode=keys.availability_mode,
            on_unavailable=keys.on_unavailable,
            requests=tuple(SensorRequest(one.topic, one.payload.encode()) for one in keys.request),
            names=self._names,
        )

    @cached_property
    def whole(self) -> SensorKeys:
        """What the preset says, and over it what is written."""
        if self.preset is None:
            return self
        written = self.model_dump(by_alias=True, exclude_unset=True, exclude={"use", *self._parameters})
        return SensorKeys.model_validate({**self.preset.build(self._parameters), **written})

    @property
    def _parameters(self) -> dict[str, str]:
        """A parameter goes before a key of its name: what Tasmota calls topic is a part of ours."""
        extra = self.__pydantic_extra__ or {}
        if self.preset is None:
            return extra
        named = self.model_fields_set & self.preset.parameters.keys()
        return extra | {name: getattr(self, name) for name in named}

    @property
    def _names(self) -> dict[str, str]:
        """The parameters of the preset that are plain texts, for the texts of rules."""
        known = self.preset.parameters if self.preset is not None else {}
        defaults = {name: one.default for name, one in known.items() if one.default is not None}
        return {name: text for name, text in (defaults | self._parameters).items() if "{" not in text}


def _misnamed(written: Mapping[str, object]) -> Iterator[Finding]:
    """Keys that are neither ours nor the preset's, and parameters that it needs and has not got."""
    use = written.get("use")
    try:
        parameters = find_preset(use).parameters if isinstance(use, str) else {}
    except ValueError:
        return
    known = (*parameters, *(field.alias or name for name, field in SensorSettings.model_fields.items()))
    words = f"is not a setting, nor a parameter of {use}" if parameters else "is not a setting"
    for key in written:
        if key not in known:
            yield Finding((key,), words + (meant(key, known) or f" (known here: {', '.join(known)})"))
    for name, parameter in parameters.items():
        if parameter.required and name not in written:
            yield Finding((name,), f"is required by {use}: {parameter.help}")


def _wrong(section: SensorSettings) -> Iterator[Finding]:
    """What only the keys together show."""
    if section.use is None and section.topic is None:
        yield Finding((), "needs a topic, or use with the name of a preset")
        return
    try:
        sensor = section.parsed("")
    except ValidationError as error:
        # Every key is right by itself, so it is what the preset makes of its parameters.
        first = error.errors(include_url=False)[0]
        yield Finding((), f"gives {section.use} what makes a wrong {first['loc'][0]}: {first['msg']}")
    except ValueError as error:
        yield Finding((), f"cannot be read: {error}")
    else:
        yield from _useless(section, sensor)


def _useless(section: SensorSettings, sensor: Sensor) -> Iterator[Finding]:
    """What can have no effect."""
    for value in section.for_seconds:
        if sensor.possible is not None and folded(value) not in sensor.possible:
            known = sorted(sensor.possible)
            words = f"is no value of this sensor: it is {', '.join(known)}{meant(value, known)}"
            yield Finding(("for_seconds", value), words)
    if sensor.expire_seconds is None and "expire_to" in section.model_fields_set:
        yield Finding(("expire_to",), "is of no use without expire_seconds")
