"""The bridge of the house: two presence providers, three extensions, and rules for one of the providers."""

from pathlib import Path
from typing import Final

from support.bridge_process import BridgeProcess

BASE: Final = "presence-bridge"

# What people call themselves is not made of letters and digits.
ZED: Final = """Zoë "Zed" O'Neil \\ {{ 7 * 7 }}"""

# Of the bridge, Alice, Zoë and three extensions.
ENTITIES: Final = 7 + 5 + 4 + 3 * 3

DISCOVERY: Final = '[homeassistant]\ndiscovery = "{shape}"'

HINTS: Final = {
    "2000": "SIP/2000,CustomPresence:alice",
    "*78": f"SIP/2001,CustomPresence:{ZED}",
    "Müller": "SIP/2000&SIP/2001,CustomPresence:alice",
}

# Alice is what her telephone and her door say, unless she says something else.
RULES: Final = """\
[sensors.alice_home]
use = "ha.person"
base = "statestream"
id = "alice"

[sensors.office_door]
use = "ha.contact"
base = "statestream"
id = "office_door"

[[rules]]
name = "out of the house"
presence = "alice"
when = { alice_home = "away" }
set = "away,out,back tomorrow"

[[rules]]
name = "door closed"
presence = "alice"
when = { alice_home = "home", office_door = "closed" }
set = "dnd,door,knock"

[[rules]]
name = "door open"
presence = "alice"
when = { alice_home = "home", office_door = "open" }
set = "available"
"""


class HouseBridge(BridgeProcess):
    """Runs as it is usually configured, until it is told otherwise."""

    def __init__(self, folder: Path, mqtt_port: int) -> None:
        super().__init__(folder, mqtt_port, [])
        # Nobody waits a minute for what changes.
        self._head = self.config.read_text().replace("[mqtt]", "[mqtt]\nhealth_interval_seconds = 1", 1)
        self._usual = self._written(HINTS, "single")
        self.config.write_text(self._usual)

    def configure(self, *, hints: dict[str, str] = HINTS, shape: str = "single") -> None:
        """Start anew with another configuration."""
        self.stop()
        self.config.write_text(self._written(hints, shape))
        self.start()

    def restore(self) -> None:
        """See that it runs, as it is usually configured."""
        if self.config.read_text() != self._usual:
            self.stop()
            self.config.write_text(self._usual)
        if self._process is None:
            self.start()

    def kill(self) -> None:
        """SIGKILL: it cannot say goodbye to anybody."""
        process, self._process = self._process, None
        assert process is not None
        process.kill()
        process.wait()

    def _written(self, hints: dict[str, str], shape: str) -> str:
        tables = [
            f"[[hints]]\nextension = '{extension}'\nhint = '''{hint}'''" for extension, hint in hints.items()
        ]
        return "\n\n".join([self._head, DISCOVERY.format(shape=shape), *tables, RULES])
