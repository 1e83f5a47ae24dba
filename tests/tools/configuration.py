"""Makes docs/config.schema.json, and the tables in docs/configuration.md: every key, from the model that reads it.

    .venv/bin/python tests/tools/configuration.py

What stands around the tables is written by hand.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
DOCUMENT = ROOT / "docs" / "configuration.md"
SCHEMA = ROOT / "docs" / "config.schema.json"

BEGIN = "<!-- The tables: made by tests/tools/configuration.py, a test compares. -->\n"
END = "<!-- The end of the tables. -->\n"

_TYPES = {"string": "text", "integer": "whole number", "number": "number", "boolean": "`true` or `false`"}

# What a payload can say.
_SCALARS = ["string", "number", "boolean"]

_HEADINGS = "| key | type | default | what it means | on reload |\n|---|---|---|---|---|\n"

Schema = dict[str, Any]


def schema_text() -> str:
    """What docs/config.schema.json has to hold."""
    from bridge.config.json_schema import json_schema

    return json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"


def updated(text: str) -> str:
    """The document with the tables as they have to be."""
    before, _, rest = text.partition(BEGIN)
    _, _, behind = rest.partition(END)
    return f"{before}{BEGIN}\n{tables()}\n{END}{behind}"


def tables() -> str:
    """A table for each section, those below a section after it."""
    from bridge.config.json_schema import json_schema

    return "\n".join(_Tables(json_schema()).sections()).rstrip() + "\n"


class _Tables:
    def __init__(self, schema: Schema) -> None:
        self._schema = schema

    def sections(self) -> Iterator[str]:
        for name, schema in self._schema["properties"].items():
            yield from self._section((name,), schema, listed=False)

    def _section(self, names: tuple[str, ...], schema: Schema, *, listed: bool) -> Iterator[str]:
        brackets, section = self._below(schema, names)
        several = brackets != "[{}]"
        yield f"{'#' * (len(names) + 1)} `{brackets.format('.'.join(names))}`\n"
        if "description" in schema:
            yield f"{schema['description']}\n"
        below: list[tuple[tuple[str, ...], Schema]] = []
        rows = []
        for key, one in section["properties"].items():
            if self._below(one, (*names, key))[1] is not None:
                below.append(((*names, key), one))
            rows.append(self._row((*names, key), one, section, listed=listed or several))
        yield _HEADINGS + "\n".join(rows) + "\n"
        for path, one in below:
            yield from self._section(path, one, listed=listed or several)

    def _below(self, schema: Schema, names: tuple[str, ...]) -> tuple[str, Schema | None]:
        """How a section of this schema is written, and what is in it; None for what is no section."""
        if (found := self._resolved(schema)) is not None:
            return "[{}]", found
        for way in (schema, *schema.get("anyOf", ())):
            if (found := self._resolved(way.get("items", {}))) is not None:
                return "[[{}]]", found
            extra = way.get("additionalProperties")
            if isinstance(extra, dict) and (found := self._resolved(extra)) is not None:
                return "[{}.NAME]", found
            if way is not schema and (found := self._resolved(way)) is not None:
                return "[{}]", found
        return "", None

    def _resolved(self, schema: Schema) -> Schema | None:
        reference = schema.get("$ref", "")
        return self._schema["$defs"][reference.rpartition("/")[2]] if reference else None

    def _row(self, names: tuple[str, ...], schema: Schema, section: Schema, *, listed: bool) -> str:
        from bridge.config.environment import variable
        from bridge.config.reload import effect_of

        key = f"`{names[-1]}`" + ("" if listed else f"<br>`{variable(names)}`")
        needed = names[-1] in section.get("required", ())
        default = "required" if needed else self._default(schema)
        effect = "applied" if effect_of(".".join(names)).live else "restart"
        cells = (key, self._type(schema, names), default, schema["description"], effect)
        return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"

    def _default(self, schema: Schema) -> str:
        if "default" not in schema or isinstance(schema["default"], dict):
            return "none"
        return f"`{json.dumps(schema['default'], ensure_ascii=False)}`"

    def _type(self, schema: Schema, names: tuple[str, ...]) -> str:
        brackets, _ = self._below(schema, names)
        if brackets:
            short = ", or text" if {"type": "string"} in schema.get("anyOf", ()) else ""
            return f"`{brackets.format('.'.join(names))}`{short}"
        return _type_of(schema)


def _type_of(schema: Schema) -> str:
    if "anyOf" in schema:
        return _one_of(schema["anyOf"])
    if "enum" in schema or "const" in schema:
        return " or ".join(f"`{json.dumps(value)}`" for value in schema.get("enum", [schema.get("const")]))
    if schema.get("format") == "password":
        return "secret text"
    if schema.get("type") == "array":
        return f"list of {_plural(_type_of(schema['items']))}"
    if schema.get("type") == "object":
        return f"table of {_plural(_type_of(schema['additionalProperties']))}"
    return _TYPES[schema["type"]] + _bounds(schema)


def _one_of(ways: list[Schema]) -> str:
    if [way.get("type") for way in ways] == _SCALARS:
        return "value"
    first, *others = ways
    if [way.get("items") for way in others] == [first]:
        return f"{_type_of(first)}, or a list of such"
    return " or ".join(map(_type_of, ways))


def _plural(kind: str) -> str:
    if kind.startswith(("`", "list", "table")):
        return kind
    noun, comma, rest = kind.partition(",")
    return f"{noun}s{comma}{rest}"


def _bounds(schema: Schema) -> str:
    least, most = schema.get("minimum"), schema.get("maximum")
    if "exclusiveMinimum" in schema:
        return f" above {schema['exclusiveMinimum']}"
    if least is not None and most is not None:
        return f", {least} to {most}"
    if least is not None:
        return f", {least} or more"
    length = schema.get("maxLength")
    return f", {length} characters at most" if length else ""


if __name__ == "__main__":
    sys.path[:0] = [str(ROOT), str(ROOT / "tests")]
    SCHEMA.write_text(schema_text(), encoding="utf-8")
    DOCUMENT.write_text(updated(DOCUMENT.read_text(encoding="utf-8")), encoding="utf-8")
