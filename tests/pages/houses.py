"""What each page takes for granted: nothing, or a bridge at work."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from pages.sandbox import Sandbox

_HINTS = """\
[mqtt]
host = "127.0.0.1"

[[hints]]
extension = "2000"
hint = "SIP/2000,CustomPresence:2000"
name = "Front desk"

[[hints]]
extension = "2001"
hint = "SIP/2001,CustomPresence:2001"
"""


@dataclass(frozen=True)
class Newcomer:
    """Has the checkout, and a broker."""

    def furnish(self, sandbox: Sandbox) -> None:
        """Nothing more."""


@dataclass(frozen=True)
class House:
    """A bridge at work, with two extensions and what else the page is about."""

    more: str = ""
    said: tuple[tuple[str, str], ...] = ()

    def furnish(self, sandbox: Sandbox) -> None:
        """Start the bridge, and let others say what the page begins with."""
        for topic, payload in self.said:
            sandbox.broker.publish(topic, payload, "-r")
        sandbox.write("config.toml", _HINTS + self.more)
        sandbox.start("presence-bridge run", "broker_synchronised messages=0 seconds=0.001")


HOUSES: Final[Mapping[str, Newcomer | House]] = {}
