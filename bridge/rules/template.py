"""What a rule sets, written with places for what the sensors say: `Door {name} opened at {time}`."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from bridge.model.presence import Presence, PresenceState, require_text
from bridge.model.words import quoted

TIME: Final = "time"
"""The place for the time at which a rule began to hold."""

_TOKEN: Final = re.compile(r"\{\{|\}\}|\{([a-z][a-z0-9_]*)\}|[{}]")
_CLOCK: Final = "[0-2][0-9]:[0-5][0-9]"
# A name is shown in a line of a phone; longer ones are nobody's names.
_LONGEST: Final = 100


class _Part(NamedTuple):
    """A text, and the name of the place behind it; None behind the last."""

    text: str
    place: str | None


class Template:
    """A text with places. A brace that is text is doubled: `{{`, `}}`."""

    __slots__ = ("_parts", "placeholders", "text")

    def __init__(self, text: str) -> None:
        """ValueError says which brace has no partner, or which character no phone can be sent."""
        self.text = require_text("the text", text)
        self._parts = tuple(_parse(text))
        self.placeholders = frozenset(part.place for part in self._parts if part.place is not None)

    def fill(self, names: Mapping[str, str]) -> str:
        """The text with its places filled in, from outside or not; a place without a name stays empty."""
        return "".join(
            part.text if part.place is None else part.text + names.get(part.place, "") for part in self._parts
        )

    def recall(self, text: str, names: Mapping[str, str]) -> str | None:
        """The time of day at which this template, with these names, has given `text`; None if it did not.

        A bridge that starts again finds by it that what stands is its own word of then.
        """
        if TIME not in self.placeholders:
            return None
        expression, timed = "", False
        for part in self._parts:
            expression += re.escape(part.text)
            if part.place == TIME:
                expression += f"(?P={TIME})" if timed else f"(?P<{TIME}>{_CLOCK})"
                timed = True
            elif part.place is not None:
                expression += re.escape(names.get(part.place, ""))
        found = re.fullmatch(expression, text, re.DOTALL)
        return None if found is None else found[TIME]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Template) and other.text == self.text

    def __hash__(self) -> int:
        return hash(self.text)

    def __repr__(self) -> str:
        return f"Template({self.text!r})"


@dataclass(frozen=True, slots=True)
class PresenceTemplate:
    """A presence to be."""

    state: PresenceState
    subtype: Template = field(default_factory=lambda: Template(""))
    message: Template = field(default_factory=lambda: Template(""))

    @property
    def placeholders(self) -> frozenset[str]:
        """The names of the places in both texts."""
        return self.subtype.placeholders | self.message.placeholders

    @property
    def unfilled(self) -> Presence:
        """The presence, with its places as they are written."""
        return Presence(self.state, self.subtype.text, self.message.text)

    def fill(self, names: Mapping[str, str]) -> Presence:
        """The presence, with its places filled in."""
        return Presence(self.state, self.subtype.fill(names), self.message.fill(names))

    def recall(self, presence: Presence, names: Mapping[str, str]) -> str | None:
        """The time of day at which this has given `presence`, if it did; see `Template.recall`."""
        time = self.message.recall(presence.message, names) or self.subtype.recall(presence.subtype, names)
        if time is None or self.fill({**names, TIME: time}) != presence:
            return None
        return time


def speakable(text: str) -> str:
    """A text from outside, such as a level of a topic, as it can be shown: bounded, and of visible characters.

    Control characters, surrogates, and marks that turn the direction of writing are left out.
    """
    shown = text[: _LONGEST + 1]
    if not shown.isprintable():
        shown = "".join(c if c.isprintable() else " " if c.isspace() else "" for c in shown)
    return shown if len(shown) <= _LONGEST else shown[: _LONGEST - 1] + "…"


def _parse(text: str) -> Iterator[_Part]:
    literal, position = "", 0
    for token in _TOKEN.finditer(text):
        literal += text[position : token.start()]
        position = token.end()
        if token[1] is not None:
            yield _Part(literal, token[1])
            literal = ""
        elif len(token[0]) == 2:
            literal += token[0][0]
        else:
            raise ValueError(
                f"{quoted(text)} holds a lone {token[0]}: a place is written {{name}}, a brace that is text twice"
            )
    yield _Part(literal + text[position:], None)
