"""All that says what the configuration is, put together: the file, the credentials, the environment.

What stands in the environment goes before a credential, and that before the file; what none of them says has
its default.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from bridge.config import environment
from bridge.config.credentials import Given, credentials, given
from bridge.config.document import Document
from bridge.config.locate import KeyPath, dotted
from bridge.config.problem import Problem
from bridge.config.schema import BY_NAMES, names_of
from bridge.config.secret_files import SecretFile, lines, referred

# Stands for a secret whose file is wrong, so that what else is wrong shows, and not what follows from that.
_STAND_IN = "0" * 64


@dataclass(slots=True)
class Sources:
    """`values` are those of all sources; `problems` is what is wrong before anybody has looked at them.

    `credentials` tells which file gives the value at a key, `written` which key of the document names the
    file of a secret.
    """

    document: Document
    variables: environment.Environment
    values: dict[str, Any] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    credentials: dict[KeyPath, Path] = field(default_factory=dict)
    written: Mapping[KeyPath, KeyPath] = field(default_factory=dict)

    @classmethod
    def read(cls, path: Path, environ: Mapping[str, str]) -> Self:
        """Read everything. ConfigError where the file cannot be read or is not TOML."""
        sources = cls(Document.read(path), environment.read(environ))
        document = referred(sources.document.values)
        sources.written = document.written
        sources.problems += sources.variables.problems
        sources.problems += [sources.problem(*mistake) for mistake in document.mistakes]
        sources.values = environment.merged(document.values, sources.variables.values)
        for found in given(credentials(environ), sources.values):
            sources._take(found)
        sources._open_files(sources.values, ())
        return sources

    def problem(self, path: KeyPath, reason: str) -> Problem:
        """A problem with the value at `path`, at the place that gave it."""
        place = None if self.elsewhere(path) else self.document.nearest(self._place(path))
        excerpt = self.document.excerpt(place) if place else None
        return Problem(self.where(path), dotted(path), reason, excerpt)

    def where(self, path: KeyPath) -> str:
        """The variable or the credential that gave a value, or else `file:line:column`."""
        if elsewhere := self.elsewhere(path):
            return elsewhere
        place = self.document.nearest(self._place(path))
        return f"{self.document.name}:{place.line}:{place.column}" if place else self.document.name

    def origin(self, path: KeyPath) -> str:
        """As `where`, but `default` for what nobody has set, and with the file that holds a secret."""
        if elsewhere := self.elsewhere(path):
            return elsewhere
        place = self._place(path)
        if place != path:
            return f"{self.where(path)} ({dotted(place[-1:])} {_at(self.document.values, place)})"
        return self.where(path) if self.document.says(path) else "default"

    def elsewhere(self, path: KeyPath) -> str:
        """The variable or the credential that gave a value; empty where it was neither of them."""
        for length in range(len(path), 0, -1):
            if path[:length] in self.credentials:
                return f"credential {self.credentials[path[:length]]}"
        name = self.variables.origin(path)
        return f"environment {name}" if name else ""

    def _place(self, path: KeyPath) -> KeyPath:
        """The key as it is written: what `ha1_file` holds are the entries of `ha1`."""
        lengths = range(len(path), 0, -1)
        return next((self.written[path[:n]] for n in lengths if path[:n] in self.written), path)

    def _take(self, found: Given | Problem) -> None:
        if isinstance(found, Problem):
            self.problems.append(found)
            return
        section: Any = self.values
        for name in found.path[:-1]:
            section = section[name] if isinstance(name, int) else section.setdefault(name, {})
            if not isinstance(section, dict | list):
                return  # taken away by a variable, or wrong, of which pydantic tells
        if not (self.variables.origin(found.path) and section.get(found.path[-1])):
            section[found.path[-1]] = found.value
            self.credentials[found.path] = found.file

    def _open_files(self, values: Any, above: KeyPath) -> None:  # noqa: ANN401 (a table or a list)
        """Put each secret in the place of its file."""
        for key, value in enumerate(values) if isinstance(values, list) else [*values.items()]:
            if isinstance(value, SecretFile):
                values[key] = self._secret(value, (*above, key))
            elif isinstance(value, dict | list):
                self._open_files(value, (*above, key))

    def _secret(self, file: SecretFile, path: KeyPath) -> str | list[str]:
        try:
            return lines(file.read()) if BY_NAMES[names_of(path)].is_text_list else file.read_line()
        except ValueError as error:
            self.problems.append(self.problem(path, f"cannot be read: {error}"))
            return _STAND_IN


def _at(values: Any, path: KeyPath) -> object:  # noqa: ANN401 (a table or a list)
    for key in path:
        values = values[key]
    return values
