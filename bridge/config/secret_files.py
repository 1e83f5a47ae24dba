"""Secrets that stand in files of their own: every secret key may be written as `<key>_file`, with a file's name."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from bridge.config.locate import KeyPath
from bridge.config.schema import KEYS, names_of
from bridge.config.secrecy import REFERENCE

_REFERRING: Final = frozenset(key.names for key in KEYS if key.refers)
_NOTHING: Final[tuple[object, ...]] = (None, "", [])


@dataclass(frozen=True, slots=True)
class SecretFile:
    """What stands for a secret until all sources are put together: the file that holds it."""

    path: Path

    def read(self) -> str:
        """The text, without the end of its line. ValueError says what is wrong, and names the file."""
        try:
            text = self.path.read_bytes().decode("utf-8").rstrip("\r\n")
        except OSError as error:
            raise ValueError(f"{self.path}: {error.strerror}") from None
        except UnicodeDecodeError:
            raise ValueError(f"{self.path} is not UTF-8 text") from None
        if not text:
            raise ValueError(f"{self.path} is empty: write the secret into it, and nothing else")
        return text

    def read_line(self) -> str:
        """As `read`, and refuse several lines."""
        text = self.read()
        if "\n" in text:
            raise ValueError(f"{self.path} has several lines: write the secret into it, and nothing else")
        return text


@dataclass(frozen=True, slots=True)
class Referred:
    """What one source says, with a SecretFile in place of each secret that stands in a file.

    `written`: the key that names the file, by the secret's key. `mistakes`: keys, and what is wrong with them.
    """

    values: dict[str, Any]
    written: dict[KeyPath, KeyPath] = field(default_factory=dict)
    mistakes: list[tuple[KeyPath, str]] = field(default_factory=list)


def lines(text: str) -> list[str]:
    """The secrets of a file that may hold several, one a line."""
    return [line.strip() for line in text.splitlines() if line.strip()]


def referred(values: Mapping[str, Any]) -> Referred:
    """Replace each `<key>_file`; the files are not read yet, as another source may go before this one."""
    result = Referred({})
    result.values.update(_section(values, (), result))
    return result


def _section(section: Mapping[str, Any], above: KeyPath, result: Referred) -> dict[str, Any]:
    found = {name: _value(value, (*above, name), result) for name, value in section.items()}
    for name in section:
        if names_of((*above, name)) in _REFERRING:
            secret, file = name.removesuffix(REFERENCE), found.pop(name)
            if not isinstance(file, str):
                result.mistakes.append(((*above, name), "needs the name of a file, in quotes"))
            elif file and section.get(secret) not in _NOTHING:
                result.mistakes.append(((*above, name), f"stands beside {secret}: one of them is enough"))
            elif file:
                found[secret] = SecretFile(Path(file))
                result.written[(*above, secret)] = (*above, name)
    return found


def _value(value: object, path: KeyPath, result: Referred) -> object:
    if isinstance(value, dict):
        return _section(value, path, result)
    if isinstance(value, list):
        return [_value(entry, (*path, index), result) for index, entry in enumerate(value)]
    return value
