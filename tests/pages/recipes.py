"""The recipes of docs/cookbook.md: what stands in each section, as a test can do it."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass

from support.bridge_process import ROOT

PAGE = ROOT / "docs/cookbook.md"

_SECTION = re.compile(r"^## (.+)$", re.MULTILINE)
_TOML = re.compile(r"^```toml\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_ROW = re.compile(r"^\| (?!what happens)([^-|].*?) \| (.+?) \|$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Step:
    """What happens, and what the phones show then: `state,subtype,message`, and a lamp if it is named."""

    happens: str
    presence: str
    lamp: str | None

    @property
    def published(self) -> tuple[str, str, bool] | None:
        """Topic, payload and whether it is retained; None where nobody publishes."""
        if not self.happens.startswith("`"):
            return None
        program, *words = shlex.split(self.happens.strip("`"))
        assert program == "mosquitto_pub"
        return words[words.index("-t") + 1], words[words.index("-m") + 1], "-r" in words


@dataclass(frozen=True, slots=True)
class Recipe:
    """A section: its heading, its configuration, and the rows of its table."""

    heading: str
    toml: str
    steps: tuple[Step, ...]


def recipes() -> Iterator[Recipe]:
    """Each of the page, from top to bottom."""
    _, *parts = _SECTION.split(PAGE.read_text(encoding="utf-8"))
    for heading, text in zip(parts[::2], parts[1::2], strict=True):
        (toml,) = _TOML.findall(text)
        yield Recipe(heading, toml, tuple(_step(*row) for row in _ROW.findall(text)))


def _step(happens: str, shows: str) -> Step:
    found = re.fullmatch(r"`([^`]+)`(?:, lamp: (.+))?", shows)
    assert found is not None, shows
    return Step(happens, found[1], found[2])
