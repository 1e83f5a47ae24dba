"""One feature code: what is dialled, and whose presence it changes to what."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from bridge.features.template import fill, places
from bridge.model.hint import require_topic_name
from bridge.model.presence import Presence, PresenceState, parse_presence
from bridge.model.words import quoted

Status = Literal[486, 603]

# The place that the caller's name goes to; what `dial` captures has another name.
USER: Final = "user"

_DIAL = re.compile(r"([^{}]*)(?:\{([a-z]+)\})?")
_PREFIX = "custompresence:"


@dataclass(frozen=True, slots=True)
class FeatureCode:
    """Made by `parse_feature_code`.

    `dial` is what is dialled; with a `capture`, only how it begins. `provider` and the texts of `said`
    have places for the capture and for the caller's name. Of several in `said`, one follows the other.
    """

    dial: str
    capture: str
    provider: str
    said: tuple[Presence, ...]
    status: Status = 603

    @property
    def toggles(self) -> bool:
        """Whether it depends on what is there already."""
        return len(self.said) > 1

    @property
    def places(self) -> frozenset[str]:
        """All that must be known to carry it out."""
        return places(self.provider).union(*(places(text) for one in self.said for text in one[1:]))

    def captured(self, dialled: str) -> Mapping[str, str] | None:
        """What stands in the place of the capture; None if something else was dialled."""
        if not self.capture:
            return {} if dialled == self.dial else None
        rest = dialled.removeprefix(self.dial)
        matches = rest and dialled.startswith(self.dial) and rest.isprintable()
        return {self.capture: rest} if matches else None

    def next(self, current: PresenceState, values: Mapping[str, str]) -> Presence:
        """What is to be said when `current` is there: what stands behind it, else the first."""
        states = [one.state for one in self.said]
        behind = states.index(current) + 1 if current in states else 0
        state, subtype, message = self.said[behind % len(states)]
        return Presence(state, fill(subtype, values), fill(message, values))

    def __str__(self) -> str:
        """For people: `*21{time}`."""
        return f"{self.dial}{{{self.capture}}}" if self.capture else self.dial


def parse_feature_code(dial: str, provider: str, said: Sequence[str], status: Status = 603) -> FeatureCode:
    """Read `dial` (`*78`, `*21{time}`) and the lines of `said` (`away,lunch,back at {time}`).

    ValueError says what is wrong.
    """
    start, capture = parse_dial(dial)
    code = FeatureCode(start, capture, provider, tuple(map(parse_presence, said)), status)
    unknown = sorted(code.places - {USER, capture})
    if unknown:
        known = " and ".join(f"{{{name}}}" for name in (USER, capture) if name)
        raise ValueError(f"{{{unknown[0]}}} is not known here: known are {known}")
    states = [one.state for one in code.said]
    if len(set(states)) < len(states):
        raise ValueError("names a state twice, so that it would not be clear which comes next")
    _require_provider(code)
    return code


def parse_dial(dial: str) -> tuple[str, str]:
    """What is dialled, up to a capture, and the name of that or ""; ValueError says what is wrong."""
    match = _DIAL.fullmatch(dial)
    if match is None:
        raise ValueError("may hold one {name} in small letters, and only at its end")
    start, capture = match[1], match[2] or ""
    if not start:
        raise ValueError("must not be empty, nor begin with {name}: it would be every number")
    if not dial.isprintable() or dial != dial.strip():
        raise ValueError("must not hold control characters, nor blanks round it")
    if capture == USER:
        raise ValueError("{user} is who calls: take another name for what is dialled")
    return start, capture


def _require_provider(code: FeatureCode) -> None:
    name = fill(code.provider, dict.fromkeys(code.places, "x"))
    if name.casefold().startswith(_PREFIX):
        raise ValueError(f"write the provider as in a topic, without {quoted(name[: len(_PREFIX)])}")
    require_topic_name("presence provider", name)
