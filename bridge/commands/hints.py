"""`presence-bridge hints`: what the running bridge tells the phones, in the columns of `core show hints`."""

import argparse
import json
import sys
from typing import Any

from bridge.commands.command import account_of
from bridge.config import Settings
from bridge.io.oneshot import BrokerError, read_retained
from bridge.model.hint import Hint

NAME = "hints"
HELP = "list the hints with their states and watchers, like Asterisk's core show hints"
NEEDS_CONFIG = True


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """No options."""


def run(_args: argparse.Namespace, settings: Settings) -> int:
    """Print one line for each configured hint."""
    root = f"{settings.base_topic}/hint/"
    try:
        retained = read_retained(account_of(settings), settings.base_topic, "hint/+")
        bridge = read_retained(account_of(settings), settings.base_topic, "bridge/state")
    except BrokerError as error:
        print(error, file=sys.stderr)
        return 1
    if b"online" not in bridge.values():
        print("note: no bridge is online at this broker; what follows is what it said last", file=sys.stderr)
    known = {topic.removeprefix(root): _read(payload) for topic, payload in retained.items()}
    print("\n    -= Registered Hints =-")
    for hint in settings.parsed_hints:
        print(_line(hint, known.get(hint.extension, {})))
    print("----------------")
    print(f"- {len(settings.parsed_hints)} hints registered")
    return 0


def _read(payload: bytes) -> dict[str, Any]:
    try:
        value = json.loads(payload)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _line(hint: Hint, known: dict[str, Any]) -> str:
    state, presence = known.get("extension_state", "Unknown"), known.get("presence", "not_set")
    return (
        f"{hint.extension:>20} : {hint.text:<40}  State:{state:<15} "
        f"Presence:{presence:<15} Watchers {known.get('watchers', 0):>2}  {hint.name}".rstrip()
    )
