"""`presence-bridge loglevel`: how much the running bridge logs, until it is started anew."""

import argparse
import sys

from bridge.commands.asking import answer_of
from bridge.config import Settings
from bridge.io.log import LEVELS
from bridge.io.oneshot import BrokerError

NAME = "loglevel"
HELP = "set how much the running bridge logs, until it is started anew"
NEEDS_CONFIG = True


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The level."""
    parser.add_argument("level", choices=LEVELS)


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Ask for it; 0 when the bridge has taken it."""
    try:
        data = answer_of(settings, "log_level", {"level": args.level})
    except BrokerError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{data['new']} (was {data['old']})")
    return 0
