"""What a NOTIFY carries: one body format a file, and supplements that some watchers are given.

A format turns an extension state into the octets for one content type. It is called once per
change, format, supplement and subscribed URI, not once per watcher, so its result may depend on
nothing else.
"""

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple, Protocol

from bridge.model.hint import ExtensionState
from bridge.notifier.bodies.digium import digium_tuple, reads_digium_presence
from bridge.notifier.bodies.pidf import Pidf
from bridge.notifier.bodies.subject import Subject, Supplement


class BodyFormat(Protocol):
    """One content type."""

    @property
    def content_type(self) -> str:
        """Media type without parameters; some phones refuse any parameter with 415."""
        ...

    def format(self, state: ExtensionState, subject: Subject) -> bytes:
        """Render the body."""
        ...


class _Supplement(NamedTuple):
    wanted_by: Callable[[str], bool]
    supplement: Supplement


_SUPPLEMENTS: Final = (_Supplement(reads_digium_presence, digium_tuple),)

PRESENCE_BODIES: Final[Mapping[str, BodyFormat]] = {body.content_type: body for body in (Pidf(),)}


def supplements_for(user_agent: str) -> tuple[Supplement, ...]:
    """The vendor extras that the phone behind this User-Agent reads."""
    return tuple(entry.supplement for entry in _SUPPLEMENTS if entry.wanted_by(user_agent))
