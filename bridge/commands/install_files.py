"""`presence-bridge install-files`: write the files that a service needs to where this machine looks for them."""

import argparse
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bridge.commands import shipped
from bridge.config import Settings

NAME = "install-files"
HELP = "write the systemd units, a configuration to start from, the dashboard and the alert rules"
NEEDS_CONFIG = False

_UNIT_FOLDER: Final = "etc/systemd/system"
_CONFIGURATION: Final = "etc/presence-bridge/config.toml"
_SHARE: Final = "usr/local/share/presence-bridge"

# What ProtectHome=yes of the unit hides from the service.
_HIDDEN: Final = ("/home/", "/root/", "/run/user/")


@dataclass(frozen=True, slots=True)
class _File:
    """What shall stand at a path; `ours` where people are not meant to change it, so that it may be replaced."""

    path: Path
    content: bytes
    ours: bool = True


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Where to, and whether a changed configuration is given up."""
    parser.add_argument(
        "--dir",
        type=Path,
        required=True,
        metavar="DIR",
        help="the root of the file system to write to: / for this machine, any other folder to look at them",
    )
    parser.add_argument("--force", action="store_true", help="replace a configuration that has been changed")


def run(args: argparse.Namespace, _settings: Settings) -> int:
    """Write them and name each; 1 if one cannot be written."""
    # Read by systemd and by the user that it makes for the service, whoever installs, and however wary.
    os.umask(0o022)
    command = shipped.program()
    try:
        for file in _files(shipped.shipped_folder(), args.dir, command):
            print(_put(file, force=args.force))
    except (OSError, shipped.NotShippedError) as error:
        print(error, file=sys.stderr)
        return 1
    if command.lstrip('"').startswith(_HIDDEN):
        print(_hidden(command), file=sys.stderr)
    print(_next())
    return 0


def _files(source: Path, root: Path, command: str) -> Iterator[_File]:
    for unit in shipped.UNITS:
        text = (source / "systemd" / unit).read_text()
        yield _File(root / _UNIT_FOLDER / unit, shipped.with_program(text, command).encode())
    drop_in = (source / shipped.DROP_IN).read_bytes()
    if _systemd_version() >= 254:
        yield _File(root / _UNIT_FOLDER / "presence-bridge.service.d" / Path(shipped.DROP_IN).name, drop_in)
    example = (source / shipped.EXAMPLE).read_text()
    yield _File(root / _CONFIGURATION, shipped.for_service(example, f"/{_SHARE}").encode(), ours=False)
    for name in (shipped.EXAMPLE, shipped.SCHEMA, shipped.DASHBOARD, shipped.ALERT_RULES, shipped.DROP_IN):
        yield _File(root / _SHARE / name, (source / name).read_bytes())


def _put(file: _File, *, force: bool) -> str:
    """Write it unless that is needless or would lose somebody's work; what was done."""
    if file.path.exists():
        if file.path.read_bytes() == file.content:
            return f"unchanged {file.path}"
        if not file.ours and not force:
            return f"kept      {file.path} (it has been changed; --force replaces it)"
    file.path.parent.mkdir(parents=True, exist_ok=True)
    file.path.write_bytes(file.content)
    return f"wrote     {file.path}"


def _systemd_version() -> int:
    """The version of this machine's systemd, such as 252; 0 where there is none."""
    try:
        said = subprocess.run(["systemctl", "--version"], capture_output=True, check=True, text=True)  # noqa: S607 - the one on the PATH of whoever installs
    except (OSError, subprocess.CalledProcessError):
        return 0
    words = said.stdout.split()
    return int(words[1]) if len(words) > 1 and words[1].isdigit() else 0


def _hidden(command: str) -> str:
    return (
        f"warning: the service does not see home directories, so it cannot start {command}. Install the program"
        " elsewhere, such as /opt, and run this again; docs/install.md shows how."
    )


def _next() -> str:
    return (
        f"next: edit /{_CONFIGURATION}, then\n"
        f"  presence-bridge check --config /{_CONFIGURATION}\n"
        "  systemctl daemon-reload\n"
        f"  systemctl enable --now {' '.join(reversed(shipped.UNITS))}"
    )
