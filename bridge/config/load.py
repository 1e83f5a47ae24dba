"""The configuration: found, read from one TOML file and what goes over it, and checked."""

from collections.abc import Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from bridge.config.explain import explained
from bridge.config.hints import unknown_watchers
from bridge.config.problem import ConfigError, Problem
from bridge.config.provisioning import mistakes
from bridge.config.rule_doubts import rule_doubts
from bridge.config.rule_mistakes import wrong_references, wrong_together
from bridge.config.settings import Settings, repeated
from bridge.config.sources import Sources

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
    problems = [*sources.problems, *_repeated_extensions(values.get("hints"), sources)]
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


def _repeated_extensions(hints: object, sources: Sources) -> Iterator[Problem]:
    """Looked for in what was written, since the model looks only when every hint is right by itself."""
    sections = enumerate(hints if isinstance(hints, list) else ())
    written = [
        (i, h["extension"])
        for i, h in sections
        if isinstance(h, dict) and isinstance(h.get("extension"), str)
    ]
    for again, first in repeated([extension for _, extension in written]):
        path = ("hints", written[again][0], "extension")
        place = sources.where(("hints", written[first][0], "extension"))
        yield sources.problem(path, f"{written[again][1]!r} stands already at {place}")


def _reading_order(problem: Problem) -> tuple[bool, int, int]:
    """Down the file; what has no line comes last."""
    excerpt = problem.excerpt
    return (False, excerpt.number, excerpt.column) if excerpt else (True, 0, 0)
