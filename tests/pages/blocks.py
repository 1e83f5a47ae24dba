"""Code blocks of Markdown pages, with the marks that may stand above each, such as `<!-- not run: why -->`."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from support.bridge_process import ROOT

_BLOCK = re.compile(
    r"^(?P<marks>(?: *<!-- [^\n]*? -->\n)*)"
    r"(?P<indent> *)```(?P<language>\w*)\n(?P<text>.*?)^(?P=indent)```$",
    re.MULTILINE | re.DOTALL,
)
_MARK = re.compile(r"<!-- (.*?) -->")
_PROMPT = "$ "


@dataclass(frozen=True, slots=True)
class Block:
    """One block; `line` is that of its fence, `page` is relative to the checkout."""

    page: str
    line: int
    language: str
    marks: tuple[str, ...]
    text: str

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"

    def marked(self, name: str) -> str | None:
        """What a mark says behind `name:`; empty for one that says no more, None where there is none."""
        for mark in self.marks:
            first, _, rest = mark.partition(": ")
            if first == name:
                return rest
        return None

    @property
    def is_commands(self) -> bool:
        """Whether somebody would type it."""
        return self.language in ("sh", "console")

    @property
    def is_run(self) -> bool:
        """Whether a test types it."""
        return self.is_commands and self.marked("not run") is None

    @property
    def commands(self) -> list[tuple[str, list[str]]]:
        """What is typed, and the lines that it prints; those of `sh` print what they like."""
        if self.language == "sh":
            return [(self.text, [])]
        typed: list[tuple[str, list[str]]] = []
        for line in self.text.splitlines():
            if line.startswith(_PROMPT):
                typed.append((line.removeprefix(_PROMPT), []))
            elif typed[-1][0].endswith("\\"):
                typed[-1] = (f"{typed[-1][0]}\n{line}", [])
            else:
                typed[-1][1].append(line)
        return typed


def pages() -> list[str]:
    """Every page that a reader may follow, relative to the checkout."""
    found = [ROOT / "README.md", *ROOT.glob("docs/**/*.md"), *ROOT.glob("grafana/*.md")]
    return sorted(str(page.relative_to(ROOT)) for page in found)


def blocks(page: str) -> Iterator[Block]:
    """The blocks of a page, from top to bottom."""
    text = (ROOT / page).read_text(encoding="utf-8")
    for found in _BLOCK.finditer(text):
        indent = len(found["indent"])
        body = "".join(line[indent:] or "\n" for line in found["text"].splitlines(keepends=True))
        line = text.count("\n", 0, found.end("marks")) + 1
        yield Block(page, line, found["language"], tuple(_MARK.findall(found["marks"])), body)


@dataclass(frozen=True, slots=True)
class Scene:
    """A part of a page whose blocks follow each other; `name` says what is there before, empty where none says."""

    page: str
    line: int
    name: str
    blocks: tuple[Block, ...]

    def __str__(self) -> str:
        return f"{self.page}:{self.line} {self.name}".strip()


def scenes(page: str) -> Iterator[Scene]:
    """Those of a page in which something is typed."""
    parts: list[list[Block]] = [[]]
    for block in blocks(page):
        if block.marked("scene") is not None:
            parts.append([])
        parts[-1].append(block)
    for part in parts:
        if any(block.is_run for block in part):
            yield Scene(page, part[0].line, part[0].marked("scene") or "", tuple(part))
