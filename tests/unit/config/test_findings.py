from typing import Self

import pytest
from pydantic import BaseModel, Field, ModelWrapValidatorHandler, ValidationError, model_validator

from bridge.config.findings import OWN_WORDS, Finding, own_words, refuse, validated


class Small(BaseModel):
    a: int = 0
    b: int = Field(default=0, ge=1)

    @model_validator(mode="after")
    def _adds_up(self) -> Self:
        refuse([Finding(("b",), "is {a} again")] if self.a == self.b else [])
        return self

    @model_validator(mode="wrap")
    @classmethod
    def _looks(cls, written: object, handler: ModelWrapValidatorHandler[Self]) -> Self:
        found = [Finding(("x",), "is x")] if "x" in written else []
        return validated(handler, written, found)


class Large(BaseModel):
    small: Small


def found(**small) -> list[tuple]:
    with pytest.raises(ValidationError) as caught:
        Large.model_validate({"small": small})
    return [(one["loc"], one["type"], one["msg"]) for one in caught.value.errors()]


def test_nothing_is_found():
    assert Large.model_validate({"small": {"a": 1, "b": 2}}).small == Small(a=1, b=2)


def test_ours_and_those_of_pydantic_are_told_together_each_at_its_key():
    assert [(loc, kind) for loc, kind, _ in found(a="one", b=0, x=1)] == [
        (("small", "x"), OWN_WORDS),
        (("small", "a"), "int_parsing"),
        (("small", "b"), "greater_than_equal"),
    ]


def test_what_pydantic_knows_of_a_finding_is_kept():
    with pytest.raises(ValidationError) as caught:
        Small.model_validate({"b": 0, "x": 1})
    (one,) = [one for one in caught.value.errors() if one["loc"] == ("b",)]
    assert (one["ctx"]["ge"], one["input"]) == (1, 0)


def test_one_finding_a_key_is_enough():
    class Strict(Small, extra="forbid"):
        pass

    with pytest.raises(ValidationError) as caught:
        Strict.model_validate({"x": 1})
    assert [one["type"] for one in caught.value.errors()] == [OWN_WORDS]


def test_braces_in_words_are_text():
    assert found(a=1, b=1) == [(("small", "b"), OWN_WORDS, "is {a} again")]
    assert str(own_words("{x}")) == "{x}"
