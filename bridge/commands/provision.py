"""`presence-bridge provision`: write the files of phones into a folder, for another server to serve."""

import argparse
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from bridge.config import Settings
from bridge.config.provisioning import files_url, provisioned
from bridge.phones.files import phone_files
from bridge.phones.mac import parse_mac
from bridge.phones.phone import Phone

NAME = "provision"
HELP = "write the files by which Digium and Sangoma phones set themselves up"
NEEDS_CONFIG = True

# Passwords are in them. A file that is there already keeps its mode.
_MODE = 0o600


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which phones, and where to."""
    parser.add_argument(
        "--phone", action="append", metavar="MAC", help="one of [[phones]]; may be repeated (default: all)"
    )
    parser.add_argument(
        "--out", type=Path, required=True, metavar="DIR", help="the folder; made if it is absent"
    )
    parser.add_argument(
        "--url", help="where phones will find the folder (default: url of [provisioning], or the bridge)"
    )


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Write the files, and name each; 2 for a phone that is not listed."""
    try:
        phones = tuple(_chosen(args.phone, settings))
        url = args.url or files_url(settings)
        args.out.mkdir(parents=True, exist_ok=True)
        for phone in phones:
            for name, content in phone_files(phone, url).items():
                _write(args.out / name, content)
                print(args.out / name)
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    except OSError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"note: passwords are in them. Phones look for them at {url}", file=sys.stderr)
    return 0


def _chosen(addresses: Sequence[str] | None, settings: Settings) -> Iterator[Phone]:
    """Raise ValueError for an address that is none, or of no phone; the others are not read."""
    if not settings.phones:
        raise ValueError("there are no [[phones]] in the configuration")
    listed = {phone.parsed_mac for phone in settings.phones}
    wanted = listed if addresses is None else {_mac(address, listed) for address in addresses}
    chosen = tuple(phone for phone in settings.phones if phone.parsed_mac in wanted)
    return provisioned(settings.model_copy(update={"phones": chosen}))


def _mac(address: str, listed: set[str]) -> str:
    try:
        mac = parse_mac(address)
    except ValueError as error:
        raise ValueError(f"--phone {address} {error}") from None
    if mac not in listed:
        raise ValueError(f"{mac} is none of [[phones]], which are {', '.join(sorted(listed))}")
    return mac


def _write(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, _MODE)
    with open(descriptor, "wb") as file:  # noqa: PTH123 - of a descriptor, which has its mode from the start
        file.write(content)
