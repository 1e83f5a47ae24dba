"""One TOML file: its values, where each stands, and a line of it to show without its secrets."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from bridge.config.locate import KeyPath, Place, locate
from bridge.config.problem import ConfigError, Excerpt, Problem
from bridge.config.secrecy import HIDDEN, holds_secret, without_userinfo
from bridge.config.syntax import syntax_problem


@dataclass(frozen=True, slots=True)
class Document:
    """A valid TOML file. `name` is its path as the operator gave it; lines of `text` end in LF alone."""

    name: str
    text: str
    values: Mapping[str, Any]
    places: Mapping[KeyPath, Place]

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read the file; raises ConfigError where it cannot be read or is not TOML."""
        text = _read_text(path)
        try:
            values = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise ConfigError((syntax_problem(str(path), text, str(error)),)) from None
        return cls(str(path), text, values, locate(text))

    def nearest(self, path: KeyPath) -> Place | None:
        """Where the key stands, or else the table around it; None where neither is in the file.

        What may be a list can be written without brackets, and then has no place in one.
        """
        known: KeyPath = ()
        for part in path:
            if (*known, part) in self.places:
                known = (*known, part)
            elif isinstance(part, str):
                break
        return self.places.get(known)

    def says(self, path: KeyPath) -> bool:
        """Whether the value at a key is written here, be it in a shorter way: `set = "dnd"` says `set.state`."""
        value: Any = self.values
        for part in path:
            if isinstance(value, dict):
                if isinstance(part, str) and part not in value:
                    return False
                value = value[part] if isinstance(part, str) else value
            elif isinstance(value, list) and isinstance(part, int):
                value = value[part]
        return True

    def excerpt(self, place: Place) -> Excerpt:
        """The line of `place`, every secret value in it hidden."""
        lines = self.text.split("\n")
        line, column = lines[place.line - 1], place.column
        begin = sum(len(before) + 1 for before in lines[: place.line - 1])
        for start, end in reversed(self._secrets(begin, begin + len(line))):
            line = line[:start] + HIDDEN + line[end:]
            if column > end:
                column += len(HIDDEN) - (end - start)
            elif column > start:
                column = start + 1
        return Excerpt(place.line, without_userinfo(line), column)

    def _secrets(self, begin: int, stop: int) -> list[tuple[int, int]]:
        """The parts of `text[begin:stop]` that are secret values, relative to `begin`; none overlap."""
        parts: list[tuple[int, int]] = []
        shown = [item for item in self.places.items() if item[1].start < stop and item[1].end > begin]
        for path, place in sorted(shown, key=lambda item: item[1].start):
            start, end = max(place.start, begin), min(place.end, stop)
            enclosed = parts and start < parts[-1][1] + begin
            if start < end and not enclosed and holds_secret(path):
                parts.append((start - begin, end - begin))
        return parts


def _read_text(path: Path) -> str:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ConfigError((Problem(str(path), "", f"cannot be read: {error.strerror}"),)) from None
    try:
        return data.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        reason = (
            f"the file is not UTF-8 text, but has a byte 0x{data[error.start]:02x} here: save it as UTF-8"
        )
        raise ConfigError((Problem(f"{path}:{line}", "", reason),)) from None
