"""`presence-bridge get`: what the broker holds."""

import argparse
import sys

from bridge.commands.command import account_of, provider_of
from bridge.config import Settings
from bridge.io.oneshot import BrokerError, read_retained
from bridge.topics.decoders import BadPayload
from bridge.topics.decoders.presence import decode_presence

NAME = "get"
HELP = "show the presence of everybody, or of one name"
NEEDS_CONFIG = True


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """One name, or none for all."""
    parser.add_argument("name", nargs="?", help="a presence provider, or an extension that has one")


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Print name, state, subtype and message; fail if the one that was asked for is not set."""
    root = f"{settings.base_topic}/presence/"
    try:
        retained = read_retained(account_of(settings), settings.base_topic, "presence/#")
    except BrokerError as error:
        print(error, file=sys.stderr)
        return 1
    held = {topic.removeprefix(root): payload for topic, payload in retained.items()}
    if args.name is not None:
        wanted = provider_of(args.name, settings) or args.name
        held = {name: payload for name, payload in held.items() if name.casefold() == wanted.casefold()}
        if not held:
            print(f"{wanted}: not set")
            return 1
    width = max(map(len, held), default=0)
    for name in sorted(held):
        print(f"{name:{width}}  {_words(held[name])}")
    return 0


def _words(payload: bytes) -> str:
    try:
        presence = decode_presence(payload)
    except BadPayload as error:
        return f"(not understood: {error})"
    return "  ".join(filter(None, (presence.state.value, presence.subtype, presence.message)))
