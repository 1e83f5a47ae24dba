"""Findings of our own beside pydantic's: what a section says as a whole, each at the key that is to blame."""

from collections.abc import Iterable
from typing import Final, NamedTuple, TypeVar

from pydantic import ModelWrapValidatorHandler, ValidationError
from pydantic_core import ErrorDetails, InitErrorDetails, PydanticCustomError

from bridge.config.locate import KeyPath

# Type of a finding whose words say everything: what stands there is not repeated behind them.
OWN_WORDS: Final = "own_words"

Model = TypeVar("Model")


class Finding(NamedTuple):
    """`path` begins below the section. `words` follow the name of the key: `is required but absent`."""

    path: KeyPath
    words: str


def own_words(words: str) -> PydanticCustomError:
    """An error to raise in a validator, with words that may hold braces."""
    return PydanticCustomError(OWN_WORDS, "{reason}", {"reason": words})


def refuse(findings: Iterable[Finding]) -> None:
    """Raise ValidationError, to be raised in a validator, if there is any finding."""
    details = [_detail(finding) for finding in findings]
    if details:
        raise ValidationError.from_exception_data("section", details)


def validated(
    handler: ModelWrapValidatorHandler[Model], written: object, findings: Iterable[Finding]
) -> Model:
    """The section where nothing is found, else ValidationError with our findings and pydantic's.

    Of a key that we have found something about, pydantic's findings are left out, and so is what
    follows for the section as a whole.
    """
    ours = {finding.path: finding for finding in findings}
    try:
        section = handler(written)
    except ValidationError as error:
        known = {*ours, ()} if ours else set()
        theirs = [_again(one) for one in error.errors(include_url=False) if one["loc"] not in known]
        details = [*map(_detail, ours.values()), *theirs]
        raise ValidationError.from_exception_data("section", details) from None
    refuse(ours.values())
    return section


def _detail(finding: Finding) -> InitErrorDetails:
    return InitErrorDetails(type=own_words(finding.words), loc=finding.path, input=None)


def _again(one: ErrorDetails) -> InitErrorDetails:
    same = PydanticCustomError(one["type"], "{reason}", {**one.get("ctx", {}), "reason": one["msg"]})
    return InitErrorDetails(type=same, loc=one["loc"], input=one["input"])
