"""Hints: which devices and presence providers one extension stands for, and what they amount to.

The string is Asterisk's: `SIP/2000&SIP/2001,CustomPresence:2000`. It differs from Asterisk where
that would fail silently: a provider without its comma, an empty name and a second comma are
refused in words, and blanks round `&` and `,` are dropped (Asterisk keeps them in the name, which
then matches no device).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, NamedTuple

from bridge.model.device import DeviceState, aggregate
from bridge.model.facts import FactKey, Facts, device_key, presence_key
from bridge.model.presence import Presence, PresenceState, strongest
from bridge.model.watchers import EVERYBODY, Watchers
from bridge.model.words import quoted

Deviceless = Literal["presence", "asterisk"]

# The words of `core show hints`. Asterisk's eighth, Unknown, is for an extension without a hint.
_TEXT: Final[Mapping[DeviceState, str]] = {
    DeviceState.UNKNOWN: "Idle",
    DeviceState.NOT_INUSE: "Idle",
    DeviceState.INUSE: "InUse",
    DeviceState.BUSY: "Busy",
    DeviceState.INVALID: "Unavailable",
    DeviceState.UNAVAILABLE: "Unavailable",
    DeviceState.RINGING: "Ringing",
    DeviceState.RINGINUSE: "InUse&Ringing",
    DeviceState.ONHOLD: "Hold",
}

_PROVIDER = "CustomPresence:"
_DEVICE = re.compile(r"[^/:]+[/:].+", re.DOTALL)
# Wildcards, and what MQTT 5 section 1.5.4 forbids in a topic or lets a broker disconnect for.
_NOT_IN_TOPIC = re.compile("[+#\x00-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
# What follows a name in our own topics, and so cannot end it.
_RESERVED_ENDINGS = ("/set", "/event")


class ExtensionState(NamedTuple):
    """What an extension shows: the one state of its devices, and the strongest of its presences.

    `dnd_is_busy` is the option of its hint, see `lamp`.
    """

    device: DeviceState
    presence: Presence
    dnd_is_busy: bool = False

    @property
    def text(self) -> str:
        """The device state in the words of Asterisk's `core show hints`."""
        return _TEXT[self.device]

    def lamp(self, *, reads_presence: bool) -> DeviceState:
        """The device state for a phone that reads presence beside it, or for one that does not.

        With `dnd_is_busy` the latter sees "do not disturb" as one more device, which is busy: what a PBX
        does that has a `Custom:DND2000` in its hints.
        """
        if self.dnd_is_busy and not reads_presence and self.presence.state is PresenceState.DND:
            return aggregate((self.device, DeviceState.BUSY))
        return self.device


@dataclass(frozen=True, slots=True)
class Hint:
    """An extension and what it watches; made by `parse_hint`.

    `providers` are without `CustomPresence:`, `text` is the string as it was written. `deviceless`
    says how a hint without devices looks: by its presence, or unavailable as in Asterisk. `dnd_is_busy`:
    "do not disturb" lights the lamp of phones that show no presence. `watchers` may watch it.
    """

    extension: str
    devices: tuple[str, ...]
    providers: tuple[str, ...]
    name: str = ""
    text: str = ""
    deviceless: Deviceless = "presence"
    dnd_is_busy: bool = False
    watchers: Watchers = EVERYBODY
    keys: tuple[FactKey, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        keys = (*map(device_key, self.devices), *map(presence_key, self.providers))
        object.__setattr__(self, "keys", tuple(dict.fromkeys(keys)))

    def evaluate(self, facts: Facts) -> ExtensionState:
        """Return what the extension shows, given what is known."""
        presence = strongest(map(facts.presence, self.providers))
        if self.devices:
            device = aggregate(map(facts.device, self.devices))
        else:
            device = self._without_device(presence)
        return ExtensionState(device, presence, self.dnd_is_busy)

    def _without_device(self, presence: Presence) -> DeviceState:
        if self.deviceless == "asterisk":
            return DeviceState.INVALID
        if presence.state is PresenceState.UNAVAILABLE:
            return DeviceState.UNAVAILABLE
        return DeviceState.NOT_INUSE


def parse_hint(
    extension: str,
    text: str,
    name: str = "",
    deviceless: Deviceless = "presence",
    *,
    dnd_is_busy: bool = False,
    watchers: Watchers = EVERYBODY,
) -> Hint:
    """Parse Asterisk's hint string; ValueError says what is wrong and, where it can, what was meant.

    `,CustomPresence:2000` is a hint without devices, `SIP/2000` one without presence; several of
    either are joined by `&`. `name` is what people call the extension; the rest as in `Hint`.
    """
    _require_extension(extension)
    left, comma, right = text.rpartition(",")
    devices, providers = _elements(left if comma else right), _elements(right) if comma else ()
    if not devices and not providers:
        raise ValueError("the hint watches nothing: write SIP/2000, or SIP/2000,CustomPresence:2000")
    if any(map(_is_provider, devices)):
        raise ValueError(_misplaced_provider(devices, providers, bool(comma)))
    for device in devices:
        _require_device(device)
    names = tuple(map(_provider_name, providers))
    return Hint(extension, devices, names, name, text, deviceless, dnd_is_busy, watchers)


def require_topic_name(kind: str, name: str) -> None:
    """ValueError unless a name can stand in our topics; `kind` is what it is the name of."""
    if not name:
        raise ValueError(f"the {kind} has an empty name")
    found = _NOT_IN_TOPIC.search(name)
    if found:
        raise ValueError(f"{kind} {quoted(name)} holds {quoted(found[0])}, which the name of a topic cannot")
    if name.endswith(_RESERVED_ENDINGS):
        raise ValueError(f"{kind} {quoted(name)} ends as our own topics do (/set, /event)")


def _elements(part: str) -> tuple[str, ...]:
    stripped = part.strip()
    return tuple(element.strip() for element in stripped.split("&")) if stripped else ()


def _is_provider(element: str) -> bool:
    return element[: len(_PROVIDER)].lower() == _PROVIDER.lower()


def _misplaced_provider(devices: tuple[str, ...], providers: tuple[str, ...], has_comma: bool) -> str:
    left = "&".join(device for device in devices if not _is_provider(device))
    right = "&".join((*filter(_is_provider, devices), *providers))
    where = "stands before the comma" if has_comma else "needs a comma before it"
    return f"a presence provider {where}: write {quoted(f'{left},{right}', 200)}"


def _require_extension(extension: str) -> None:
    require_topic_name("extension", extension)
    if "/" in extension or extension != extension.strip():
        raise ValueError(
            f"extension {quoted(extension)} must be one level of a topic: no slash, no blank round it"
        )
    if extension.startswith("_"):
        raise ValueError(f"extension {quoted(extension)} is a pattern: write one hint for each extension")


def _require_device(device: str) -> None:
    if "," in device:
        raise ValueError(
            f"{quoted(device)} holds a comma: devices and providers are joined by &, "
            "and one comma stands between the two"
        )
    require_topic_name("device", device)
    if not _DEVICE.fullmatch(device):
        raise ValueError(f"device {quoted(device)} must look like SIP/2000 or Custom:lamp")


def _provider_name(element: str) -> str:
    if not _is_provider(element):
        raise ValueError(_not_a_provider(element))
    name = element[len(_PROVIDER) :].strip()
    require_topic_name("presence provider", name)
    return name


def _not_a_provider(element: str) -> str:
    if not element:
        return "the presence provider has an empty name"
    if _DEVICE.fullmatch(element):
        return f"{quoted(element)} stands where presence stands: devices are joined by &, before the comma"
    return f"{quoted(element)} is not a presence provider: write {quoted(_PROVIDER + element)}"
