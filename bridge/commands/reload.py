"""`presence-bridge reload`: let the running bridge read its configuration anew."""

import argparse
import sys

from bridge.commands.asking import answer_of
from bridge.config import Settings
from bridge.io.oneshot import BrokerError

NAME = "reload"
HELP = "let the running bridge read its configuration anew, and say what came of it"
NEEDS_CONFIG = True

# A large file is parsed in a second or two.
_PATIENCE = 30.0


def add_arguments(_parser: argparse.ArgumentParser) -> None:
    """Nothing beyond the configuration, which says where the bridge is to be asked."""


def run(_args: argparse.Namespace, settings: Settings) -> int:
    """Ask for it; 0 when the file is in use, but for what needs a restart."""
    try:
        data = answer_of(settings, NAME, {}, _PATIENCE)
    except BrokerError as error:
        print(error, file=sys.stderr)
        return 1
    for line in data["applied"]:
        print(f"applied: {line}")
    for key in data["restart_needed"]:
        print(f"needs a restart: {key}")
    if not data["applied"] and not data["restart_needed"]:
        print("nothing has changed")
    return 0
