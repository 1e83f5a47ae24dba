"""What a reader may ask of a value instead of taking it: whether it contains, lies between, matches."""

import re
from collections.abc import Callable
from math import isfinite

from bridge.rules.payload import folded, value_text

Operator = Callable[[object], bool | None]
"""From a value of a document to the answer; None when the value is none that can be asked so."""

_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")


def contains(word: str) -> Operator:
    """Whether a list has an item of that text, or a text has it as a part; case does not count."""
    wanted = folded(word)

    def ask(value: object) -> bool | None:
        if isinstance(value, list):
            return any(text is not None and folded(text) == wanted for text in map(value_text, value))
        text = value_text(value)
        return None if text is None else wanted in folded(text)

    return ask


def between(above: float | None, below: float | None) -> Operator:
    """Whether a number, or a text that is one, lies between the bounds; they do not belong to it.

    ValueError when a bound is no number or nothing lies between them.
    """
    lower = float("-inf") if above is None else above
    upper = float("inf") if below is None else below
    if not all(isfinite(bound) for bound in (above, below) if bound is not None):
        raise ValueError("above and below must be finite numbers")
    if lower >= upper:
        raise ValueError(f"no number is above {lower:g} and below {upper:g}")

    def ask(value: object) -> bool | None:
        number = _number(value)
        return None if number is None else lower < number < upper

    return ask


def matches(pattern: str) -> Operator:
    """Whether a regular expression is found in the text; case counts, unless it begins with (?i).

    Texts are at most `MAX_TEXT` long. That bounds the time of a sane pattern only: one such as `(a+)+$`
    is not for this world. ValueError when it is no regular expression.
    """
    try:
        search = re.compile(pattern).search
    except (re.error, OverflowError, RecursionError) as error:
        raise ValueError(f"'{pattern}' is no regular expression: {error}") from None

    def ask(value: object) -> bool | None:
        text = value_text(value)
        return None if text is None else search(text) is not None

    return ask


def _number(value: object) -> float | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, str):
        text = value_text(value)
        value = float(text) if text is not None and _NUMBER.fullmatch(text) else None
    return value if isinstance(value, int) or (isinstance(value, float) and isfinite(value)) else None
