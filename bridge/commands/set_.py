"""`presence-bridge set`: write a presence, as any MQTT client could."""

import argparse
import sys

from bridge.commands.command import account_of, provider_of
from bridge.config import Settings
from bridge.io.oneshot import BrokerError, publish
from bridge.model.presence import Presence, parse_presence
from bridge.topics.decoders.presence import encode_presence

NAME = "set"
HELP = "set a presence: set 2000 away --subtype lunch --message 'back at 13:00'"
NEEDS_CONFIG = True


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """A name, a state, and two texts."""
    parser.add_argument("name", help="a presence provider, or an extension that has one")
    parser.add_argument(
        "state", help="not_set, unavailable, available, away, xa, chat or dnd; or state,subtype,message"
    )
    parser.add_argument("--subtype", help="the short text that phones show beside the state")
    parser.add_argument("--message", help="the long text")


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Publish it retained, which makes it the truth."""
    try:
        presence = _presence(args)
    except ValueError as error:
        print(f"{args.state!r} is not a presence: {error}", file=sys.stderr)
        return 2
    provider = provider_of(args.name, settings)
    if provider is None:
        provider = args.name
        print(f"note: no hint uses CustomPresence:{provider}; it is set all the same", file=sys.stderr)
    topic = f"{settings.base_topic}/presence/{provider}"
    try:
        publish(account_of(settings), topic, encode_presence(presence))
    except (BrokerError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{topic} = {_words(presence)}")
    return 0


def _presence(args: argparse.Namespace) -> Presence:
    written = parse_presence(args.state)
    subtype = written.subtype if args.subtype is None else args.subtype
    message = written.message if args.message is None else args.message
    return Presence(written.state, subtype, message)


def _words(presence: Presence) -> str:
    return ", ".join(filter(None, (presence.state.value, presence.subtype, presence.message)))
