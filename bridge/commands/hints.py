"""`presence-bridge hints`: what the running bridge tells the phones, in the columns of `core show hints`."""

import argparse
import sys

from bridge.commands.registered_hints import RegisteredHint, registered_hints
from bridge.config import Settings
from bridge.io.oneshot import BrokerError

NAME = "hints"
HELP = "list the hints with their states and watchers, like Asterisk's core show hints"
NEEDS_CONFIG = True


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """No options."""


def run(_args: argparse.Namespace, settings: Settings) -> int:
    """Print one line for each hint."""
    try:
        hints = registered_hints(settings)
    except BrokerError as error:
        print(error, file=sys.stderr)
        return 1
    print("\n    -= Registered Hints =-")
    for hint in hints:
        print(_line(hint))
    print("----------------")
    print(f"- {len(hints)} hints registered")
    return 0


def _line(hint: RegisteredHint) -> str:
    return (
        f"{hint.extension:>20} : {hint.hint:<40}  State:{hint.state:<15} "
        f"Presence:{hint.presence:<15} Watchers {hint.watchers:>2}  {hint.name}".rstrip()
    )
