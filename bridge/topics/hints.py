"""What hints show, on MQTT: `<base>/hint/<extension>`, retained JSON for dashboards and people."""

from typing import Final

from bridge.effects import Emit, Publish
from bridge.model.facts import Change
from bridge.model.hint import Hint
from bridge.model.state import HintsReplaced, State
from bridge.timers import Timers
from bridge.topics.document import encode_document

# Members of the document that depend on devices, and those that depend on presence.
OF_DEVICES: Final = frozenset({"extension_state", "device_state"})
OF_PRESENCE: Final = OF_DEVICES | {"presence", "subtype", "message"}

# A reload of many phones changes a count hundreds of times a second; nobody reads it that often.
_WATCHERS_SECONDS: Final = 0.25


class HintTopics:
    """Keeps the topic of every hint equal to what the hint shows, while the broker is synchronised."""

    __slots__ = ("_base", "_due", "_emit", "_published", "_state", "_synchronised", "_timers", "_watchers")

    def __init__(self, state: State, base_topic: str, emit: Emit, timers: Timers) -> None:
        self._state = state
        self._base = f"{base_topic}/hint/"
        self._emit = emit
        self._timers = timers
        self._synchronised = False
        self._published: dict[str, bytes] = {}
        self._watchers: dict[str, int] = {}
        self._due: set[str] = set()

    def changed(self, change: Change, _now: float) -> None:
        """Publish the hints that a changed fact touches, at once."""
        for hint in self._state.hints_of(change.key):
            self._publish(hint)

    def watchers(self, extension: str, count: int, now: float) -> None:
        """Note how many watch an extension; published at most every 0.25 s, the newest count then."""
        self._watchers[extension] = count
        if extension not in self._due:
            self._due.add(extension)
            self._timers.call_at(now + _WATCHERS_SECONDS, lambda _now: self._publish_watchers(extension))

    def publish_all(self, _now: float) -> None:
        """Publish every hint: a connection is synchronised, so what is known is what is true."""
        self._synchronised = True
        for hint in self._state:
            self._publish(hint)

    def replaced(self, hints: HintsReplaced) -> None:
        """There are other hints: publish what is new. The topics of those that are gone are `HintEchoes`' to delete."""
        for extension in hints.removed:
            self._published.pop(extension, None)
            self._watchers.pop(extension, None)
        for extension in (*hints.added, *hints.changed):
            self._publish_one(extension)

    def repeat(self, extension: str | None = None) -> int:
        """Publish one hint, or all, whatever was published before; return how many that were."""
        if not self._synchronised:
            return 0
        hints = tuple(self._state) if extension is None else self._one(extension)
        for hint in hints:
            self._published.pop(hint.extension, None)
            self._publish(hint)
        return len(hints)

    def disconnected(self) -> None:
        """Stay silent until the next `publish_all`, which then repeats everything."""
        self._synchronised = False
        self._published.clear()

    def _publish_watchers(self, extension: str) -> None:
        self._due.discard(extension)
        self._publish_one(extension)

    def _publish_one(self, extension: str) -> None:
        for hint in self._one(extension):
            self._publish(hint)

    def _one(self, extension: str) -> tuple[Hint, ...]:
        hint = self._state.hint(extension)
        return () if hint is None else (hint,)

    def _publish(self, hint: Hint) -> None:
        if not self._synchronised:
            return
        payload = self._payload(hint)
        if payload != self._published.get(hint.extension):
            self._published[hint.extension] = payload
            self._emit(Publish(self._base + hint.extension, payload, retain=True))

    def _payload(self, hint: Hint) -> bytes:
        shown = self._state.extension_state(hint.extension)
        document = {
            "extension": hint.extension,
            "hint": hint.text,
            "extension_state": shown.text,
            "device_state": shown.device.value,
            "presence": shown.presence.state.value,
            "subtype": shown.presence.subtype,
            "message": shown.presence.message,
            "watchers": self._watchers.get(hint.extension, 0),
        }
        return encode_document(document)
