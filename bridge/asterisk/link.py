"""Beside one Asterisk: everything that it knows is read at each connect, then its events are followed.

A `Service` of the engine and a speaker of the broker's session: what is true on MQTT is told to
Asterisk (`mirror`), and what devices do there becomes true on MQTT (`devices`).
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, Literal

from bridge.asterisk.devices import Devices
from bridge.asterisk.hints import HintImport
from bridge.asterisk.kept import Kept
from bridge.asterisk.message import Message, unescape
from bridge.asterisk.mirror import Direction, Mirror
from bridge.asterisk.session import Account, Answer, Session, Standing
from bridge.asterisk.sides import CustomDeviceSide, PresenceSide
from bridge.asterisk.troubles import no_events, refused
from bridge.asterisk.truth import Truth
from bridge.asterisk.values import DEVICE, PROVIDER, can_be_named, read_device
from bridge.effects import Warned
from bridge.events import AsteriskConnected, AsteriskDisconnected, AsteriskReceived
from bridge.memory.memory import Memory
from bridge.model.device import DeviceState
from bridge.model.facts import Change, FactKey
from bridge.model.hint import Hint, require_topic_name
from bridge.model.presence import Presence, parse_presence_state
from bridge.model.words import printable
from bridge.pbx import AsteriskChanged, AsteriskHeard
from bridge.service import Context
from bridge.timers import Timer

DEVICE_EVENT: Final = "DeviceStateChange"
PRESENCE_EVENT: Final = "PresenceStateChange"
HINT_EVENT: Final = "ExtensionStatus"

_CUSTOM: Final = "Custom/"

# Seconds in which the event of a presence that we have written must come.
_EVENT_WITHIN: Final = 5.0

# Names of which it is said that they cannot be kept equal; more are passed over in silence.
_MOST_UNSUITED: Final = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class AsteriskOptions:
    """`[asterisk]` of the configuration. `devices` are patterns; `custom_prefixes` beginnings of names
    behind `Custom:`; `presence` the way that presences go. `import_hints`: take hints from Asterisk, of
    `import_contexts`, or of all where that is empty.
    """

    account: Account
    devices: Collection[str] = ("*",)
    custom_prefixes: tuple[str, ...] = ()
    presence: Direction | Literal["off"] = "both"
    import_hints: bool = False
    import_contexts: Collection[str] = ()


class AsteriskLink:
    """Its `handlers` take the events of the connection."""

    def __init__(
        self,
        context: Context,
        options: AsteriskOptions,
        truth: Truth,
        memory: Memory,
        take_hints: Callable[[tuple[Hint, ...], float], None] = lambda _hints, _now: None,
    ) -> None:
        """`take_hints` is told of all hints of Asterisk, when they are others than before."""
        self._emit = context.emit
        self._timers = context.timers
        self._options = options
        self._truth = truth
        self._handled: Mapping[str, Callable[[Message, float], None]] = {
            DEVICE_EVENT: self._device_changed,
            PRESENCE_EVENT: self._presence_changed,
            **({HINT_EVENT: self._hint_changed} if options.import_hints else {}),
        }
        account = options.account
        self._session = Session(account, self._handled, self, context.timers, context.emit, context.token)
        self._devices = Devices(truth, options.devices, self._unsuited)
        given = (
            self._session,
            truth,
            context.state.facts,
            context.emit,
            account.username,
            self._limit,
            self._wrote,
        )
        direction: Direction = "both" if options.presence == "off" else options.presence
        self._presences: Mirror[Presence] = Mirror(
            PresenceSide(*given), direction, context.wall, self._agreed
        )
        self._customs: Mirror[DeviceState] = Mirror(
            CustomDeviceSide(*given), "both", context.wall, self._agreed
        )
        self._take_hints = take_hints
        self._hints = HintImport(
            options.import_contexts, self._list_hints, self._hints_taken, context.timers, context.emit
        )
        self._kept = Kept(memory, self._presences, self._customs, self._hints)
        self._loss = "not connected yet"
        # What does not work although there is a connection, by what it is about.
        self._limits: dict[str, str] = {}
        self._told: AsteriskChanged | None = None
        self._named: set[str] = set()
        self._lists_due = 0
        # Whether any event has come in this connection, and until when one must.
        self._has_heard = False
        self._listening: Timer | None = None

    @property
    def handlers(self) -> Mapping[type, Callable[[Any, float], None]]:
        """What takes each kind of event."""
        session = self._session
        return {
            AsteriskConnected: lambda _event, now: session.connected(now),
            AsteriskReceived: lambda event, now: session.received(event.data, now),
            AsteriskDisconnected: lambda event, now: session.disconnected(event.reason, now),
        }

    @property
    def is_connected(self) -> bool:
        """Whether Asterisk lets us in. Safe to read from another thread."""
        return self._session.standing is Standing.UP

    @property
    def health(self) -> tuple[bool, str]:
        """Whether all is well, and how it is in words. Safe to read from another thread."""
        if not self.is_connected:
            return False, self._loss
        trouble = "; ".join([*self._limits.values()])
        version = self._session.version
        return not trouble, trouble or f"connected, manager interface {printable(version)}"

    def resume(self, documents: Mapping[str, str]) -> tuple[Hint, ...]:
        """Take what an earlier run has left in the store; the hints that were taken from Asterisk."""
        self._kept.resume(documents)
        return tuple(self._hints.hints.values()) if self._options.import_hints else ()

    # --- what MQTT tells --------------------------------------------------------------------------

    def synchronised(self, now: float) -> None:
        """All that the broker retains is known."""
        spoken = [*self._truth.spoken()]
        self._devices.synchronised(now)
        if self._options.presence != "off":
            names = (name for key, name in spoken if key.kind == "presence")
            self._presences.synchronised(filter(self._is_kept, names), now)
        customs = (self._custom_name(name) for key, name in spoken if key.kind == "device")
        self._customs.synchronised((name for name in customs if name is not None), now)

    def disconnected(self) -> None:
        """The broker is away."""
        self._devices.disconnected()
        self._presences.disconnected()
        self._customs.disconnected()

    def changed(self, change: Change, now: float) -> None:
        """A fact is another."""
        live = change.since is not None
        if change.key.kind == "device":
            name = self._custom_name(change.name)
            if name is not None:
                self._customs.spoken(name, now, live=live)
        elif self._options.presence != "off" and self._is_kept(change.name):
            self._presences.spoken(change.name, now, live=live)

    # --- what the connection tells ----------------------------------------------------------------

    def opened(self, now: float) -> None:
        """Logged in: read everything."""
        self._limits.clear()
        self._loss = ""
        self._has_heard = False
        self._lists_due = 2
        ask = self._session.ask
        ask("DeviceStateList", (), partial(self._list, "DeviceStateList", self._devices_listed), now)
        ask("PresenceStateList", (), partial(self._list, "PresenceStateList", self._presences_listed), now)
        if self._options.import_hints:
            self._lists_due += 1
            self._list_hints(now)

    def heard(self, event: Message, now: float) -> None:
        """An event."""
        if not self._has_heard:
            self._has_heard = True
            self._limit("events", "", now)
        self._handled[event.event](event, now)

    def closed(self, reason: str, _now: float) -> None:
        """The connection is gone."""
        self._loss = reason
        self._devices.lost()
        self._presences.lost()
        self._customs.lost()
        self._hints.lost()
        self._tell_changed()

    def limited(self, trouble: str, now: float) -> None:
        """Something about the connection does not work."""
        self._limit("connection", trouble, now)

    # --- lists ------------------------------------------------------------------------------------

    def _list(
        self, action: str, take: Callable[[Iterable[Message], float], None], answer: Answer, now: float
    ) -> None:
        if answer.ok:
            take(answer.rows, now)
        else:
            self._limit(action, refused(action, self._options.account.username, answer.words), now)
        self._lists_due = max(0, self._lists_due - 1)
        if not self._lists_due:
            self._tell_changed()

    def _devices_listed(self, rows: Iterable[Message], now: float) -> None:
        known: dict[str, DeviceState] = {}
        customs: dict[str, DeviceState | None] = {}
        for row in rows:
            device, state = row.text("Device"), read_device(row.text("State"))
            name = self._custom_device(device)
            if name is not None:
                customs[name] = state
            elif state is not None:
                known[device] = state
        self._devices.listed(known, now)
        self._customs.listed(customs, now)

    def _presences_listed(self, rows: Iterable[Message], now: float) -> None:
        if self._options.presence == "off":
            return
        known: dict[str, Presence | None] = {}
        for row in rows:
            name = self._provider(row)
            if name is not None:
                # Twice, in two spellings of the prefix: what the second says may be old.
                known[name] = None if name in known else _presence(row)
        self._presences.listed(known, now)

    def _list_hints(self, now: float) -> None:
        if self.is_connected:
            take = partial(self._list, "ExtensionStateList", self._hints.listed)
            self._session.ask("ExtensionStateList", (), take, now)

    # --- events -----------------------------------------------------------------------------------

    def _device_changed(self, event: Message, now: float) -> None:
        self._emit(AsteriskHeard("device"))
        device, state = event.text("Device"), read_device(event.text("State"))
        name = self._custom_device(device)
        if name is not None:
            self._customs.prompted(name, state, now)
        elif state is not None:
            self._devices.heard(device, state, now)

    def _presence_changed(self, event: Message, now: float) -> None:
        self._emit(AsteriskHeard("presence"))
        name = self._provider(event)
        if name is not None and self._options.presence != "off":
            self._presences.prompted(name, _presence(event), now)

    def _hint_changed(self, event: Message, now: float) -> None:
        self._emit(AsteriskHeard("hint"))
        self._hints.heard(event, now)

    # --- names ------------------------------------------------------------------------------------

    def _provider(self, message: Message) -> str | None:
        presentity = message.text("Presentity")
        if presentity[: len(PROVIDER)].lower() != PROVIDER.lower():
            return None
        name = presentity[len(PROVIDER) :]
        return name if self._is_kept(name) else None

    def _custom_device(self, device: str) -> str | None:
        """The name behind `Custom:`, of a device that is kept equal on both sides."""
        if device[: len(DEVICE)].lower() != DEVICE.lower():
            return None
        return self._of_prefix(device[len(DEVICE) :])

    def _custom_name(self, path: str) -> str | None:
        """The same, of a name on MQTT."""
        if path[: len(_CUSTOM)].lower() != _CUSTOM.lower():
            return None
        return self._of_prefix(path[len(_CUSTOM) :])

    def _of_prefix(self, name: str) -> str | None:
        folded = name.casefold()
        wanted = any(folded.startswith(prefix.casefold()) for prefix in self._options.custom_prefixes)
        return name if wanted and self._is_kept(name) else None

    def _is_kept(self, name: str) -> bool:
        """Whether a name can be kept on both sides; it is said once where it cannot."""
        try:
            require_topic_name("presence provider", name)
        except ValueError as error:
            self._unsuited(name, str(error))
            return False
        if not can_be_named(name):
            self._unsuited(
                name, 'Asterisk cannot be asked for a name that is long, or has one of , & | " \\ ( ) [ ] { }'
            )
            return False
        return True

    def _unsuited(self, name: str, why: str) -> None:
        if name not in self._named and len(self._named) < _MOST_UNSUITED:
            self._named.add(name)
            self._emit(Warned(f"{printable(name)} is not kept equal in Asterisk and on MQTT: {why}"))

    # --- what is kept -----------------------------------------------------------------------------

    def _agreed(self, key: FactKey, now: float) -> None:
        self._kept.agreed(key, now)

    def _hints_taken(self, hints: tuple[Hint, ...], now: float) -> None:
        self._kept.hints_taken(now)
        self._take_hints(hints, now)

    # --- deafness ---------------------------------------------------------------------------------

    def _wrote(self, now: float) -> None:
        """Asterisk tells of each presence that is written, even if it says what it said: if it may tell us."""
        if not self._has_heard and self._listening is None:
            self._listening = self._timers.call_at(now + _EVENT_WITHIN, self._not_heard)

    def _not_heard(self, now: float) -> None:
        self._listening = None
        if self.is_connected and not self._has_heard:
            self._limit("events", no_events(self._options.account.username), now)

    # --- how it is --------------------------------------------------------------------------------

    def _limit(self, subject: str, trouble: str, _now: float) -> None:
        """Something works or does not (then in words), until the next connection or the next word about it."""
        if self._limits.get(subject, "") == trouble:
            return
        self._limits.pop(subject, None)
        if trouble:
            self._limits[subject] = trouble
        if not self._lists_due:
            self._tell_changed()

    def _tell_changed(self) -> None:
        ok, why = self.health
        changed = AsteriskChanged(self.is_connected, "" if ok else why)
        if changed != self._told:
            self._told = changed
            self._emit(changed)


def _presence(message: Message) -> Presence | None:
    try:
        state = parse_presence_state(message.text("Status"))
    except ValueError:
        return None
    return Presence(state, unescape(message.text("Subtype")), unescape(message.text("Message")))
