"""Secrets that a service manager hands over: files in $CREDENTIALS_DIRECTORY (systemd.exec(5), Credentials).

A file named `mqtt.password`, or `presence-bridge.mqtt.password`, holds the password of `[mqtt]`. In a list
the entry is told by its name: `sip.users.200.password`, `phones.000fd3aabbcc.pbx.password`. Of a key that names
a PEM file, such as `sip.tls.key`, the credential is that file.
"""

from collections.abc import Callable, Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final, NamedTuple

from bridge.config.locate import KeyPath
from bridge.config.problem import Problem
from bridge.config.schema import KEYS, Key, Names
from bridge.config.secret_files import SecretFile
from bridge.phones.mac import parse_mac

VARIABLE: Final = "CREDENTIALS_DIRECTORY"

_PREFIX: Final = "presence-bridge."


class Credential(NamedTuple):
    """One file, and the parts of its name behind the prefix."""

    path: Path
    parts: Names
    prefixed: bool

    def value(self, key: Key) -> SecretFile | str:
        """What it gives to a key."""
        return SecretFile(self.path) if key.is_secret else str(self.path)


class Given(NamedTuple):
    """What one credential gives, and to which key."""

    path: KeyPath
    value: SecretFile | str
    file: Path


def credentials(environ: Mapping[str, str]) -> tuple[Credential, ...]:
    """The files that were handed over; none where there is no such directory."""
    folder = environ.get(VARIABLE, "")
    if not folder:
        return ()
    try:
        files = sorted(Path(folder).iterdir())
    except OSError:
        return ()
    return tuple(map(_credential, files))


def given(found: tuple[Credential, ...], values: Mapping[str, Any]) -> Iterator[Given | Problem]:
    """What they give to the keys of these values, in which lists have their entries already.

    What is a credential of something else is left alone, unless its name begins as ours do.
    """
    for credential in found:
        yield from _given(credential, values)


def _given(credential: Credential, values: Mapping[str, Any]) -> Iterator[Given | Problem]:
    key = _SINGLE.get(credential.parts)
    if key is not None:
        yield Given(key.names, credential.value(key), credential.path)
        return
    for key, table in _LISTED:
        tail = key.names[len(table.names) :]
        entry = _entry(credential.parts, table.names, tail)
        if entry is not None:
            index = _index(values, table, entry)
            if index is None:
                words = (
                    f"is for {entry!r}, and there is no such {table.key} under [[{'.'.join(table.names)}]]"
                )
                yield _problem(credential, words)
            else:
                path: KeyPath = (*table.names, index, *tail)
                yield Given(path, credential.value(key), credential.path)
            return
    if credential.prefixed or credential.parts[0] in _SECTIONS:
        yield _problem(credential, f"is no secret of the configuration{_meant(credential.parts)}")


class _Table(NamedTuple):
    """A list with secrets in it: its name, and the key that tells its entries apart, in one spelling."""

    names: Names
    key: str
    spelling: Callable[[str], str]


def _mac(text: str) -> str:
    try:
        return parse_mac(text)
    except ValueError:
        return text


_TABLES: Final = (_Table(("sip", "users"), "name", str), _Table(("phones",), "mac", _mac))

_KEYS: Final = tuple(key for key in KEYS if not key.refers and (key.is_secret or key.is_file))
_SINGLE: Final[Mapping[Names, Key]] = {key.names: key for key in _KEYS if not key.listed}
_LISTED: Final = tuple(
    (key, table) for key in _KEYS for table in _TABLES if key.names[: len(table.names)] == table.names
)
_SECTIONS: Final = frozenset(key.names[0] for key in _KEYS)


def _credential(path: Path) -> Credential:
    name = path.name.removeprefix(_PREFIX)
    return Credential(path, tuple(name.split(".")), prefixed=name != path.name)


def _entry(parts: Names, head: Names, tail: Names) -> str | None:
    """The name between `head` and `tail`, which may have dots in it; None where these do not fit."""
    fits = parts[: len(head)] == head and parts[-len(tail) :] == tail
    name = ".".join(parts[len(head) : -len(tail)])
    return name if fits and name else None


def _index(values: Mapping[str, Any], table: _Table, entry: str) -> int | None:
    found: Any = values
    for name in table.names:
        found = found.get(name) if isinstance(found, dict) else None
    for index, section in enumerate(found if isinstance(found, list) else ()):
        told = section.get(table.key) if isinstance(section, dict) else None
        if isinstance(told, str) and table.spelling(told) == table.spelling(entry):
            return index
    return None


def _meant(parts: Names) -> str:
    known = [".".join(names) for names in _SINGLE]
    near = get_close_matches(".".join(parts), known, n=1)
    return f" (did you mean {near[0]}?)" if near else ""


def _problem(credential: Credential, words: str) -> Problem:
    return Problem(f"credential {credential.path}", "", words)
