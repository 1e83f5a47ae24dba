"""Texts with places that are filled in when somebody dials: `back at {time}`."""

import re
from collections.abc import Mapping

_PLACE = re.compile(r"\{([a-z]+)\}")


def places(text: str) -> frozenset[str]:
    """The names between braces; what is no name in small letters is text."""
    return frozenset(_PLACE.findall(text))


def fill(text: str, values: Mapping[str, str]) -> str:
    """The text with all its places filled in. What is filled in is not looked at again."""
    return _PLACE.sub(lambda place: values[place[1]], text)
