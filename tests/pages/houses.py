"""What is there before the first command of a scene: nothing but a broker, or a bridge at work, or in trouble."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from pages.blocks import Scene
from pages.sandbox import Sandbox

BROKER: Final = """\
[mqtt]
host = "127.0.0.1"
"""
HINT: Final = """\
[[hints]]
extension = "2000"
hint = "SIP/2000,CustomPresence:2000"
name = "Front desk"
"""
DOOR: Final = """\
[rule_options]
time_zone = "UTC"

[sensors.office_door]
use = "zigbee2mqtt.contact"
name = "office_door"

[[rules]]
name = "door"
presence = "2000"
when = { office_door = "closed" }
set = { state = "dnd", message = "Door closed" }

[[rules]]
name = "otherwise"
presence = "2000"
set = "available"
"""
_SYNCHRONISED = "broker_synchronised"
_OTHER_HINT = """\
[[hints]]
extension = "{0}"
hint = "SIP/{0}"
"""
_USER = """\
[[sip.users]]
name = "reception"
password = "change me"
"""
_WRITABLE = """\
[http]
write = true
token = "0123456789abcdef"
"""
_RUN = "presence-bridge run"


def _nothing(_: Sandbox) -> None:
    """For a newcomer, who writes everything himself."""


@dataclass(frozen=True)
class House:
    """A bridge with this configuration, which was started and has said `until`; one that is not, where it is empty."""

    config: str
    until: str = _SYNCHRONISED
    before: Callable[[Sandbox], None] = _nothing
    behind: Callable[[Sandbox], None] = _nothing

    def furnish(self, sandbox: Sandbox) -> None:
        """Make it so."""
        if self.config:
            sandbox.write("config.toml", self.config)
        self.before(sandbox)
        if self.until:
            sandbox.start(_RUN, self.until)
        self.behind(sandbox)


def _without_broker(sandbox: Sandbox) -> None:
    sandbox.broker.close()


def _broker_restarted(sandbox: Sandbox) -> None:
    sandbox.broker.kill()
    sandbox.wait_until_printed("no broker: connection refused")
    sandbox.broker.start()


def _silent_phone(sandbox: Sandbox) -> None:
    sandbox.subscribe("2000")


def _edited(sandbox: Sandbox) -> None:
    user = _USER.replace("change me", "changed")
    broker = BROKER + "keepalive_seconds = 20\n"
    sandbox.write("config.toml", broker + HINT + user + _OTHER_HINT.format(2002))


def _password(sandbox: Sandbox) -> None:
    sandbox.write("etc/presence-bridge/phone-200", "secret\n")


def _lunch(sandbox: Sandbox) -> None:
    sandbox.broker.publish("presence-bridge/presence/2000", "dnd,,Back at 13:00", "-r")
    sandbox.wait_until_printed("presence_changed provider=2000")


_AT_WORK = House(BROKER + HINT + DOOR)


def _tokyo() -> str:
    """A rule that is true now, whenever that is."""
    now = datetime.now(ZoneInfo("Asia/Tokyo"))
    begin, end = (f"{now + timedelta(hours=hours):%H:%M}" for hours in (-2, 2))
    return f"""\
[rule_options]
time_zone = "Asia/Tokyo"
[[rules]]
name = "office hours"
presence = "2000"
from = "{begin}"
to = "{end}"
set = "available"
"""


_SCENES: Final[Mapping[str, House]] = {
    "at work": _AT_WORK,
    "no bridge": House(BROKER + HINT, until=""),
    "no broker": House(
        BROKER + HINT,
        until="no broker: connection refused",
        before=_without_broker,
    ),
    "broker restarted": House(BROKER + HINT, behind=_broker_restarted),
    "silent phone": House(BROKER + HINT, behind=_silent_phone),
    "wrong zone": House(BROKER + HINT + _tokyo()),
    "no configuration": House("", until=""),
    "no disk": House(BROKER + HINT + '[store]\npath = "/proc/nothing.db"\n'),
    "wrong configuration": House(BROKER + HINT.replace("SIP/2000,", ""), until=""),
    "nothing": House(BROKER + HINT, until=""),
}

# For pages that do not say what is there before.
_PAGES: Final[Mapping[str, House]] = {
    "docs/logs.md": _AT_WORK,
    "docs/operations.md": House(BROKER + HINT + _USER + _OTHER_HINT.format(2001), behind=_edited),
    "docs/provisioning.md": House(BROKER + HINT, until="", before=_password),
    "docs/status-page.md": House(BROKER + HINT + _WRITABLE, behind=_lunch),
    "docs/topics.md": _AT_WORK,
}


def house_of(scene: Scene) -> House:
    """What is there before the scene."""
    if scene.name:
        return _SCENES[scene.name]
    return _PAGES.get(scene.page, _SCENES["nothing"])
