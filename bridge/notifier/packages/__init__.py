"""One event package a file (RFC 6665 section 5); the table of those that are served."""

from collections.abc import Mapping
from typing import Final

from bridge.notifier.packages.dialog import DIALOG
from bridge.notifier.packages.package import EventPackage
from bridge.notifier.packages.presence import PRESENCE

PACKAGES: Final[Mapping[str, EventPackage]] = {package.name: package for package in (PRESENCE, DIALOG)}
