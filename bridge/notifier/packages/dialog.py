"""The event package `dialog` (RFC 4235), by which lamp keys (BLF) of most phones watch."""

from typing import Final

from bridge.notifier.bodies.dialog_info import DIALOG_INFO
from bridge.notifier.bodies.xpidf import CPIM, XPIDF
from bridge.notifier.packages.package import EventPackage
from bridge.pidf import CONTENT_TYPE as PIDF

# RFC 4235 section 3.4: one hour where the watcher names no time. The other bodies as in Asterisk.
DIALOG: Final = EventPackage("dialog", 3600, (DIALOG_INFO, PIDF, XPIDF, CPIM))
