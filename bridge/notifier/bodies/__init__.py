"""What a NOTIFY carries: one body format a file, and the table of them.

A format turns an extension state into the octets for one content type. It is called once per
change, format and subject, not once per watcher, so its result may depend on nothing else.
"""

from collections.abc import Mapping
from typing import Final, Protocol

from bridge.model.hint import ExtensionState
from bridge.notifier.bodies.dialog_info import DialogInfo
from bridge.notifier.bodies.pidf import Pidf
from bridge.notifier.bodies.rpid import Rpid
from bridge.notifier.bodies.subject import Subject
from bridge.notifier.bodies.xpidf import CPIM, XPIDF, Xpidf


class BodyFormat(Protocol):
    """One content type."""

    @property
    def content_type(self) -> str:
        """Media type without parameters; some phones refuse any parameter with 415."""
        ...

    def format(self, state: ExtensionState, subject: Subject) -> bytes:
        """Render the body."""
        ...


_XPIDF: Final = Xpidf(XPIDF)

# What is sent to a watcher that asks for PIDF, by the word of its profile.
PIDF_LAYOUTS: Final[Mapping[str, BodyFormat]] = {"asterisk": Pidf(), "rpid": Rpid(), "xpidf": _XPIDF}

# Every other format, under its content type.
BODIES: Final[Mapping[str, BodyFormat]] = {
    body.content_type: body for body in (_XPIDF, Xpidf(CPIM), DialogInfo())
}
