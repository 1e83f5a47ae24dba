"""Kinds of values that several sections have: numbers, seconds, and texts that may be written as numbers."""

from typing import Annotated, Any, Final

from pydantic import BeforeValidator, Field, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError
from pydantic_core.core_schema import no_info_before_validator_function


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


class OneOrMore:
    """One of something, or a list of them."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:  # noqa: ANN401 (any annotation)
        """What is no list becomes one with a single entry."""
        return no_info_before_validator_function(_as_list, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """Either of them."""
        several = handler(schema)
        return {"anyOf": [several["items"], several]}


class Also:
    """What may be written in other ways as well, which a validator understands: their JSON schemas."""

    def __init__(self, *others: JsonSchemaValue) -> None:
        self._others = others

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """The usual way, or any of the others."""
        return {"anyOf": [handler(schema), *self._others]}


# A value of a sensor, in quotes or without.
Word = Annotated[str, BeforeValidator(as_text), Also({"type": "number"}, {"type": "boolean"})]

ONE_OR_MORE: Final = OneOrMore()

# What is written as "" is not there.
EMPTY_IS_NONE = BeforeValidator(lambda value: None if value == "" else value)
