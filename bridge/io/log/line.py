"""One line of the log: an event with its fields, or words."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from bridge.model.words import printable
from bridge.sip.masking import masked

# Longer texts from outside are cut: a log line is for people.
_LONGEST: Final = 200

# Nothing behind these characters is looked at.
_TAKEN: Final = 4_096


@dataclass(frozen=True, slots=True)
class Line:
    """`event` names what has happened, in lower case with underscores; `words` are shown in place of fields.

    Lines of one event from one `source` (an address, a topic) are limited; None for those that are not.
    """

    event: str
    fields: Mapping[str, object] = field(default_factory=dict)
    words: str = ""
    source: str | None = None

    def __str__(self) -> str:
        """As people read it: the words, or the event and `key=value` for each field."""
        if self.words:
            return shown(self.words)
        pairs = (f"{key}={_quoted(shown(str(value)))}" for key, value in self.fields.items())
        return " ".join((self.event, *pairs))

    @property
    def document(self) -> Mapping[str, object]:
        """As programs read it: numbers stay what they are, words are the field `text`."""
        values = {
            key: value if isinstance(value, int | float) else shown(str(value))
            for key, value in self.fields.items()
        }
        return {"event": self.event, **values, **({"text": shown(self.words)} if self.words else {})}

    def left_out(self, count: int) -> "Line":
        """The line in place of `count` more that are like this one."""
        more = f"… and {count} more of these in the last minute"
        if self.words:
            return Line(self.event, {"left_out": count}, f"{more}: {self.words}")
        origin = f" from {self.source}" if self.source else " from others"
        fields = {"left_out": count, "source": self.source or ""}
        return Line(self.event, fields, f"{self.event} {more}{origin}")


def shown(text: str) -> str:
    """Text from outside, without secrets, and without what could move a terminal or fake a line."""
    return printable(masked(text[:_TAKEN]), _LONGEST)


def _quoted(text: str) -> str:
    if text and not any(character in ' "=\\' for character in text):
        return text
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
