"""The event package `presence` (RFC 3856)."""

from typing import Final

from bridge.notifier.bodies import PRESENCE_BODIES
from bridge.notifier.packages.package import EventPackage

# RFC 3856 section 6.4: one hour where the watcher names no time.
PRESENCE: Final = EventPackage("presence", 3600, PRESENCE_BODIES)
