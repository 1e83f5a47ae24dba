"""`presence-bridge presencestate list|change`: Asterisk's words for what `get` and `set` do.

Output and refusals are as recorded from Asterisk 20.20.1 (the first line of the usage; its other lines are from
memory). What it takes is what the topic takes: see `bridge.model.presence` for the differences.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from typing import Final

from bridge.commands.command import account_of, spelling_of_provider
from bridge.commands.custom_states import Kept, framed, kept, list_or_change, refuse
from bridge.config import Settings
from bridge.io.oneshot import publish
from bridge.model.hint import require_topic_name
from bridge.model.presence import Presence, format_presence, parse_presence
from bridge.model.words import printable, quoted
from bridge.topics.decoders.presence import encode_presence
from bridge.topics.route import Routes

NAME = "presencestate"
HELP = "list or change presences as Asterisk does: presencestate change CustomPresence:2000 away,lunch"
NEEDS_CONFIG = True

_PREFIX: Final = "CustomPresence:"
_USAGE: Final = """\
Usage: presencestate change <entity> <state>[,<subtype>[,message[,options]]]
       Change a custom presence to a new state.
       The possible values for the state are:
NOT_SET | UNAVAILABLE | AVAILABLE | AWAY | XA | CHAT | DND
Examples:
       presencestate change CustomPresence:mystate1 AWAY
       presencestate change CustomPresence:mystate1 "Away,upstairs,eating lunch"
"""
_LIST_USAGE: Final = "Usage: presencestate list\n       List all custom presence states.\n"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """`list`, or `change` with its two words."""
    parser.add_argument("action", choices=("list", "change"))
    parser.add_argument(
        "words", nargs="*", metavar="WORD", help="for change: CustomPresence:NAME, and state,subtype,message"
    )


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Print the list, or make the change and name it; 2 for what Asterisk answers with its usage."""
    return list_or_change(args, settings, _list, _change)


def _list(words: Sequence[str], settings: Settings) -> int:
    if words:
        return refuse(_LIST_USAGE, "list takes nothing behind it")
    presences = tuple(kept(settings, "presence"))
    for line in framed("Custom Presence States", map(_block, presences), "No custom presence states defined"):
        print(line)
    for one in presences:
        if one.reason:
            print(f"note: {_PREFIX}{printable(one.name)} is not understood: {one.reason}", file=sys.stderr)
    return 0


def _block(one: Kept) -> str:
    return "\n    ".join(_fields(one))


def _fields(one: Kept) -> Iterator[str]:
    """What cannot stand in a line is in base64, as Asterisk keeps it."""
    yield f"--- Name: '{_PREFIX}{printable(one.name, 200)}'"
    line = format_presence(one.value) if isinstance(one.value, Presence) else "invalid"
    state, subtype, message, options = (*line.split(",", 3), "", "", "")[:4]
    yield f"--- State: '{state}'"
    yield f"--- Subtype: '{printable(subtype, 1000)}'"
    yield f"--- Message: '{printable(message, 4000)}'"
    yield f"--- Base64 Encoded: '{'Yes' if options else 'No'}'"


def _change(words: Sequence[str], settings: Settings) -> int:
    if len(words) != 2:
        return refuse(_USAGE, "change takes two words: write a text that holds blanks in quotation marks")
    entity, state = words
    if entity[: len(_PREFIX)].casefold() != _PREFIX.casefold():
        print(
            "The presencestate command can only be used to set 'CustomPresence:' presence state!",
            file=sys.stderr,
        )
        print(f"write {_PREFIX}{printable(entity)} in place of {printable(entity)}", file=sys.stderr)
        return 2
    name = entity[len(_PREFIX) :]
    try:
        require_topic_name("presence provider", name)
        presence = parse_presence(state)
    except ValueError as error:
        return refuse(_USAGE, str(error))
    _write(name, presence, settings)
    print(f"Changing {printable(name)} to {printable(state.partition(',')[0])}")
    return 0


def _write(name: str, presence: Presence, settings: Settings) -> None:
    provider = spelling_of_provider(name, settings)
    if provider is None:
        print(f"note: no hint uses {quoted(_PREFIX + name)}; it is set all the same", file=sys.stderr)
    topic = Routes(settings.base_topic).presence_topic(provider or name)
    publish(account_of(settings), topic, encode_presence(presence))
