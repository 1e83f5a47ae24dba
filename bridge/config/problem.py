"""What is wrong with a configuration, in words that an operator can act on."""

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class Excerpt:
    """One line of the file, secrets hidden already, with the column (from 1) that a caret points at."""

    number: int
    line: str
    column: int

    def __str__(self) -> str:
        before = self.line[: self.column - 1]
        indent = "".join(character if character == "\t" else " " for character in before)
        return f"    {self.number:4} | {self.line}\n         | {indent}^"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing to mend.

    `where`: `file:line:column`, `environment NAME` or a path. `key`: dotted, empty when no key is to blame.
    """

    where: str
    key: str
    reason: str
    excerpt: Excerpt | None = None

    def __str__(self) -> str:
        words = f"{self.where}: {self.key} {self.reason}" if self.key else f"{self.where}: {self.reason}"
        return f"{words}\n{self.excerpt}" if self.excerpt else words


class ConfigError(Exception):
    """The configuration cannot be used; `problems` holds everything that was found, in reading order."""

    exit_code: ClassVar[int] = 78  # EX_CONFIG of sysexits.h: systemd is told not to restart on it

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__(problems)
        self.problems = problems

    def __str__(self) -> str:
        return "\n".join(map(str, self.problems))
