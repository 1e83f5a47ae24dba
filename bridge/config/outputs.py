"""What a rule sets: a presence provider, or a device that nothing but MQTT drives; and to what."""

from typing import Annotated, Final

from pydantic import AfterValidator, BeforeValidator, Field

from bridge.config.section import Section
from bridge.config.values import Also
from bridge.model.device import DeviceState, parse_device_state
from bridge.model.facts import device_key, device_path, presence_key
from bridge.model.hint import require_topic_name
from bridge.model.presence import parse_presence
from bridge.model.words import quoted
from bridge.rules.rule import Output
from bridge.rules.template import PresenceTemplate, Template

_PROVIDER: Final = "custompresence:"
_CUSTOM: Final = "custom"


def _is_provider(name: str) -> str:
    if name.casefold().startswith(_PROVIDER):
        raise ValueError(f"write the provider as in a topic: {quoted(name[len(_PROVIDER) :])}")
    require_topic_name("presence provider", name)
    return name


def _is_device(name: str) -> str:
    technology, slash, resource = device_path(name).partition("/")
    if not slash or not technology or not resource:
        raise ValueError("must look like SIP/2000 or Custom:lamp")
    return name


def _is_custom_device(name: str) -> str:
    _is_device(name)
    path = device_path(name)
    technology = path.partition("/")[0]
    if technology.casefold() != _CUSTOM:
        raise ValueError(
            f"only Custom devices can be set, such as Custom:lamp: the state of a {technology} device is its PBX's"
        )
    require_topic_name("device", path)
    return name


def _is_template(text: str) -> str:
    Template(text)
    return text


Provider = Annotated[str, AfterValidator(_is_provider)]
Device = Annotated[str, AfterValidator(_is_device)]
CustomDevice = Annotated[str, AfterValidator(_is_custom_device)]
_Template = Annotated[str, AfterValidator(_is_template)]


class SetSettings(Section):
    """What an output becomes. `state` may be a whole line: `away,lunch,back soon`; the other two go before that."""

    state: str = Field(description="A state, or a whole line: `away,lunch,back soon`.")
    subtype: _Template | None = Field(
        default=None, description="Kind of the state; goes before that of the line."
    )
    message: _Template | None = Field(
        default=None, description="What is said beside it; goes before that of the line."
    )

    @property
    def presence(self) -> PresenceTemplate:
        """ValueError where it is none."""
        line = parse_presence(self.state)
        subtype = line.subtype if self.subtype is None else self.subtype
        message = line.message if self.message is None else self.message
        return PresenceTemplate(line.state, Template(subtype), Template(message))

    @property
    def device(self) -> DeviceState:
        """ValueError where it is none."""
        return parse_device_state(self.state)


# `set = "dnd"` is short for `set = { state = "dnd" }`.
Setting = Annotated[
    SetSettings,
    BeforeValidator(lambda value: {"state": value} if isinstance(value, str) else value),
    Also({"type": "string"}),
]


def provider_output(name: str) -> Output:
    """The output of a rule with `presence`."""
    return Output(presence_key(name), name)


def device_output(name: str) -> Output:
    """The output of a rule with `device`."""
    return Output(device_key(name), device_path(name))


def spoken(output: Output) -> str:
    """An output as hints spell it: `CustomPresence:2000`, `Custom:lamp`."""
    if output.key.kind == "presence":
        return f"CustomPresence:{output.name}"
    return output.name.replace("/", ":", 1)
