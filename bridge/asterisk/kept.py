"""What of Asterisk outlives a restart: on what both sides agreed last, and which hints were taken from it.

Without the first, a change that was made in Asterisk while the bridge was restarted could not be told
from an old state; without the second, phones would be sent away from hints that are not known yet.
"""

import json
from collections.abc import Iterable, Mapping
from typing import Final

from bridge.asterisk.hints import HintImport
from bridge.asterisk.mirror import Mirror
from bridge.asterisk.values import DEVICE
from bridge.memory.memory import Memory
from bridge.model.device import DeviceState, parse_device_state
from bridge.model.facts import FactKey
from bridge.model.presence import Presence, format_presence, parse_presence

TABLE: Final = "asterisk"

_HINT: Final = "hint/"
_encode = json.JSONEncoder(separators=(",", ":")).encode


class Kept:
    """The rows: `hint/<extension>`, and `presence/<name>` and `device/<name>` with names in folded case."""

    def __init__(
        self, memory: Memory, presences: Mirror[Presence], customs: Mirror[DeviceState], hints: HintImport
    ) -> None:
        self._memory = memory
        self._presences = presences
        self._customs = customs
        self._hints = hints
        self._keys: dict[str, FactKey] = {}
        self._extensions: set[str] = set()
        memory.serve(TABLE, self)

    def agreed(self, key: FactKey, now: float) -> None:
        """Both sides say something else than before."""
        if self._memory.is_on:
            row = f"{key.kind}/{key.name}"
            self._keys[row] = key
            self._memory.note(TABLE, row, now)

    def hints_taken(self, now: float) -> None:
        """There are other hints."""
        if self._memory.is_on:
            self._extensions |= self._hints.hints.keys()
            for extension in self._extensions:
                self._memory.note(TABLE, _HINT + extension, now)

    def all(self) -> Iterable[str]:
        """The rows of all that was agreed on, and of all hints."""
        return (*self._keys, *(_HINT + extension for extension in self._hints.hints))

    def document(self, key: str, _now: float) -> str | None:
        """What is true now; None if there is nothing."""
        if key.startswith(_HINT):
            hint = self._hints.hints.get(key.removeprefix(_HINT))
            return None if hint is None else _encode({"text": hint.text})
        fact = self._keys[key]
        if fact.kind == "presence":
            presence = self._presences.agreed(fact)
            return (
                None
                if presence is None
                else _encode({"name": presence[0], "line": format_presence(presence[1])})
            )
        device = self._customs.agreed(fact)
        return None if device is None else _encode({"name": device[0], "state": device[1].value})

    def resume(self, documents: Mapping[str, str]) -> None:
        """Take what an earlier run has left."""
        for row, document in documents.items():
            try:
                self._resume(row, json.loads(document))
            except (ValueError, KeyError, TypeError):
                self._memory.drop(TABLE, row)

    def _resume(self, row: str, said: Mapping[str, str]) -> None:
        if row.startswith(_HINT):
            extension = row.removeprefix(_HINT)
            self._hints.resume(extension, said["text"])
            self._extensions.add(extension)
        elif row.startswith("presence/"):
            self._keys[row] = self._presences.resume(said["name"], parse_presence(said["line"]))
        elif row.startswith(f"device/{DEVICE[:-1].lower()}/"):
            self._keys[row] = self._customs.resume(said["name"], parse_device_state(said["state"]))
