"""`presence-bridge core show hints`, `core show hint 2000`: Asterisk's words and columns for our hints.

The lines and their widths are as recorded from Asterisk 20.20.1; the heading, the sentences round the
lines, and that `hint` takes all that begin so, are from memory of its main/pbx.c.
"""

import argparse
import sys
from collections.abc import Sequence
from typing import Final

from bridge.commands.registered_hints import RegisteredHint, registered_hints
from bridge.config import Settings
from bridge.io.oneshot import BrokerError

NAME = "core"
HELP = "list hints as Asterisk does: core show hints, core show hint 2000"
NEEDS_CONFIG = True

# Our hints are in no context; a script that splits at the @ finds something behind it.
CONTEXT: Final = "presence-bridge"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The words that follow `core`."""
    parser.add_argument("show", choices=("show",))
    parser.add_argument("what", choices=("hints", "hint"))
    parser.add_argument("exten", nargs="?", help="for hint: the extension, or how it begins")


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Print the lines; 1 if there is none, 2 for a wrong command line."""
    if (args.what == "hint") != (args.exten is not None):
        print("Usage: core show hints\n       core show hint <exten>", file=sys.stderr)
        return 2
    try:
        hints = registered_hints(settings)
    except BrokerError as error:
        print(error, file=sys.stderr)
        return 1
    if not hints:
        print("There are no registered dialplan hints")
        return 1
    return _show_all(hints) if args.exten is None else _show_some(hints, args.exten)


def _show_all(hints: Sequence[RegisteredHint]) -> int:
    print("\n    -= Registered Asterisk Dial Plan Hints =-")
    for hint in hints:
        print(line(hint))
    print("----------------")
    print(f"- {len(hints)} hints registered")
    return 0


def _show_some(hints: Sequence[RegisteredHint], beginning: str) -> int:
    found = [hint for hint in hints if hint.extension.casefold().startswith(beginning.casefold())]
    for hint in found:
        print(line(hint))
    if not found:
        print(f"No hints matching extension {beginning}")
        return 1
    print(f"{len(found)} hint{'' if len(found) == 1 else 's'} matching extension {beginning}")
    return 0


def line(hint: RegisteredHint) -> str:
    """One hint in five columns: where it is, what it watches, state, presence, and how many watch it."""
    return (
        f"{f'{hint.extension}@{CONTEXT}':30.30}: {hint.hint:60.60}  State:{hint.state:15.15} "
        f"Presence:{hint.presence:15.15} Watchers {hint.watchers:2}"
    )
