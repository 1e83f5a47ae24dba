"""What an event package settles (RFC 6665 section 5.4)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bridge.notifier.bodies import BodyFormat
from bridge.sip.headers import MediaRange


@dataclass(frozen=True, slots=True)
class EventPackage:
    """A package owns its bodies; `bodies` by content type, the default one first."""

    name: str
    default_expires: int
    bodies: Mapping[str, BodyFormat]

    def choose_body(self, accept: Sequence[MediaRange] | None) -> BodyFormat | None:
        """The format that the watcher likes best (RFC 3261 section 20.1); None if nothing fits.

        Equal likings go by the order in which the watcher wrote them. No Accept header at all
        means the package's default, an empty one means that nothing is acceptable.
        """
        if accept is None:
            return next(iter(self.bodies.values()))
        refused = {f"{one.type}/{one.subtype}" for one in accept if one.q == 0}
        for wanted in sorted((one for one in accept if one.q > 0), key=lambda one: -one.q):
            for content_type, body in self.bodies.items():
                # A refused type stays refused where a wildcard would let it in.
                if _matches(wanted, content_type) and content_type not in refused:
                    return body
        return None


def _matches(wanted: MediaRange, content_type: str) -> bool:
    """Parameters are not compared: nobody sends a body type in two variants."""
    main, _, sub = content_type.partition("/")
    return wanted.type in ("*", main) and wanted.subtype in ("*", sub)
