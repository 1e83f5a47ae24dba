"""`presence-bridge explain`: why somebody is what he is, by the running bridge; or what a phone is sent, and why."""

import argparse
import os
import sys
from typing import Final

from bridge.commands import explain_phone
from bridge.commands.explain_name import explain_name
from bridge.config import ConfigError, Settings, find, load

NAME = "explain"
HELP = "tell why an extension, a presence, a lamp or a sensor is what it is; or what a phone is sent"
NEEDS_CONFIG = False

_EPILOG: Final = """\
With a name, the running bridge is asked: what the sensors say, which rules there are, and which of them
decides. Without one, it is told what a phone with this User-Agent is sent, by which line of which table.
Without --accept, the phone is taken to send no Accept header, and gets the default of each event. The
[[sip.profiles]] that count are those of the configuration; where there is none, the built-in table alone.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What is to be explained."""
    parser.epilog = _EPILOG
    parser.add_argument(
        "name", nargs="?", help="an extension, a presence provider, a device such as Custom:lamp, or a sensor"
    )
    parser.add_argument("--json", action="store_true", help="of a name: print the bridge's answer as JSON")
    explain_phone.add_arguments(parser)


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Explain the name, or the phone; 1 where there is no such name, or the phone would be refused."""
    try:
        settings = _found(args, settings)
    except ConfigError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    if args.name is None:
        return explain_phone.run(args, settings)
    return explain_name(args.name, settings, as_json=args.json)


def _found(args: argparse.Namespace, settings: Settings) -> Settings:
    """The configuration, also where none was named and one lies where `run` would look."""
    if args.config is not None:
        return settings
    try:
        place = find(None)
    except ConfigError:
        return settings
    return load(place, os.environ)
