"""Code blocks of Markdown pages, with the mark that may stand above each: `<!-- not run: why -->`."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from support.bridge_process import ROOT

_BLOCK = re.compile(
    r"^(?:(?P<marked> *)<!-- (?P<mark>[^>]*?) -->\n)?"
    r"(?P<indent> *)```(?P<language>\w*)\n(?P<text>.*?)^(?P=indent)```$",
    re.MULTILINE | re.DOTALL,
)
_PROMPT = "$ "


@dataclass(frozen=True, slots=True)
class Block:
    """One block; `line` is that of its fence, `page` is relative to the checkout."""

    page: str
    line: int
    language: str
    mark: str
    text: str

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"

    def marked(self, name: str) -> str | None:
        """What the mark says behind `name:`; empty for a mark without more, None where it is another."""
        found = re.fullmatch(rf"{name}(?::? (.*))?", self.mark)
        return None if found is None else found[1] or ""

    @property
    def is_commands(self) -> bool:
        """Whether somebody would type it."""
        return self.language in ("sh", "console")

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
        line = text.count("\n", 0, found.start()) + (2 if found["mark"] else 1)
        yield Block(page, line, found["language"], found["mark"] or "", body)


def folder_of(page: str) -> Path:
    """The folder that a page's links start from."""
    return (ROOT / page).parent
