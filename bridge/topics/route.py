"""Routes: what a message on one of our topics means.

    <base>/presence/<provider>              truth about a provider
    <base>/presence/<provider>/set          a command; never retained
    <base>/presence/<provider>/event        written by us, not read
    <base>/device/<technology>/<resource>   truth about a device
    <base>/device/Custom/<name>/set         the same, for a device that nothing but MQTT drives

Provider and resource may hold slashes, blanks and any language.
"""

from collections.abc import Callable
from typing import NamedTuple

from bridge.model.facts import FactKey, device_key, presence_key
from bridge.model.words import printable, printable_bytes
from bridge.mqtt.filter import TopicFilter
from bridge.mqtt.payload import BadPayload
from bridge.topics.decoders import DECODERS
from bridge.topics.decoders.device import DeviceCommand, decode_device_command
from bridge.topics.decoders.presence import PresenceCommand, decode_command
from bridge.topics.decoders.word import Word


class FactRead(NamedTuple):
    """A truth. `name` is spelled as in the topic."""

    key: FactKey
    name: str
    word: Word


class CommandRead(NamedTuple):
    """Somebody asks to change what a provider says."""

    provider: str
    command: PresenceCommand


class DeviceCommandRead(NamedTuple):
    """Somebody asks to change the state of a Custom device (`Custom/lamp`)."""

    device: str
    command: DeviceCommand


class Ignored(NamedTuple):
    """Nothing to read: our own message, or the removal of one that we do not keep."""


# An empty command is ignored, live or retained: it is how a retained command is removed.
Reading = FactRead | CommandRead | DeviceCommandRead | Ignored


_Reader = Callable[[dict[str, str], bytes, bool], Reading]


class Rejected(ValueError):  # noqa: N818 - says what it is, not that it is an error
    """A message that means nothing.

    `kind` is one of payload, topic, size, retained_set; `value` is the payload, printable and at
    most 80 characters; `reason` is in words.
    """

    def __init__(self, kind: str, value: str, reason: str) -> None:
        super().__init__(reason)
        self.kind = kind
        self.value = value
        self.reason = reason


def rejected(payload: bytes, error: BadPayload) -> Rejected:
    """Return what is wrong with a message whose payload is."""
    return Rejected(error.kind, printable_bytes(payload), str(error))


class Routes:
    """The topics under one base, for example `presence-bridge`."""

    __slots__ = ("_base", "_ours", "_parents", "_table", "filters")

    def __init__(self, base_topic: str) -> None:
        """ValueError when the base cannot stand in front of a topic filter."""
        self._base = base_topic
        presence = f"{base_topic}/presence/{{name+}}"
        device = f"{base_topic}/device/{{technology}}/{{name+}}"
        # The first match counts, so the endings stand before the names that could swallow them.
        self._table: tuple[tuple[TopicFilter, _Reader], ...] = (
            (TopicFilter(f"{presence}/set"), _presence_command),
            (TopicFilter(f"{presence}/event"), _written_by_us),
            (TopicFilter(presence), _presence_truth),
            (TopicFilter(f"{device}/set"), _device_command),
            (TopicFilter(device), _device_truth),
        )
        self._parents = (f"{base_topic}/presence", f"{base_topic}/device")
        self._ours = tuple(f"{parent}/" for parent in self._parents)
        self.filters = tuple(f"{parent}/#" for parent in self._parents)

    def takes(self, topic: str) -> bool:
        """Whether a message on this topic is to be read here."""
        return topic.startswith(self._ours) or topic in self._parents

    def name(self, topic: str) -> str:
        """Return the name of the provider or of the device (as a path) that a truth topic is about."""
        return next(topic.removeprefix(ours) for ours in self._ours if topic.startswith(ours))

    def presence_topic(self, provider: str) -> str:
        """Return the truth topic of a provider."""
        return f"{self._base}/presence/{provider}"

    def device_topic(self, device: str) -> str:
        """Return the truth topic of a device that is named as a path (`Custom/lamp`)."""
        return f"{self._base}/device/{device}"

    def read(self, topic: str, payload: bytes, retained: bool) -> Reading:
        """Return what a message means; `Rejected` when it means nothing."""
        for topic_filter, reader in self._table:
            names = topic_filter.match(topic)
            if names is None:
                continue
            if not all(names.values()):
                break
            try:
                return reader(names, payload, retained)
            except BadPayload as error:
                raise rejected(payload, error) from None
        if not payload:
            return Ignored()
        raise Rejected("topic", printable_bytes(payload), "this is the topic of no provider and no device")


def _presence_truth(names: dict[str, str], payload: bytes, _retained: bool) -> Reading:
    provider = names["name"]
    return FactRead(presence_key(provider), provider, DECODERS["presence"](payload))


def _device_truth(names: dict[str, str], payload: bytes, _retained: bool) -> Reading:
    device = f"{names['technology']}/{names['name']}"
    return FactRead(device_key(device), device, DECODERS["device"](payload))


def _presence_command(names: dict[str, str], payload: bytes, retained: bool) -> Reading:
    if not payload:
        return Ignored()
    _require_live(payload, retained)
    return CommandRead(names["name"], decode_command(payload))


def _device_command(names: dict[str, str], payload: bytes, retained: bool) -> Reading:
    technology, resource = names["technology"], names["name"]
    if not payload:
        return Ignored()
    if technology.casefold() != "custom":
        reason = f"only Custom devices can be set: the state of a {printable(technology)} device is its PBX's"
        raise Rejected("topic", printable_bytes(payload), reason)
    _require_live(payload, retained)
    return DeviceCommandRead(f"{technology}/{resource}", decode_device_command(payload))


def _written_by_us(_names: dict[str, str], _payload: bytes, _retained: bool) -> Reading:
    return Ignored()


def _require_live(payload: bytes, retained: bool) -> None:
    if retained:
        reason = (
            "a command must not be retained, it would be obeyed again at every start: publish it without "
            "retain, and remove this one with an empty retained message"
        )
        raise Rejected("retained_set", printable_bytes(payload), reason)
