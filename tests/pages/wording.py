"""What the program can print: the texts in its source, with anything in place of what is put into them."""

import ast
import re
from collections.abc import Iterator
from functools import cache

from support.bridge_process import ROOT

_LINE = re.compile(r"^([a-z]+(?:_[a-z]+)+)((?: [a-z_]+=(?:\"[^\"]*\"|\S+))*)$")
_FIELD = re.compile(r" ([a-z_]+)=(\"[^\"]*\"|\S+)")

# What the system and the broker say, in their own words.
_SYSTEM = (
    "Address already in use",
    "Cannot assign requested address",
    "No such file or directory",
    "No space left on device",
    "not authorized",
)

# Shorter texts are put between others, and would make anything printable.
_LEAST = 12
_LEAST_INSIDE = 5
_MEANT = re.compile(r" \(did you mean [^ ]+\?\)$")


def is_printed(words: str) -> bool:
    """Whether the program has words for this, or for a line of the log with these fields."""
    if line := _LINE.match(words):
        event, fields = line[1], _FIELD.findall(line[2])
        return any(event_of.fullmatch(event) for event_of in _lines()) and all(
            name in _names() and _is_value(value.strip('"')) for name, value in fields
        )
    return any(_fits(text, words) for text in _texts())


def _fits(text: re.Pattern[str], words: str) -> bool:
    found = text.fullmatch(words)
    return found is not None and all(_is_value(value) for value in found.groups())


def _is_value(value: str) -> bool:
    """One word, a list of them, or what was said by another part of the program or by the system."""
    value = _MEANT.sub("", value)
    alone = not re.search(r"[^,] ", value)
    return alone or value in _SYSTEM or any(_fits(text, value) for text in _texts(_LEAST_INSIDE))


@cache
def _texts(least: int = _LEAST) -> tuple[re.Pattern[str], ...]:
    return tuple(
        re.compile(pattern, re.DOTALL)
        for pattern in _patterns()
        if len(pattern.replace("(.*?)", "")) >= least
    )


@cache
def _lines() -> tuple[re.Pattern[str], ...]:
    """Names of lines: with one word at least that is written out."""
    return tuple(re.compile(pattern) for pattern in _patterns("bridge/io/log/lines.py") if len(pattern) > 4)


@cache
def _names() -> frozenset[str]:
    """Names of fields."""
    return frozenset(_patterns("bridge/io/log/lines.py"))


@cache
def _patterns(path: str = "bridge/**/*.py") -> tuple[str, ...]:
    return tuple(
        pattern
        for source in sorted(ROOT.glob(path))
        for node in ast.walk(ast.parse(source.read_text(encoding="utf-8")))
        for pattern in _pattern(node)
    )


def _pattern(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.JoinedStr):
        yield "".join(
            re.escape(part.value) if isinstance(part, ast.Constant) else "(.*?)" for part in node.values
        )
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        # The log's own way to put values into a text is `%s`.
        yield "(.*?)".join(map(re.escape, node.value.split("%s")))
