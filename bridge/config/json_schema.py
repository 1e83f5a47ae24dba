"""The configuration as a JSON Schema (draft 2020-12), for editors: what may be written, and what it means."""

from typing import Any, Final

from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaValue

from bridge.config.schema import sections
from bridge.config.secrecy import REFERENCE
from bridge.config.settings import Settings

_KEYWORDS: Final = {"ge": "minimum", "gt": "exclusiveMinimum", "le": "maximum"}
_SECTIONS: Final = {model.__name__: model for model in sections(Settings)}
_DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"


def json_schema() -> JsonSchemaValue:
    """The schema of the file, with the keys that name the files of secrets."""
    schema: JsonSchemaValue = _tidy(Settings.model_json_schema(by_alias=True))
    for name, section in schema["$defs"].items():
        section.pop("description", None)  # which is for whoever reads the code
        _add_bounds(section, _SECTIONS[name])
        _add_files(section)
    del schema["description"]
    return {"$schema": _DIALECT, "title": "The configuration of Presence Bridge", **schema}


def is_secret(schema: JsonSchemaValue) -> bool:
    """Whether the schema of a key is that of a secret, or of a list of them."""
    parts = [schema, schema.get("items", {}), *schema.get("anyOf", ())]
    return any(part.get("format") == "password" for part in parts)


def _tidy(schema: Any) -> Any:  # noqa: ANN401 (any part of a schema)
    """Without what TOML has no word for (null), and without titles, which say the names of keys once more."""
    if isinstance(schema, list):
        return [_tidy(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    found = {name: _tidy(part) for name, part in schema.items() if not _is_noise(name, part)}
    if "properties" in schema:  # whose names are keys
        found["properties"] = {name: _tidy(part) for name, part in schema["properties"].items()}
    ways = [way for way in found.get("anyOf", ()) if way != {"type": "null"}]
    if len(ways) == 1:
        del found["anyOf"]
        return {**ways[0], **found}
    return {**found, "anyOf": ways} if ways else found


def _is_noise(name: str, part: object) -> bool:
    """A title, and the default of what is absent, or of a section, which its own keys say."""
    return name == "title" or (name == "default" and (part is None or isinstance(part, dict)))


def _add_bounds(section: JsonSchemaValue, model: type[BaseModel]) -> None:
    """How small and how large numbers may be, which pydantic leaves out behind a validator of ours."""
    for name, field in model.model_fields.items():
        schema = section["properties"][field.alias or name]
        for mark in field.metadata if schema.get("type") in ("integer", "number") else ():
            for bound, keyword in _KEYWORDS.items():
                if (value := getattr(mark, bound, None)) is not None:
                    schema[keyword] = value


def _add_files(section: JsonSchemaValue) -> None:
    """Beside each secret, the key that names its file."""
    properties: dict[str, JsonSchemaValue] = {}
    for name, schema in section.get("properties", {}).items():
        properties[name] = schema
        if is_secret(schema):
            words = f"File that holds {name}, and nothing else."
            properties[f"{name}{REFERENCE}"] = {"type": "string", "default": "", "description": words}
            if name in section.get("required", ()):
                section["required"].remove(name)
    if properties:
        section["properties"] = properties
