"""What an event package settles (RFC 6665 section 5.4)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from bridge.sip.headers import MediaRange


@dataclass(frozen=True, slots=True)
class EventPackage:
    """`bodies` are the content types that it offers, the default one first."""

    name: str
    default_expires: int
    bodies: tuple[str, ...]

    def choose_body(self, accept: Sequence[MediaRange] | None) -> str | None:
        """The content type that the watcher likes best (RFC 3261 section 20.1); None if nothing fits.

        Equal likings go by the order in which the watcher wrote them. No Accept header at all
        means the package's default, an empty one means that nothing is acceptable.
        """
        if accept is None:
            return self.bodies[0]
        likings = {content_type: _liking(content_type, accept) for content_type in self.bodies}
        best = max(likings, key=likings.__getitem__)
        return best if likings[best] > _NONE else None


# q, and where in Accept it stands, as a number that is larger the earlier it stands.
_Liking = tuple[float, int]
_NONE: Final[_Liking] = (0.0, 1)


def _liking(content_type: str, accept: Sequence[MediaRange]) -> _Liking:
    """What the most specific range says (RFC 9110 section 12.5.1, whose rules RFC 3261 takes over).

    Parameters are not compared: nobody sends a body type in two variants.
    """
    main, _, sub = content_type.partition("/")
    for wanted in ((main, sub), (main, "*"), ("*", "*")):
        for place, one in enumerate(accept):
            if (one.type, one.subtype) == wanted:
                return one.q, -place
    return _NONE
