"""The two kinds of state that are kept equal: presences, and Custom devices. Asked by Getvar, told by Setvar.

Of a function only the result comes back, and of texts their base64: nothing in it can be taken for
something else. (The action PresenceState writes texts as they are, line breaks included.)
"""

from collections.abc import Callable
from typing import ClassVar, Final

from bridge.asterisk.session import Answer, Session
from bridge.asterisk.troubles import refused, write_refused
from bridge.asterisk.truth import Truth
from bridge.asterisk.values import (
    DEVICE,
    PROVIDER,
    can_be_written,
    format_write,
    held,
    read_device,
    read_presence,
)
from bridge.effects import Emit
from bridge.model.device import DeviceState
from bridge.model.facts import FactKey, Facts, device_key, presence_key
from bridge.model.presence import NOT_SET, Presence
from bridge.pbx import AsteriskTaken, AsteriskWritten

# What a state is asked by: the value, and the texts in base64.
_FIELDS: Final = ("value", "subtype,e", "message,e")

_DENIED: Final = "permission denied"

# Told of a state that Asterisk has taken: an event about it must follow.
Wrote = Callable[[float], None]

# Told of what does not work: which action, and why in words; empty when it does.
Limited = Callable[[str, str, float], None]


class _Side:
    """What both have: where they ask and write. A Setvar is counted by its kind."""

    kind: ClassVar[str]

    def __init__(
        self,
        session: Session,
        truth: Truth,
        facts: Facts,
        emit: Emit,
        username: str,
        limited: Limited,
        wrote: Wrote,
    ) -> None:
        self._session = session
        self._truth = truth
        self._facts = facts
        self._emit = emit
        self._username = username
        self._limited = limited
        self._wrote = wrote

    def _write(self, variable: str, value: str, then: Callable[[bool, float], None], now: float) -> None:
        def answered(answer: Answer, at: float) -> None:
            self._emit(AsteriskWritten(self.kind, "success" if answer.ok else "refused"))
            self._limited(f"Setvar {self.kind}", "" if answer.ok else self._why(variable, value, answer), at)
            if answer.ok and self.kind == "presence":
                # Of a device that does what it did nothing is told.
                self._wrote(at)
            then(answer.ok, at)

        self._session.ask("Setvar", [("Variable", variable), ("Value", value)], answered, now)

    def _why(self, variable: str, value: str, answer: Answer) -> str:
        if answer.words.lower().startswith(_DENIED):
            return refused("Setvar", self._username, answer.words)
        return write_refused(variable, value, answer.words)


class PresenceSide(_Side):
    """Presence providers, without `CustomPresence:`."""

    kind = "presence"
    nothing: Final = NOT_SET

    def key(self, name: str) -> FactKey:
        """As the facts have it."""
        return presence_key(name)

    def held(self, value: Presence) -> Presence:
        """Some texts are cut, see `values`."""
        return held(value)

    def can_be_written(self, value: Presence) -> bool:
        """Every presence can."""
        return isinstance(value, Presence)

    def read(self, name: str, then: Callable[[Presence | None, float], None], now: float) -> None:
        """By three questions, of which Asterisk answers the last behind the others."""
        said: list[str] = []

        def answered(answer: Answer, at: float) -> None:
            said.append(answer.message.text("Value") if answer.ok else "")
            if len(said) == len(_FIELDS):
                then(read_presence(*said), at)

        for part in _FIELDS:
            variable = f"PRESENCE_STATE({PROVIDER}{name},{part})"
            self._session.ask("Getvar", [("Variable", variable)], answered, now)

    def write(self, name: str, value: Presence, then: Callable[[bool, float], None], now: float) -> None:
        """By a line that holds no line break."""
        self._write(f"PRESENCE_STATE({PROVIDER}{name})", format_write(value), then, now)

    def true(self, name: str) -> Presence:
        """The fact."""
        return self._facts.presence(name)

    def intended(self, name: str, now: float) -> Presence:
        """As in `Truth`."""
        return self._truth.intended(name, now)

    def command(self, name: str, value: Presence, now: float) -> None:
        """As `/set` does it."""
        self._emit(AsteriskTaken(self.kind))
        self._truth.command(name, value, now)

    def said_at(self, key: FactKey) -> float | None:
        """As in `Truth`."""
        return self._truth.said_at(key)


class CustomDeviceSide(_Side):
    """Custom devices, without `Custom:`."""

    kind = "device"
    nothing: Final = DeviceState.UNKNOWN

    def key(self, name: str) -> FactKey:
        """As the facts have it."""
        return device_key(_path(name))

    def held(self, value: DeviceState) -> DeviceState:
        """All of it."""
        return value

    def can_be_written(self, value: DeviceState) -> bool:
        """All but UNKNOWN can."""
        return can_be_written(value)

    def read(self, name: str, then: Callable[[DeviceState | None, float], None], now: float) -> None:
        """By one question."""

        def answered(answer: Answer, at: float) -> None:
            then(read_device(answer.message.text("Value")) if answer.ok else None, at)

        self._session.ask("Getvar", [("Variable", f"DEVICE_STATE({DEVICE}{name})")], answered, now)

    def write(self, name: str, value: DeviceState, then: Callable[[bool, float], None], now: float) -> None:
        """By its name."""
        self._write(f"DEVICE_STATE({DEVICE}{name})", value.value, then, now)

    def true(self, name: str) -> DeviceState:
        """The fact."""
        return self._facts.device(_path(name))

    def intended(self, name: str, _now: float) -> DeviceState:
        """As in `Truth`."""
        return self._truth.device(_path(name))

    def command(self, name: str, value: DeviceState, now: float) -> None:
        """As `/set` does it."""
        self._emit(AsteriskTaken(self.kind))
        self._truth.report(_path(name), value, now)

    def said_at(self, _key: FactKey) -> float | None:
        """The payload of a device does not tell."""
        return None


def _path(name: str) -> str:
    return f"Custom/{name}"
