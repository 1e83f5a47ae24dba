"""What phones can dial to say how their users are: `[[sip.feature_codes]]`."""

from functools import cached_property
from typing import Annotated, Final, Self

from pydantic import AfterValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from bridge.config.section import Section
from bridge.features.feature_code import FeatureCode, Status, parse_dial, parse_feature_code
from bridge.model.presence import parse_presence

# Type of a finding whose words say everything.
FEATURE_CODE: Final = "feature_code"


def _can_be_dialled(text: str) -> str:
    parse_dial(text)
    return text


def _is_presence(text: str) -> str:
    parse_presence(text)
    return text


_Presence = Annotated[str, AfterValidator(_is_presence)]


class FeatureCodeSettings(Section):
    """One code. It has `set`, or `toggle` with at least two states; without `provider` it is about the caller."""

    dial: Annotated[str, AfterValidator(_can_be_dialled)] = Field(
        description="What is dialled; `*21{time}` is any number that begins with `*21`."
    )
    provider: str = Field(
        default="{user}",
        description="Whose presence it is: the name after CustomPresence. `{user}` is the name of who calls.",
    )
    set: _Presence | None = Field(
        default=None, description="What it becomes: a state, or as in `away,lunch,back at {time}`."
    )
    toggle: tuple[_Presence, ...] = Field(
        default=(), description="In place of set: states, of which the one that follows is taken."
    )
    status: Status = Field(default=603, description="The answer to the call.")

    @model_validator(mode="after")
    def _is_a_code(self) -> Self:
        if (self.set is None) == (not self.toggle):
            raise PydanticCustomError(FEATURE_CODE, "needs set, or toggle, and not both of them")
        if len(self.toggle) == 1:
            words = "needs two states in toggle, such as available and unavailable"
            raise PydanticCustomError(FEATURE_CODE, words)
        try:
            _ = self.parsed
        except ValueError as error:
            raise PydanticCustomError(FEATURE_CODE, "{reason}", {"reason": str(error)}) from error
        return self

    @cached_property
    def parsed(self) -> FeatureCode:
        """The code as the engine uses it."""
        said = self.toggle if self.set is None else (self.set,)
        return parse_feature_code(self.dial, self.provider, said, self.status)
