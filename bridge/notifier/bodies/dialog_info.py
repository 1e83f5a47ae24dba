"""`application/dialog-info+xml` (RFC 4235 section 4) in the layout of Asterisk's res_pjsip.

An extension is shown as one dialog, whose identifier is the extension: it rings, it is up, it is on
hold, or it has ended. In two places Asterisk's document is not that of the RFC's schema, and ours
is not either, because phones are made to work with Asterisk: `local` stands before `state` while it
rings, and a parameter's value is called `pvalue`.
"""

from collections.abc import Mapping
from typing import Final

from bridge.model.device import DeviceState
from bridge.model.hint import ExtensionState
from bridge.notifier.bodies.subject import VERSION, Subject
from bridge.notifier.bodies.xml import escape

DIALOG_INFO: Final = "application/dialog-info+xml"

# Each NOTIFY tells all there is (state full, section 4.1), so none depends on one that was lost.
_DOCUMENT: Final = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<dialog-info xmlns="urn:ietf:params:xml:ns:dialog-info"'
    ' version="{version}" state="full" entity="{uri}">\n'
    "{dialog}"
    "</dialog-info>\n"
)

_ENDED: Final = ' <dialog id="{id}">\n  <state>terminated</state>\n </dialog>\n'
_UP: Final = ' <dialog id="{id}">\n  <state>confirmed</state>\n </dialog>\n'
_RINGS: Final = (
    ' <dialog id="{id}" direction="recipient">\n'
    "  <local>\n"
    "   <identity>{uri}</identity>\n"
    '   <target uri="{uri}" />\n'
    "  </local>\n"
    "  <state>early</state>\n"
    " </dialog>\n"
)
# RFC 3840 section 5.2 with RFC 4235 section 4.1.6.2: the media of the local end are not rendered.
_ON_HOLD: Final = (
    ' <dialog id="{id}">\n'
    "  <state>confirmed</state>\n"
    "  <local>\n"
    '   <target uri="{uri}">\n'
    '    <param pname="+sip.rendering" pvalue="no" />\n'
    "   </target>\n"
    "  </local>\n"
    " </dialog>\n"
)

_DIALOGS: Final[Mapping[DeviceState, str]] = {
    DeviceState.UNKNOWN: _ENDED,
    DeviceState.NOT_INUSE: _ENDED,
    DeviceState.INUSE: _UP,
    DeviceState.BUSY: _UP,
    DeviceState.INVALID: _ENDED,
    DeviceState.UNAVAILABLE: _ENDED,
    DeviceState.RINGING: _RINGS,
    # A lamp cannot blink for a second call and burn for the first; Asterisk lets it burn.
    DeviceState.RINGINUSE: _UP,
    DeviceState.ONHOLD: _ON_HOLD,
}


class DialogInfo:
    """What lamp keys (BLF) read. It has no place for presence, which shows in the lamp or not at all."""

    content_type = DIALOG_INFO

    def format(self, state: ExtensionState, subject: Subject) -> bytes:
        """Render it, with VERSION where the number of the NOTIFY belongs."""
        uri = escape(subject.uri)
        dialog = _DIALOGS[state.lamp(reads_presence=False)].format(id=escape(subject.extension), uri=uri)
        return _DOCUMENT.format(version=VERSION.decode(), uri=uri, dialog=dialog).encode()
