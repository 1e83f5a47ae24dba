"""`presence-bridge devstate list|change`: Asterisk's words for Custom devices.

From memory of Asterisk's func_devstate.c, 20. One difference: UNKNOWN, which the usage offers and Asterisk
then refuses (measured), is taken; it is what a device is that nobody has set.
"""

import argparse
import sys
from collections.abc import Sequence
from typing import Final

from bridge.commands.command import account_of
from bridge.commands.custom_states import Kept, framed, kept, list_or_change, refuse
from bridge.config import Settings
from bridge.io.oneshot import publish
from bridge.model.device import DeviceState, parse_device_state
from bridge.model.facts import device_path
from bridge.model.hint import require_topic_name
from bridge.model.words import printable, quoted
from bridge.topics.route import Routes

NAME = "devstate"
HELP = "list or change Custom devices as Asterisk does: devstate change Custom:lamp INUSE"
NEEDS_CONFIG = True

_PREFIX: Final = "Custom:"
_USAGE: Final = """\
Usage: devstate change <device> <state>
       Change a custom device to a new state.
       The possible values for the state are:
UNKNOWN | NOT_INUSE | INUSE | BUSY | INVALID | UNAVAILABLE | RINGING
RINGINUSE | ONHOLD
Examples:
       devstate change Custom:mystate1 INUSE
       devstate change Custom:mystate1 NOT_INUSE
"""
_LIST_USAGE: Final = "Usage: devstate list\n       List all custom device states.\n"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """`list`, or `change` with its two words."""
    parser.add_argument("action", choices=("list", "change"))
    parser.add_argument("words", nargs="*", metavar="WORD", help="for change: Custom:NAME, and the state")


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Print the list, or make the change and name it; 2 for what Asterisk answers with its usage."""
    return list_or_change(args, settings, _list, _change)


def _list(words: Sequence[str], settings: Settings) -> int:
    if words:
        return refuse(_LIST_USAGE, "list takes nothing behind it")
    devices = [one for one in kept(settings, "device") if one.name.casefold().startswith("custom/")]
    for line in framed("Custom Device States", map(_block, devices), "No custom device states defined"):
        print(line)
    for one in devices:
        if one.reason:
            print(f"note: {_name(one)} is not understood: {one.reason}", file=sys.stderr)
    return 0


def _block(one: Kept) -> str:
    state = one.value.value if isinstance(one.value, DeviceState) else DeviceState.INVALID.value
    return f"--- Name: '{_name(one)}'  State: '{state}'"


def _name(one: Kept) -> str:
    return printable(_PREFIX + one.name.partition("/")[2], 200)


def _change(words: Sequence[str], settings: Settings) -> int:
    if len(words) != 2:
        return refuse(_USAGE, "change takes two words: the device, and its state")
    device, word = words
    if device[: len(_PREFIX)].casefold() != _PREFIX.casefold():
        print("The devstate command can only be used to set 'Custom:' device state!", file=sys.stderr)
        print(f"the state of {printable(device)} is its PBX's, or its topic's", file=sys.stderr)
        return 2
    name = device[len(_PREFIX) :]
    try:
        require_topic_name("device", name)
        state = parse_device_state(word)
    except ValueError as error:
        return refuse(_USAGE, str(error))
    _write(name, state, settings)
    print(f"Changing {printable(name)} to {printable(word)}")
    return 0


def _write(name: str, state: DeviceState, settings: Settings) -> None:
    path = f"Custom/{name}"
    watched = {
        device_path(device).casefold(): device_path(device)
        for hint in settings.parsed_hints
        for device in hint.devices
    }
    if path.casefold() not in watched:
        print(f"note: no hint uses {quoted(_PREFIX + name)}; it is set all the same", file=sys.stderr)
    topic = Routes(settings.base_topic).device_topic(watched.get(path.casefold(), path))
    publish(account_of(settings), topic, state.value.encode())
