"""Kinds of values that several sections have: numbers, seconds, and texts that may be written as numbers."""

from typing import Annotated

from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError


def _is_number(value: object) -> object:
    if isinstance(value, bool):
        raise PydanticCustomError("bool_as_number", "needs a number")
    return value


def as_text(value: object) -> object:
    """What a payload would say: 22 and true are texts there."""
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, int | float) else value


def _as_list(value: object) -> object:
    return value if isinstance(value, list | tuple) else (value,)


Whole = Annotated[int, BeforeValidator(_is_number)]
Number = Annotated[float, BeforeValidator(_is_number), Field(allow_inf_nan=False)]
Seconds = Annotated[float, BeforeValidator(_is_number), Field(ge=0, allow_inf_nan=False)]

# A value of a sensor, in quotes or without.
Word = Annotated[str, BeforeValidator(as_text)]

# One of something, or a list of them.
ONE_OR_MORE = BeforeValidator(_as_list)

# What is written as "" is not there.
EMPTY_IS_NONE = BeforeValidator(lambda value: None if value == "" else value)
