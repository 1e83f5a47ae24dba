"""What an Asterisk knows and tells, as it was recorded on version 20: presences, devices, hints, events.

Pure: a program's memory, its database, and a list of who listens. What is not measured is marked.
"""

import random
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final

from bridge.model.device import DeviceState, aggregate
from bridge.model.hint import ExtensionState
from bridge.model.presence import NOT_SET

Lines = list[tuple[str, str]]

STATES: Final = ("not_set", "unavailable", "available", "away", "xa", "chat", "dnd")
RANKS: Final = ("not_set", "available", "unavailable", "chat", "away", "xa", "dnd")
WRITABLE_DEVICES: Final = {state.value for state in DeviceState} - {"UNKNOWN"}

# `ast_escape_c` (utils.c; \n is measured).
_ESCAPES: Final = str.maketrans(
    {
        "\a": r"\a",
        "\b": r"\b",
        "\f": r"\f",
        "\n": r"\n",
        "\r": r"\r",
        "\t": r"\t",
        "\v": r"\v",
        "\\": r"\\",
        "'": r"\'",
        '"': r"\"",
        "?": r"\?",
    }
)
_EXTENSION_CODES: Final = {
    "Idle": 0,
    "InUse": 1,
    "Busy": 2,
    "Unavailable": 4,
    "Ringing": 8,
    "InUse&Ringing": 9,
    "Hold": 16,
}
_LIMIT_OF_BASE64: Final = 255


@dataclass
class Presence:
    """What a provider says."""

    state: str = "not_set"
    subtype: str = ""
    message: str = ""


@dataclass
class Hint:
    """`exten => 2000,hint,SIP/2000,CustomPresence:2000`."""

    exten: str
    context: str
    text: str
    shown: Presence = field(default_factory=Presence)
    status: int = 0

    @property
    def devices(self) -> list[str]:
        """Before the last comma."""
        before, comma, behind = self.text.rpartition(",")
        return (before if comma else behind).split("&")

    @property
    def provider(self) -> str:
        """Behind it."""
        return self.text.rpartition(",")[2] if "," in self.text else ""


class Pbx:
    """`tell` is told of each event, with its class. `version`: the major one of Asterisk, 11 to 22."""

    def __init__(self, *, version: int = 20, system_name: str = "") -> None:
        self.version = version
        self.system_name = system_name
        self.listeners: list[Callable[[Lines], None]] = []
        self.shuffle: random.Random | None = None
        self.hints: dict[tuple[str, str], Hint] = {}
        # The database: what outlives a restart. Names match to the letter.
        self.presences: dict[str, str] = {}
        self.customs: dict[str, str] = {}
        # What was published since the start.
        self.presence_cache: dict[str, Presence] = {}
        self.device_cache: dict[str, str] = {}
        # How often something was written, by `Setvar` or in the dialplan.
        self.writes = 0

    # --- what happens in it -----------------------------------------------------------------------

    def device(self, name: str, state: str) -> None:
        """A device that has a channel driver does something. Equal states are not published."""
        if self.device_cache.get(name) != state:
            self.device_cache[name] = state
            self._publish_device(name, state)

    def set_function(self, function: str, value: str) -> bool:
        """`Set(function=value)`; false where a warning is logged instead."""
        name, arguments = _call(function)
        self.writes += 1
        if name == "PRESENCE_STATE":
            return self._set_presence(arguments, value)
        if name == "DEVICE_STATE":
            return self._set_device(arguments, value)
        return False

    def get_function(self, function: str) -> str:
        """`${function}`."""
        name, arguments = _call(function)
        if name == "PRESENCE_STATE":
            return self._get_presence(arguments)
        if name == "DEVICE_STATE":
            return self.device_state(arguments).value
        return ""

    def set(self, provider: str, value: str) -> None:
        """`presencestate change CustomPresence:<provider> <value>`."""
        assert self.set_function(f"PRESENCE_STATE(CustomPresence:{provider})", value)

    def presence(self, provider: str) -> Presence:
        """What is stored of a provider, without `CustomPresence:`."""
        stored = self.presences.get(provider)
        return Presence() if stored is None else _parsed(stored) or Presence()

    def device_state(self, name: str) -> DeviceState:
        """What a device does."""
        if name.lower().startswith("custom:"):
            return DeviceState(self.customs.get(name.partition(":")[2], "UNKNOWN"))
        return DeviceState(self.device_cache.get(name, "INVALID"))

    def hint(self, exten: str, text: str, context: str = "from-internal") -> None:
        """The dialplan is loaded with this hint."""
        hint = Hint(exten, context, text)
        self.hints[exten, context] = hint
        hint.status = self._status(hint)[0]

    def remove_hint(self, exten: str, context: str = "from-internal") -> None:
        """The dialplan is loaded without it (from memory: the status is -2)."""
        hint = self.hints.pop((exten, context))
        self._tell([("Event", "ExtensionStatus"), *_named(hint), ("Status", "-2"), ("StatusText", "Removed")])

    def restart(self) -> None:
        """What is stored is published anew, but for what is not set."""
        self.device_cache = {f"Custom:{name}": state for name, state in self.customs.items()}
        self.presence_cache = {}
        for name, stored in self.presences.items():
            presence = _parsed(stored)
            if presence is not None and presence.state != "not_set":
                self.presence_cache[f"CustomPresence:{name}"] = presence

    # --- lists ------------------------------------------------------------------------------------

    def device_rows(self) -> Iterable[Lines]:
        """DeviceStateList."""
        for device, state in self.device_cache.items():
            yield [("Event", "DeviceStateChange"), ("Device", device), ("State", state)]

    def presence_rows(self) -> Iterable[Lines]:
        """PresenceStateList."""
        for presentity, presence in self.presence_cache.items():
            yield [("Event", "PresenceStateChange"), *self._escaped(presentity, presence)]

    def hint_rows(self) -> Iterable[Lines]:
        """ExtensionStateList; patterns are not listed."""
        for hint in self.hints.values():
            if not hint.exten.startswith("_"):
                status, text = self._status(hint)
                yield [
                    ("Event", "ExtensionStatus"),
                    *_named(hint),
                    ("Status", str(status)),
                    ("StatusText", text),
                ]

    # --- inside -----------------------------------------------------------------------------------

    def _set_presence(self, arguments: str, value: str) -> bool:
        prefix, colon, name = arguments.partition(":")
        if prefix.lower() != "custompresence" or not colon or not name:
            return False
        presence = _parsed(value)
        if presence is None:
            return False
        self.presences[name] = value
        self.presence_cache[arguments] = presence
        self._publish_presence(arguments, presence)
        return True

    def _publish_presence(self, presentity: str, presence: Presence) -> None:
        events = []
        for hint in self.hints.values():
            if hint.provider.lower() == presentity.lower() and hint.shown != presence:
                hint.shown = presence
                texts = [
                    ("Status", presence.state),
                    ("Subtype", presence.subtype),
                    ("Message", presence.message),
                ]
                # Not escaped: a line break in a text begins a line of the event, or another event.
                events.append([("Event", "PresenceStatus"), *_named(hint), *texts])
        if self.version >= 13:
            events.append([("Event", "PresenceStateChange"), *self._escaped(presentity, presence)])
        self._tell(*events)

    def _escaped(self, presentity: str, presence: Presence) -> Lines:
        return [
            ("Presentity", presentity),
            ("Status", presence.state),
            ("Subtype", presence.subtype.translate(_ESCAPES)),
            ("Message", presence.message.translate(_ESCAPES)),
        ]

    def _set_device(self, arguments: str, value: str) -> bool:
        prefix, colon, name = arguments.partition(":")
        if prefix.lower() != "custom" or not colon or not name or value.upper() not in WRITABLE_DEVICES:
            return False
        state = value.upper()
        if self.customs.get(name) != state:
            self.customs[name] = state
            self.device_cache[arguments] = state
            self._publish_device(arguments, state)
        return True

    def _publish_device(self, device: str, state: str) -> None:
        events = []
        if self.version >= 13:
            events.append([("Event", "DeviceStateChange"), ("Device", device), ("State", state)])
        for hint in self.hints.values():
            status, text = self._status(hint)
            if status != hint.status:
                hint.status = status
                shown = [("Status", str(status)), ("StatusText", text)]
                events.append([("Event", "ExtensionStatus"), *_named(hint), *shown])
        self._tell(*events)

    def _status(self, hint: Hint) -> tuple[int, str]:
        state = aggregate(map(self.device_state, hint.devices))
        text = ExtensionState(state, NOT_SET).text
        return _EXTENSION_CODES[text], text

    def _get_presence(self, arguments: str) -> str:
        provider, _, rest = arguments.partition(",")
        what, _, options = rest.partition(",")
        names = provider.split("&")
        if not all(name.lower().startswith("custompresence:") for name in names):
            return ""
        presences = [self.presence(name.partition(":")[2]) for name in names]
        presence = max(presences, key=lambda one: RANKS.index(one.state))
        text = {"value": presence.state, "subtype": presence.subtype, "message": presence.message}.get(
            what, ""
        )
        if "e" in options and what != "value":
            # The answer is built in 1,024 octets.
            return b64encode(_octets(text)).decode()[:1023]
        return text

    def _tell(self, *events: Lines) -> None:
        """The order between the events of one change is not fixed."""
        ordered = list(events)
        if self.shuffle is not None:
            self.shuffle.shuffle(ordered)
        name = [("SystemName", self.system_name)] if self.system_name else []
        for first, *lines in ordered:
            event = [first, ("Privilege", "call,all"), *name, *lines]
            for listener in [*self.listeners]:
                listener(event)


def _named(hint: Hint) -> Lines:
    return [("Exten", hint.exten), ("Context", hint.context), ("Hint", hint.text)]


def _call(function: str) -> tuple[str, str]:
    """The name of a function and what stands between its first parenthesis and its last."""
    name, _, rest = function.partition("(")
    return name, rest.rpartition(")")[0]


def _parsed(value: str) -> Presence | None:
    """Read `state[,subtype[,message[,options]]]` as `parse_data` does; None where it refuses."""
    state, subtype, message, options = [*value.split(",", 3), "", "", ""][:4]
    if state.lower() not in STATES or (options and "e" not in options):
        return None
    if options:
        subtype, message = _decoded(subtype), _decoded(message)
    return Presence(state.lower(), subtype, message)


def _decoded(text: str) -> str:
    """Never refused, and cut; octets that are no UTF-8 stay as they are."""
    usable = text[: len(text) // 4 * 4]
    return b64decode(usable)[:_LIMIT_OF_BASE64].decode("utf-8", "surrogateescape")


def _octets(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")
