"""`presence-bridge trace`: the SIP messages of a phone, as they pass the running bridge."""

import argparse
import sys
from collections.abc import Mapping
from typing import Any, Final

from bridge.commands.asking import require_bridge
from bridge.commands.command import account_of
from bridge.commands.sip_flow import full, summary
from bridge.config import Settings
from bridge.io.listening import follow_trace
from bridge.io.oneshot import BrokerError
from bridge.topics.sighting import parse_phone

NAME = "trace"
HELP = "show the SIP messages of a phone as they pass the running bridge, without passwords"
NEEDS_CONFIG = True

_EPILOG: Final = """\
One of --phone, --extension and --call-id is needed; with several, a message is shown that fits all.
Of more than 200 messages in a second, the others are counted.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Whose messages, for how long, and how much of each."""
    parser.epilog = _EPILOG
    parser.add_argument("--phone", type=_phone, metavar="IP[:PORT]", help="from and to this address")
    parser.add_argument("--extension", metavar="EXT", help="whose URI, From or To has this user")
    parser.add_argument("--call-id", metavar="ID", help="of this call or subscription")
    parser.add_argument("--seconds", type=_seconds, default=60.0, metavar="N", help="how long (default: 60)")
    parser.add_argument("--no-bodies", action="store_true", help="show the headers only")
    parser.add_argument("--summary", action="store_true", help="one line for each message")


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Show them until the time is over, or until interrupted; 1 when the bridge cannot be asked."""
    texts = {"phone": args.phone, "extension": args.extension, "call_id": args.call_id}
    arguments: dict[str, object] = {name: text for name, text in texts.items() if text}
    if not arguments:
        print("name whose messages to show: --phone, --extension or --call-id", file=sys.stderr)
        return 2
    arguments["bodies"] = not (args.no_bodies or args.summary)
    account, base_topic = account_of(settings), settings.base_topic
    form = summary if args.summary else full

    def show(document: Mapping[str, Any]) -> None:
        if "end" not in document:
            print(form(document), flush=True)

    try:
        require_bridge(account, base_topic)
        follow_trace(account, base_topic, arguments, args.seconds, show)
    except BrokerError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _phone(text: str) -> str:
    try:
        parse_phone(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    return text


def _seconds(text: str) -> float:
    seconds = float(text)
    if not 0 < seconds <= 86_400:
        raise argparse.ArgumentTypeError("needs seconds from 1 to 86400")
    return seconds
