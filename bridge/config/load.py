"""The configuration: found, read from one TOML file and what goes over it, and checked."""

from collections.abc import Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from bridge.config.explain import explained
from bridge.config.hints import unknown_watchers
from bridge.config.locate import KeyPath
from bridge.config.problem import ConfigError, Problem
from bridge.config.provisioning import mistakes
from bridge.config.rule_doubts import rule_doubts
from bridge.config.rule_mistakes import wrong_references, wrong_together
from bridge.config.settings import Settings, repeated
from bridge.config.sources import Sources

# Lists whose entries are told apart by a key.
_NAMES: Final[tuple[tuple[KeyPath, str], ...]] = ((("hints",), "extension"), (("sip", "users"), "name"))

PLACES: Final = (Path("config.toml"), Path("/etc/presence-bridge/config.toml"))


def find(path: Path | None, places: tuple[Path, ...] = PLACES) -> Path:
    """The file to read: `path` where one is given, else the first of `places` that exists.

    Raises ConfigError naming the places where none does.
    """
    if path is not None:
        return path
    for place in places:
        if place.exists():
            return place
    searched = " or ".join(map(str, places))
    reason = f"there is no {searched}; name a file with --config, or start from config.example.toml"
    raise ConfigError((Problem("configuration", "", reason),))


def load(path: Path | None, environ: Mapping[str, str]) -> Settings:
    """The settings of a file (see `find`), and of the credentials and the variables that override it.

    Raises ConfigError with everything that is wrong, all at once.
    """
    sources = Sources.read(find(path), environ)
    values = sources.values
    problems = [*sources.problems, *_repeated_names(values, sources)]
    settings: Settings | None = None
    try:
        settings = Settings(**values)
    except ValidationError as error:
        problems += explained(error, sources)
    wrong = [*wrong_references(values, settings)]
    if settings is not None:
        users = (user.name for user in settings.sip.users)
        wrong += chain(mistakes(settings), unknown_watchers(settings.hints, users), wrong_together(settings))
    problems += (sources.problem(path, reason) for path, reason in wrong)
    if settings is None or problems:
        raise ConfigError(tuple(sorted(problems, key=_reading_order)))
    return settings


def doubts(settings: Settings, path: Path | None, environ: Mapping[str, str]) -> tuple[Problem, ...]:
    """What is right, but probably not meant, with its place; `settings` are what `load` gave for the others."""
    sources = Sources.read(find(path), environ)
    problems = (sources.problem(key, words) for key, words in rule_doubts(settings, sources.where))
    return tuple(sorted(problems, key=_reading_order))


def _repeated_names(values: Mapping[str, Any], sources: Sources) -> Iterator[Problem]:
    """Looked for in what was written, since the model looks only when every entry is right by itself."""
    for table, key in _NAMES:
        found: Any = values
        for name in table:
            found = found.get(name) if isinstance(found, dict) else None
        yield from _repeated(table, key, found if isinstance(found, list) else [], sources)


def _repeated(table: KeyPath, key: str, entries: list[Any], sources: Sources) -> Iterator[Problem]:
    written = [
        (index, entry[key])
        for index, entry in enumerate(entries)
        if isinstance(entry, dict) and isinstance(entry.get(key), str)
    ]
    for again, first in repeated([name for _, name in written]):
        place = sources.where((*table, written[first][0], key))
        path = (*table, written[again][0], key)
        yield sources.problem(path, f"{written[again][1]!r} stands already at {place}")


def _reading_order(problem: Problem) -> tuple[bool, int, int]:
    """Down the file; what has no line comes last."""
    excerpt = problem.excerpt
    return (False, excerpt.number, excerpt.column) if excerpt else (True, 0, 0)
