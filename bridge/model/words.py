"""Words for error messages: untrusted text made printable, and the known name that is nearest."""

from collections.abc import Iterable
from difflib import get_close_matches

# Long enough for any known name and its misspelling; difflib's cost grows with the square of it.
_NAME_LIMIT = 40


def printable(text: str, limit: int = 80) -> str:
    r"""Return `text` for a log line: control and format characters escaped, at most `limit` characters.

    What a terminal would obey (escape sequences, bidirectional overrides) is written as `\x1b`.
    """
    shown = text[: limit + 1]
    if not shown.isprintable():
        shown = "".join(_escaped(character) for character in shown)
    return shown if len(shown) <= limit else shown[: limit - 1] + "…"


def printable_bytes(data: bytes, limit: int = 80) -> str:
    r"""Return `data` as `printable` does; bytes that are not UTF-8 are written as `\xff`."""
    # Four bytes are the longest character: cutting there never changes what is shown.
    return printable(data[: 4 * (limit + 1)].decode("utf-8", "backslashreplace"), limit)


def quoted(text: str, limit: int = 80) -> str:
    """Return `printable(text)` between quotes."""
    return f"'{printable(text, limit)}'"


def unknown_name(kind: str, text: str, names: Iterable[str]) -> str:
    """Return the sentence that refuses `text`: what is known, and what may have been meant."""
    known = tuple(names)
    shown = printable(text, _NAME_LIMIT)
    return f"unknown {kind} '{shown}': known are {', '.join(known)}{meant(text, known)}"


def meant(text: str, names: Iterable[str]) -> str:
    """Return ` (did you mean ...?)` with the name that is nearest to `text`, or nothing."""
    by_folded = {name.casefold(): name for name in names}
    near = get_close_matches(printable(text, _NAME_LIMIT).strip().casefold(), by_folded, n=1)
    return f" (did you mean {by_folded[near[0]]}?)" if near else ""


def _escaped(character: str) -> str:
    if character.isprintable():
        return character
    return character.encode("unicode_escape").decode("ascii")
