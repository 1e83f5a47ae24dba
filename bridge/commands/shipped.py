"""The files that come with the program: an example of the configuration, systemd units, dashboard, alert rules."""

import sys
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path
from typing import Final

import bridge

EXAMPLE: Final = "config.example.toml"
SCHEMA: Final = "docs/config.schema.json"
DASHBOARD: Final = "grafana/presence-bridge.json"
ALERT_RULES: Final = "grafana/prometheus/rules.yml"
DROP_IN: Final = "systemd/drop-in/systemd-254.conf"
UNITS: Final = (
    "presence-bridge.service",
    "presence-bridge-udp.socket",
    "presence-bridge-tcp.socket",
)

# What the unit starts, as a Debian package has it.
_PACKAGED: Final = "/usr/bin/presence-bridge"

# Where the example listens, for a first try; and where the two socket units do.
_TRIED: Final = 'listen = ["udp://127.0.0.1:5060"]'
_SERVED: Final = 'listen = ["udp://0.0.0.0:5060", "tcp://0.0.0.0:5060"]'


class NotShippedError(Exception):
    """The program is here without the files that belong to it."""


def shipped_folder() -> Path:
    """The folder that holds them, laid out as in a checkout: the checkout itself, or what the wheel has brought.

    Where an installer puts the data of a wheel differs (a virtual environment, the user's own folder), so
    what it has recorded is asked. Raises NotShippedError.
    """
    checkout = Path(bridge.__file__).parent.parent
    if (checkout / EXAMPLE).is_file() and (checkout / "pyproject.toml").is_file():
        return checkout
    try:
        recorded = files("presence-bridge") or ()
    except PackageNotFoundError:
        recorded = ()
    for file in recorded:
        if file.match(f"share/presence-bridge/{EXAMPLE}"):
            return Path(str(file.locate())).resolve().parent
    raise NotShippedError(
        "the units, the example and the dashboard are not here: install presence-bridge from its wheel"
    )


def program() -> str:
    """The command that is running, as systemd shall start it: an absolute path, or the interpreter and `-m`.

    A link stays a link, so that it still fits when an upgrade gives it another target.
    """
    started = Path(sys.argv[0])
    if started.name == "presence-bridge":
        return _quoted(str(started.absolute()))
    return f"{_quoted(sys.executable)} -m bridge"


def with_program(unit: str, command: str) -> str:
    """The text of a unit that starts `command` wherever the shipped one starts the packaged program."""
    return unit.replace(_PACKAGED, command)


def for_service(example: str, share: str) -> str:
    """The example as a service needs it: it listens where the socket units do. Whom it trusts stays the same.

    `share` is the folder in which editors find the schema.
    """
    return example.replace(_TRIED, _SERVED).replace(f"./{SCHEMA}", f"{share}/{SCHEMA}", 1)


def _quoted(path: str) -> str:
    """A path as it stands in a unit (systemd.service(5), command lines; systemd.unit(5), specifiers)."""
    path = path.replace("%", "%%").replace("$", "$$")
    if any(character in path for character in " \t\"'\\"):
        escaped = path.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}"'
    return path
