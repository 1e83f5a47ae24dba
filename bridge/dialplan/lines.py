r"""Lines of Asterisk's configuration files without their comments: `; to the end`, `;-- several lines --;`, `\\;`."""

from collections.abc import Iterator
from typing import NamedTuple

from bridge.dialplan.remark import Place, Remark

_OPENING = ";--"
_CLOSING = "--;"


class Line(NamedTuple):
    """What stands in a line, without blanks round it; never empty."""

    place: Place
    text: str


class Lines:
    """The lines of one file. Iterate once, then ask for `remarks`."""

    def __init__(self, file: str, text: str) -> None:
        self.remarks: list[Remark] = []
        self._file = file
        self._text = text
        self._opened: list[Place] = []

    def __iter__(self) -> Iterator[Line]:
        for number, raw in enumerate(self._text.split("\n"), 1):
            place = Place(self._file, number)
            text = self._without_comments(raw, place).strip()
            if text:
                yield Line(place, text)
        if self._opened:
            self.remarks.append(
                Remark(self._opened[0], f"the comment ;-- has no end {_CLOSING} in this file")
            )

    def _without_comments(self, raw: str, place: Place) -> str:
        kept: list[str] = []
        start = at = 0  # where what is not a comment began, or what is; where to look on
        while (at := raw.find(";", at)) >= 0:
            if at > start and raw[at - 1] == "\\":
                raw = raw[: at - 1] + raw[at:]
            elif raw.startswith(_OPENING, at) and raw[at + 3 : at + 4] != "-":
                if not self._opened:
                    kept.append(raw[start:at])
                self._opened.append(place)  # comments nest
                start = at = at + 3
            elif not self._opened:
                return "".join((*kept, raw[start:at]))
            else:
                if at >= start + 2 and raw.startswith(_CLOSING, at - 2):
                    self._opened.pop()
                    start = at + 1
                at += 1
        return "".join(kept if self._opened else (*kept, raw[start:]))
