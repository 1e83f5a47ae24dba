"""Variables in the dialplan: `${X}`, `${EXTEN:1}`, `${EXTEN:-4:2}`, `${GLOBAL(X)}`."""

import re
from collections.abc import Mapping
from typing import Final

from bridge.model.words import quoted

_DEEPEST: Final = 10
_GLOBAL = re.compile(r"GLOBAL\(([^()]*)\)(.*)", re.DOTALL)
_PART = re.compile(r"(?P<name>[^:]*)(?::(?P<offset>-?[0-9]{1,9})(?::(?P<length>-?[0-9]{1,9}))?)?", re.DOTALL)


class UnresolvedError(Exception):
    """Something has a value in the running PBX only; the text names it."""


# What has no value that we know has the reason in its place.
Variables = Mapping[str, str | UnresolvedError]


def expand(text: str, variables: Variables) -> str:
    """Return `text` with every `${...}` replaced. Raise UnresolvedError.

    Asterisk puts nothing in the place of a variable that it does not know; a hint made so would watch
    a device of another name, and nobody would be told.
    """
    return _expand(text, variables, _DEEPEST)


def _expand(text: str, variables: Variables, levels: int) -> str:
    if "$[" in text:
        raise UnresolvedError(f"{quoted(text)} holds an expression $[...], which Asterisk calculates")
    parts: list[str] = []
    position = 0
    while (start := text.find("${", position)) >= 0:
        end = _closing(text, start + 2)
        if not levels:
            raise UnresolvedError("variables stand in variables too deep")
        parts += (
            text[position:start],
            _value(_expand(text[start + 2 : end], variables, levels - 1), variables),
        )
        position = end + 1
    return "".join((*parts, text[position:]))


def _closing(text: str, start: int) -> int:
    """Where the brace is that closes the one before `start`."""
    depth = 1
    for position in range(start, len(text)):
        depth += {"{": 1, "}": -1}.get(text[position], 0)
        if not depth:
            return position
    raise UnresolvedError(f"{quoted(text)} lacks the }} of a variable")


def _value(reference: str, variables: Variables) -> str:
    is_global = _GLOBAL.fullmatch(reference)
    plain = "".join(is_global.groups()) if is_global else reference
    if "(" in plain:
        raise UnresolvedError(f"${{{reference}}} is a function, which only the running PBX can carry out")
    part = _PART.fullmatch(plain)
    if part is None:
        raise UnresolvedError(f"${{{reference}}} is not understood")
    value = variables.get(part["name"])
    if value is None:
        raise UnresolvedError(f"${{{part['name']}}} is set in no [globals] of these files")
    if isinstance(value, UnresolvedError):
        raise value
    return _substring(value, int(part["offset"] or 0), part["length"])


def _substring(value: str, offset: int, length: str | None) -> str:
    """From `offset`, counted from the end if it is negative; so long, or that much less if that is."""
    rest = value[offset:]
    return rest if length is None else rest[: int(length)]
