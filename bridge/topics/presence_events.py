"""Changes of presence as they happen: `PresenceChanged`, and `<base>/presence/<provider>/event`, JSON, not retained."""

from collections.abc import Callable

from bridge.effects import PresenceChanged, Publish
from bridge.model.facts import Change, FactKey
from bridge.model.presence import Presence
from bridge.service import Context
from bridge.topics.decoders.word import Origin
from bridge.topics.document import encode_document
from bridge.walltime import format_utc


class PresenceEvents:
    """A `Service`. What happened is told behind the watchers of it.

    The topic is silent while the broker is not synchronised; the replay of a stored message is no event.
    """

    __slots__ = ("_base", "_context", "_origin", "_synchronised")

    def __init__(self, context: Context, base_topic: str, origin: Callable[[FactKey], Origin]) -> None:
        """`origin` tells who has said what is true now."""
        self._context = context
        self._base = f"{base_topic}/presence/"
        self._origin = origin
        self._synchronised = False

    def synchronised(self, _now: float) -> None:
        """Tell from now on."""
        self._synchronised = True

    def disconnected(self) -> None:
        """Stay silent until the next connection."""
        self._synchronised = False

    def changed(self, change: Change, now: float) -> None:
        """Tell it, if it is a change of a presence."""
        old, new = change.old, change.new
        if not isinstance(old, Presence) or not isinstance(new, Presence):
            return
        origin = self._origin(change.key)
        self._context.emit(
            PresenceChanged(change.name, old.state.value, new.state.value, origin.by, origin.rule)
        )
        if self._synchronised and change.since is not None:
            self._publish(change, new, now)

    def _publish(self, change: Change, presence: Presence, now: float) -> None:
        document = {
            "event_type": "changed",
            "presence": {
                "state": presence.state.value,
                "subtype": presence.subtype,
                "message": presence.message,
            },
            "by": self._origin(change.key).by,
            "at": format_utc(self._context.wall(now)),
        }
        self._context.emit(
            Publish(f"{self._base}{change.name}/event", encode_document(document), retain=False)
        )
