"""The event package `presence` (RFC 3856)."""

from typing import Final

from bridge.notifier.bodies.dialog_info import DIALOG_INFO
from bridge.notifier.bodies.xpidf import CPIM, XPIDF
from bridge.notifier.packages.package import EventPackage
from bridge.pidf import CONTENT_TYPE as PIDF

# RFC 3856 section 6.4: one hour where the watcher names no time. Like Asterisk, it offers the body
# of the other package too: some phones ask for what they can read under the event that they know.
PRESENCE: Final = EventPackage("presence", 3600, (PIDF, XPIDF, CPIM, DIALOG_INFO))
