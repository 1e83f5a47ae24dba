"""A line of the dialplan that is a hint: `exten => 2000,hint,SIP/2000&Custom:DND2000,CustomPresence:2000`."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from bridge.dialplan.remark import Place, Remark
from bridge.dialplan.sections import Entry, Section
from bridge.dialplan.variables import UnresolvedError, Variables, expand
from bridge.model.words import quoted

# A backslash takes the meaning from what follows; commas in brackets belong to a pattern.
_EXTENSION = re.compile(r"(?:\\.|\[[^\]]*\]|[^,])*", re.DOTALL)
# A label is of no use, but allowed. Whatever else begins so is meant as a hint, and is none.
_HINT = re.compile(r"hint\s*(?:\([^)]*\))?")
_MEANT = re.compile(r"hint\b", re.IGNORECASE)


class HintLine(NamedTuple):
    """A hint as it is written. `extension` may be a pattern; in `text`, variables are not replaced yet."""

    place: Place
    context: str
    extension: str
    text: str

    def expanded(self, extension: str, variables: Variables) -> str:
        """The hint string for an extension. Raise UnresolvedError."""
        text = self.text.removesuffix(self.cut_off)
        return expand(text, {**variables, "EXTEN": extension, "CONTEXT": self.context})

    @property
    def cut_off(self) -> str:
        """What Asterisk does not take: it reads a hint as an application, whose arguments stand in parentheses.

        With a variable before them, they are part of the hint.
        """
        name, parenthesis, rest = self.text.partition("(")
        return "" if "${" in name or "$[" in name else parenthesis + rest


def hint_lines(section: Section, variables: Variables) -> Iterator[HintLine | Remark]:
    """All hints of a section; remarks about those that can be none."""
    extension: str | UnresolvedError | None = None
    for entry in section.entries:
        key, rest = entry.key.casefold(), entry.value
        if key == "exten":
            written = _EXTENSION.match(rest)
            name = written[0] if written else ""
            extension = _extension(name, variables)
            rest = rest[len(name) + 1 :]
        if key in ("exten", "same"):
            priority, _, text = (part.strip() for part in rest.partition(","))
            if _HINT.fullmatch(priority):
                yield _hint(entry, section.name, extension, text)
            elif _MEANT.match(priority):
                words = f"hint left out: {quoted(priority)} is no priority in Asterisk: it has to be written as hint"
                yield Remark(entry.place, words)


def _extension(written: str, variables: Variables) -> str | UnresolvedError:
    """Global variables are replaced in it, and blanks taken out."""
    try:
        return re.sub(r"\s+", "", expand(written, variables))
    except UnresolvedError as error:
        return error


def _hint(
    entry: Entry, context: str, extension: str | UnresolvedError | None, text: str
) -> HintLine | Remark:
    if extension is None:
        return Remark(entry.place, f"{quoted(entry.value)} follows no exten in this section")
    if isinstance(extension, UnresolvedError):
        return Remark(entry.place, f"hint left out: {extension}")
    if "/" in extension:
        words = (
            f"hint left out: {quoted(extension)} counts for one caller alone, and who watches is no caller"
        )
        return Remark(entry.place, words)
    return HintLine(entry.place, context, extension, text)
