"""The document of an import: `[[hints]]` in TOML, with what was left out as comments."""

import json
from collections.abc import Iterable, Iterator

from bridge.dialplan.choice import Choice, Taken
from bridge.model.words import printable, quoted

# Reasons are long; a comment may be as well.
_WIDTH = 500


def format_document(choice: Choice, files: Iterable[str]) -> str:
    """Return the text, which any TOML file can hold at its end."""
    return "\n".join(_lines(choice, files)) + "\n"


def _lines(choice: Choice, files: Iterable[str]) -> Iterator[str]:
    yield _comment(f"hints of {', '.join(files)}, by presence-bridge import-hints")
    for taken in choice.taken.values():
        yield ""
        yield _comment(f"{taken.line.place}, context {quoted(taken.line.context)}")
        yield from _hint(taken)
    if choice.remarks or choice.asides:
        yield ""
    yield from (_comment(str(remark)) for remark in choice.remarks)
    yield from map(_comment, choice.asides)


def _hint(taken: Taken) -> Iterator[str]:
    yield from map(_comment, taken.notes)
    yield "[[hints]]"
    yield f"extension = {_text(taken.hint.extension)}"
    yield f"hint = {_text(taken.hint.text)}"


def _comment(text: str) -> str:
    return f"# {printable(text, _WIDTH)}"


def _text(text: str) -> str:
    """A basic string: what JSON escapes is escaped the same way, and DEL besides."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007F")
