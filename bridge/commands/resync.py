"""`presence-bridge resync`: make a phone fetch its files again. Most phones restart to do so."""

import argparse
import sys

from bridge.commands.asking import answer_of
from bridge.config import Settings
from bridge.io.oneshot import BrokerError

NAME = "resync"
HELP = "make a phone fetch its files again (most restart for it)"
NEEDS_CONFIG = True

# A phone that says nothing is given up after 32 s (RFC 3261 section 17.1.2.2, Timer F).
_PATIENCE = 40.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The phone."""
    parser.add_argument(
        "phone", metavar="MAC|EXT", help="its hardware address, its extension, or the user of its account"
    )


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Ask the running bridge for it; 0 when the phone has said that it will."""
    try:
        data = answer_of(settings, NAME, {"phone": args.phone}, _PATIENCE)
    except BrokerError as error:
        print(error, file=sys.stderr)
        return 1
    for phone in data["phones"]:
        print(f"{phone['phone']}: {phone['outcome']} {phone['status'] or ''}".rstrip())
    return 0
