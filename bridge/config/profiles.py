"""Which phones are sent what: `[[sip.profiles]]`, before the built-in table."""

from functools import cached_property
from typing import Annotated, Final, Self

from pydantic import AfterValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from bridge.config.section import Section
from bridge.model.words import unknown_name
from bridge.notifier.profiles import BY_NAME, PidfLayout, PresenceShown, Rule, parse_agent

# Type of a finding whose words say everything.
CONTRADICTION: Final = "profile_contradiction"


def _finds_phones(text: str) -> str:
    parse_agent(text)
    return text


def _is_profile(text: str) -> str:
    if text not in BY_NAME:
        raise ValueError(unknown_name("profile", text, BY_NAME))
    return text


# Without any text, a NOTIFY takes up to a thousand octets; what cannot be cut would not fit either.
_Bytes = Annotated[int, Field(ge=1000, le=65507)]


class ProfileSettings(Section):
    """Phones, by their User-Agent, and what is other for them. A key that is None stays as it is."""

    agent: Annotated[str, AfterValidator(_finds_phones)] = Field(
        description="Part of a User-Agent, in any case, or an expression such as `/^Acme [23]/`."
    )
    profile: Annotated[str, AfterValidator(_is_profile)] | None = Field(
        default=None, description="Take the ways of this kind of phone."
    )
    pidf: PidfLayout | None = Field(
        default=None,
        description="Layout of presence documents: that of the RFCs, that of Asterisk, or the older `xpidf`.",
    )
    presence: PresenceShown | None = Field(
        default=None,
        description="Where a person's presence shows: in status and note, in the element of Digium phones, or nowhere.",
    )
    tcp_above_bytes: _Bytes | None = Field(
        default=None, description="A larger message goes by TCP, see `sip.large_requests`."
    )
    udp_limit_bytes: _Bytes | None = Field(
        default=None, description="What the phone can take in a datagram: longer texts are cut."
    )

    @model_validator(mode="after")
    def _does_not_contradict_itself(self) -> Self:
        try:
            self.rule.apply(BY_NAME["default"])
        except ValueError as error:
            raise PydanticCustomError(CONTRADICTION, "{reason}", {"reason": str(error)}) from error
        return self

    @cached_property
    def rule(self) -> Rule:
        """The entry as the notifier knows it."""
        changes = self.model_dump(exclude={"agent", "profile"}, exclude_none=True)
        return Rule(self.agent, self.profile, changes)
