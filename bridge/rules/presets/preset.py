"""Presets: what is known of how one kind of device speaks, as keys of a sensor's configuration."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

from bridge.model.words import unknown_name
from bridge.mqtt.payload import type_name
from bridge.rules.payload import value_text

# The place of a parameter, or a capture (bridge.mqtt.filter).
_BLANK = re.compile(r"\{([a-z][a-z0-9_]*)(\+?)\}")

OPEN_CLOSED: Final = {"on": "open", "off": "closed"}
ON_OFF: Final = {"on": "on", "off": "off"}
TRUE_FALSE: Final = {"true": "on", "false": "off"}


class Parameter(NamedTuple):
    """One blank of a preset. Left out, it is its `default`; without one it stays a capture, unless `required`."""

    help: str
    default: str | None = None
    required: bool = False


@dataclass(frozen=True, slots=True)
class Preset:
    """A kind of sensor. `help` is one line.

    `sensor` has the keys and values of a hand-written sensor, lists as tuples; `{x}` in any of its texts
    is where parameter `x` goes.
    """

    name: str
    help: str
    parameters: Mapping[str, Parameter]
    sensor: Mapping[str, object]

    def build(self, given: Mapping[str, object]) -> dict[str, object]:
        """Return the keys of a sensor (topic, path, map, availability ...) with `given` put into them.

        A value is a text (a capture such as `{name+}` too) or a number. Requests in which a capture is
        left are left out, for one can publish to one topic only. ValueError in words for a parameter
        that is unknown, missing, empty or of another type.
        """
        for name in given:
            if name not in self.parameters:
                raise ValueError(unknown_name(f"parameter of {self.name}", name, self.parameters))
        words: dict[str, str] = {}
        for name, parameter in self.parameters.items():
            word = self._word(name, given[name]) if name in given else parameter.default
            if word is not None:
                words[name] = word
            elif parameter.required:
                raise ValueError(f"{self.name} needs {name}: {parameter.help}")
        sensor = {key: _filled(value, words) for key, value in self.sensor.items()}
        return {key: value for key, value in sensor.items() if key != "request" or not _has_blank(value)}

    def _word(self, name: str, value: object) -> str:
        word = None if isinstance(value, bool) else value_text(value)
        if not word:
            what = "empty" if word == "" else type_name(value)
            raise ValueError(f"{name} of {self.name} must be a text or a number, not {what}")
        return word


def availability(topic: str, path: str = "", *, word: str = "online") -> Mapping[str, object]:
    """Return the rule by which a device is available while `word` stands there."""
    where = {"path": path} if path else {}
    return {"topic": topic, **where, "map": {word: "@available", "*": "@unavailable"}}


def _filled(value: object, words: Mapping[str, str]) -> object:
    if isinstance(value, str):
        return _BLANK.sub(lambda blank: words.get(blank[1], blank[0]), value)
    if isinstance(value, Mapping):
        return {_filled(key, words): _filled(item, words) for key, item in value.items()}
    if isinstance(value, tuple):
        return [_filled(item, words) for item in value]
    return value


def _has_blank(value: object) -> bool:
    if isinstance(value, str):
        return _BLANK.search(value) is not None
    if isinstance(value, Mapping):
        return any(map(_has_blank, value.values()))
    return isinstance(value, list) and any(map(_has_blank, value))
