"""What must hold for any octets that arrive as a presence document, from a softphone or a notifier.

* Reading gives what a person says, and what a phone shows, or raises DocumentError, and nothing else.
* A text is no longer than a phone is sent, and holds only what XML can hold.
* The presence, shown to a watching phone, is a well-formed document that says the same.
* No file is opened and no connection is made (under `make fuzz`; a unit test watches it as well).
"""

from collections.abc import Iterable
from xml.etree import ElementTree as ET

from bridge.model.device import DeviceState
from bridge.model.hint import ExtensionState
from bridge.model.presence import PresenceState
from bridge.notifier.bodies.digium import digium_tuple
from bridge.notifier.bodies.pidf import Pidf
from bridge.notifier.bodies.subject import Subject
from bridge.pidf import MAX_BYTES, DocumentError
from bridge.registrar.pidf_reader import MAX_TEXT, read_presence
from bridge.subscriber.pidf import read_pidf
from fuzz.seeds import bodies

_SUBJECT = Subject("2000", "sip:2000@h", (digium_tuple,))


def seeds() -> Iterable[bytes]:
    """Bodies of recorded PUBLISH and NOTIFY requests, and what XML readers have died of."""
    yield from bodies()
    yield b'<!DOCTYPE a [<!ENTITY b "c"><!ENTITY d "&b;&b;">]><presence>&d;</presence>'
    yield b'<presence xmlns="urn:ietf:params:xml:ns:pidf">' + b"<a>" * 50 + b"</a>" * 50 + b"</presence>"
    yield '<?xml version="1.0" encoding="utf-7"?><presence xmlns="urn:ietf:params:xml:ns:pidf"/>'.encode(
        "utf-16"
    )


def check(data: bytes) -> None:
    """Raise AssertionError, or anything else, if what is said above does not hold."""
    try:
        picture = read_pidf(data)
    except DocumentError:
        assert _refused(data)
        return
    assert len(data) <= MAX_BYTES
    assert all(isinstance(text, str) for text in picture)
    presence = read_presence(data)
    assert presence.state in PresenceState
    assert len(presence.subtype) <= MAX_TEXT
    assert len(presence.message) <= MAX_TEXT
    shown = Pidf().format(ExtensionState(DeviceState.NOT_INUSE, presence), _SUBJECT)
    ET.fromstring(shown)
    again = read_pidf(shown)
    assert again.presence == presence.state.value
    assert presence.message.startswith(again.message)


def _refused(data: bytes) -> bool:
    """Whether the registrar's reader refuses it as well."""
    try:
        read_presence(data)
    except DocumentError:
        return True
    return False
