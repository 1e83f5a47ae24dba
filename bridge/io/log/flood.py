"""Too many lines that are alike: the first ones are written, the others are counted."""

from collections.abc import Iterator
from typing import Final, NamedTuple

from bridge.io.log.line import Line

# Of one event from one source, in one span.
MOST: Final = 10
SPAN: Final = 60.0

# Sources that are counted each by itself; a flood can come from any number of them.
_SOURCES: Final = 100


class LeftOut(NamedTuple):
    """So many lines like `line` were not written; `level` is theirs."""

    level: int
    line: Line
    number: int


class _Count:
    __slots__ = ("ends", "left_out", "level", "line", "written")

    def __init__(self, level: int, line: Line, ends: float) -> None:
        self.level = level
        self.line = line
        self.ends = ends
        self.written = 0
        self.left_out = 0


class Flood:
    """`now` is in monotonic seconds. Lines without a source are always admitted."""

    def __init__(self) -> None:
        # In the order in which their spans end.
        self._counts: dict[tuple[str, str], _Count] = {}

    def clear(self) -> None:
        """Begin anew."""
        self._counts.clear()

    def admits(self, level: int, line: Line, now: float) -> bool:
        """Whether to write this line. To be asked once, after what has ended by `now` was taken."""
        if line.source is None:
            return True
        key = (line.event, line.source)
        if key not in self._counts and len(self._counts) >= _SOURCES:
            key = (line.event, "")
        count = self._counts.get(key)
        if count is None:
            whose = line if key[1] else Line(line.event, line.fields, line.words, "")
            count = self._counts[key] = _Count(level, whose, now + SPAN)
        if count.written < MOST:
            count.written += 1
            return True
        count.left_out += 1
        return False

    def ended(self, now: float) -> Iterator[LeftOut]:
        """What was left out in the spans that have ended by `now`, told once."""
        while self._counts:
            key, count = next(iter(self._counts.items()))
            if count.ends > now:
                return
            del self._counts[key]
            if count.left_out:
                yield LeftOut(count.level, count.line, count.left_out)
