"""`presence-bridge check --show`: every value of the configuration, and where it comes from."""

import json
from collections.abc import Iterator
from typing import Any, Final

from pydantic import BaseModel, SecretStr

from bridge.commands.columns import columns
from bridge.config import Settings
from bridge.config.locate import KeyPath, dotted
from bridge.config.secrecy import HIDDEN, holds_secret, without_userinfo
from bridge.config.sources import Sources

_WIDEST: Final = 60


def value_lines(settings: Settings, sources: Sources) -> Iterator[str]:
    """A line for each key that can be written: its value as the file would have it, and its origin.

    Secrets are hidden. A section that is absent is one line.
    """
    rows = (
        (f"{dotted(path)} = {_shown(path, value)}", f"# {sources.origin(path)}")
        for path, value in _values(settings, ())
    )
    yield from columns(*rows)


def _values(section: BaseModel, above: KeyPath) -> Iterator[tuple[KeyPath, Any]]:
    for name, field in type(section).model_fields.items():
        yield from _value(getattr(section, name), (*above, field.alias or name))
    for name, extra in (section.model_extra or {}).items():
        yield (*above, name), extra


def _value(value: Any, path: KeyPath) -> Iterator[tuple[KeyPath, Any]]:  # noqa: ANN401 - whatever a section holds
    if isinstance(value, BaseModel):
        yield from _values(value, path)
    elif isinstance(value, tuple) and value and isinstance(value[0], BaseModel):
        for index, entry in enumerate(value):
            yield from _values(entry, (*path, index))
    elif isinstance(value, dict) and value and isinstance(next(iter(value.values())), BaseModel | str):
        for name, entry in value.items():
            yield from _value(entry, (*path, name))
    else:
        yield path, value


def _shown(path: KeyPath, value: Any) -> str:  # noqa: ANN401 - whatever a section holds
    if value is None or value == SecretStr(""):
        return '""' if value is not None else "(absent)"
    if isinstance(value, SecretStr) or holds_secret(path):
        return HIDDEN if value not in ("", ()) else json.dumps(value)
    text = without_userinfo(_toml(value))
    return text if len(text) <= _WIDEST else f"{text[: _WIDEST - 1]}…"


def _toml(value: Any) -> str:  # noqa: ANN401 - whatever a section holds
    if isinstance(value, dict):
        inner = ", ".join(f"{json.dumps(name)} = {_toml(below)}" for name, below in value.items())
        return f"{{ {inner} }}" if inner else "{}"
    if isinstance(value, tuple):
        return f"[{', '.join(map(_toml, value))}]"
    return json.dumps(value, ensure_ascii=False)
