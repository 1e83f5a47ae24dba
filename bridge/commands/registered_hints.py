"""The hints of the running bridge, as the broker holds them, for the commands that list them."""

import json
import sys
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from bridge.commands.command import account_of
from bridge.config import Settings
from bridge.io.oneshot import read_retained
from bridge.model.words import printable


class RegisteredHint(NamedTuple):
    """One hint, and what it shows; all printable. `name` is what people call the extension."""

    extension: str
    hint: str
    name: str
    state: str
    presence: str
    watchers: int


def registered_hints(settings: Settings) -> tuple[RegisteredHint, ...]:
    """Return the hints in the order of the configuration, then those that the bridge has from elsewhere.

    A note goes to stderr where no bridge is online. Raise BrokerError.
    """
    account, base_topic = account_of(settings), settings.base_topic
    root = f"{base_topic}/hint/"
    retained = read_retained(account, base_topic, "hint/+")
    if b"online" not in read_retained(account, base_topic, "bridge/state").values():
        print("note: no bridge is online at this broker; what follows is what it said last", file=sys.stderr)
    return tuple(_rows(settings, {topic.removeprefix(root): retained[topic] for topic in sorted(retained)}))


def _rows(settings: Settings, payloads: Mapping[str, bytes]) -> Iterator[RegisteredHint]:
    configured = {hint.extension: hint for hint in settings.parsed_hints}
    for extension in dict.fromkeys((*configured, *payloads)):
        shown = _document(payloads.get(extension, b""))
        hint = configured.get(extension)
        yield RegisteredHint(
            printable(extension),
            printable(hint.text if hint else str(shown.get("hint", "")), 200),
            printable(hint.name) if hint else "",
            printable(str(shown.get("extension_state", "Unknown"))),
            printable(str(shown.get("presence", "not_set"))),
            _count(shown.get("watchers")),
        )


def _document(payload: bytes) -> dict[str, Any]:
    try:
        value = json.loads(payload)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _count(value: object) -> int:
    return value if isinstance(value, int) else 0
