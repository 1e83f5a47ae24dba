"""`application/xpidf+xml`, older than the standards, in the layout of Asterisk's res_pjsip.

Nothing but a draft of 2000 and the words of MSN Messenger defines it. Older Polycom phones read it.
Asterisk sends the same document as `application/cpim-pidf+xml`, and so do we.
"""

from collections.abc import Mapping
from typing import Final

from bridge.model.hint import ExtensionState
from bridge.notifier.bodies.status import IN_USE, Status, status_of
from bridge.notifier.bodies.subject import Subject
from bridge.notifier.bodies.xml import escape

XPIDF: Final = "application/xpidf+xml"
CPIM: Final = "application/cpim-pidf+xml"

_DOCUMENT: Final = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    "<presence>\n"
    ' <presentity uri="{uri};method=SUBSCRIBE" />\n'
    ' <atom atomid="{extension}" id="{extension}">\n'
    '  <address uri="{uri};user=ip" priority="0.80000">\n'
    '   <status status="{status}" />\n'
    '   <msnsubstatus substatus="{substatus}" />\n'
    "  </address>\n"
    " </atom>\n"
    "</presence>\n"
)

# Status and substatus. Asterisk has no words for a person. MSN Messenger had `inuse` beside `busy`, and
# `inactive` beside `away`; FreeSWITCH sends `open` there, and that is known to suit a Polycom.
_WORDS: Final[Mapping[Status, tuple[str, str]]] = {
    Status.IDLE: ("open", "online"),
    **dict.fromkeys(IN_USE, ("inuse", "onthephone")),
    Status.OFFLINE: ("closed", "offline"),
    Status.AWAY: ("open", "away"),
    Status.BUSY: ("inuse", "busy"),
}


class Xpidf:
    """One document under either of its two names."""

    def __init__(self, content_type: str) -> None:
        self.content_type: Final = content_type

    def format(self, state: ExtensionState, subject: Subject) -> bytes:
        """Render it. The identifier of the atom is the extension; Asterisk makes a new one for each body."""
        status, substatus = _WORDS[status_of(state, subject)]
        return _DOCUMENT.format(
            uri=escape(subject.uri),
            extension=escape(subject.extension),
            status=status,
            substatus=substatus,
        ).encode()
