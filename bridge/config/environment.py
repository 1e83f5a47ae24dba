"""Settings from environment variables: `PRESENCE_BRIDGE_MQTT__HOST` is `host` of `[mqtt]`.

A list of texts may be written with commas; any other list, and a whole section, as JSON.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from pydantic_settings import EnvSettingsSource, SettingsError

from bridge.config.locate import KeyPath, dotted
from bridge.config.problem import Problem
from bridge.config.schema import KEYS, Key, Names, closest
from bridge.config.secret_files import referred
from bridge.config.settings import DELIMITER, PREFIX, Settings


def variable(names: Names) -> str:
    """The name of the variable that sets a key."""
    return PREFIX + DELIMITER.join(names).upper()


_KEYS: Final[Mapping[str, Key]] = {variable(key.names): key for key in KEYS if not key.listed}


@dataclass(slots=True)
class Environment:
    """What the variables say. `origins` tells which variable gave the value at a key path."""

    values: dict[str, Any] = field(default_factory=dict)
    origins: dict[KeyPath, str] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def origin(self, path: KeyPath) -> str | None:
        """The variable that gave the value at `path` or, for an entry of a list, the list."""
        lengths = range(len(path), 0, -1)
        return next((self.origins[path[:n]] for n in lengths if path[:n] in self.origins), None)


def read(environ: Mapping[str, str]) -> Environment:
    """Read all variables that begin with the prefix; those that are no setting become problems."""
    environment = Environment()
    for name in sorted(environ):
        if not name.upper().startswith(PREFIX):
            continue
        key = _KEYS.get(name.upper())
        if key is None:
            environment.problems.append(Problem(f"environment {name}", "", _unknown(name)))
            continue
        try:
            values = _value(key, environ[name])
        except SettingsError:
            reason = _form(key)
            environment.problems.append(Problem(f"environment {name}", ".".join(key.names), reason))
            continue
        environment.values = merged(environment.values, values)
        environment.origins |= dict.fromkeys(_leaves(values), name)
    _refer(environment)
    return environment


def merged(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Both, section by section; what `above` sets wins, and a list is replaced as a whole."""
    result = dict(below)
    for key, value in above.items():
        old = result.get(key)
        if isinstance(old, dict) and isinstance(value, dict):
            result[key] = merged(old, value)
        else:
            result[key] = value
    return result


def _form(key: Key) -> str:
    """How a variable writes what is more than one text."""
    if key.is_text_list:
        return "needs commas between its parts, or JSON"
    return f'needs JSON, such as {"{" if key.is_section else "[{"}"key": "value"{"}" if key.is_section else "}]"}'


def _refer(environment: Environment) -> None:
    """Take the names of files in place of the secrets in them."""
    found = referred(environment.values)
    environment.values = found.values
    for secret, reference in found.written.items():
        environment.origins[secret] = environment.origin(reference) or ""
    for path, words in found.mistakes:
        where = f"environment {environment.origin(path)}"
        environment.problems.append(Problem(where, dotted(path), words))


def _value(key: Key, text: str) -> dict[str, Any]:
    """The settings, nested, that one variable makes; JSON's null takes a section away."""
    if key.refers:
        values: dict[str, Any] = {key.names[-1]: text}
        for name in reversed(key.names[:-1]):
            values = {name: values}
        return values
    if key.is_text_list and not text.lstrip().startswith("["):
        text = json.dumps([part.strip() for part in text.split(",")])
    source = EnvSettingsSource(Settings)
    source.env_vars = {variable(key.names).lower(): text}
    values = source() or {key.names[0]: None}
    if key.is_section and isinstance(values[key.names[0]], str):
        raise SettingsError  # not shown as a value that is no section: it may hold a password
    return values


def _leaves(values: Mapping[str, Any], above: KeyPath = ()) -> Iterator[KeyPath]:
    for key, value in values.items():
        if isinstance(value, dict) and value:
            yield from _leaves(value, (*above, key))
        else:
            yield (*above, key)


def _unknown(name: str) -> str:
    meant = closest(tuple(name[len(PREFIX) :].lower().split(DELIMITER)))
    while meant and variable(meant) not in _KEYS:  # a key within a list: the list can be set
        meant = meant[:-1]
    return "is not a setting" + (f" (did you mean {variable(meant)}?)" if meant else "")
