"""How Asterisk's command line lists what it keeps, and refuses what it does not understand.

The frame is as recorded from `presencestate list` of Asterisk 20.20.1; `devstate list` has the same one, from
memory.
"""

import argparse
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from bridge.commands.command import account_of
from bridge.config import Settings
from bridge.io.oneshot import BrokerError, read_retained
from bridge.model.facts import Fact
from bridge.topics.route import FactRead, Rejected, Routes

_RULE = "-" * 69

# Takes the words behind `list` or `change`, and returns the exit status.
Done = Callable[[Sequence[str], Settings], int]


class Kept(NamedTuple):
    """What the broker retains for one name; with no value, `reason` says why it is not understood."""

    name: str
    value: Fact | None
    reason: str = ""


def kept(settings: Settings, branch: str) -> Iterator[Kept]:
    """What is retained under `<base>/<branch>`, by name, commands apart. Raise BrokerError."""
    routes, root = Routes(settings.base_topic), f"{settings.base_topic}/{branch}/"
    retained = read_retained(account_of(settings), settings.base_topic, f"{branch}/#")
    for topic in sorted(retained):
        name = topic.removeprefix(root)
        try:
            reading = routes.read(topic, retained[topic], retained=False)
        except Rejected as error:
            yield Kept(name, None, error.reason)
        else:
            if isinstance(reading, FactRead):
                yield Kept(name, reading.word.value)


def framed(title: str, blocks: Iterable[str], nothing: str) -> Iterator[str]:
    """The lines of a list: `nothing` where there are no blocks."""
    yield from ("", _RULE, f"--- {title} ".ljust(len(_RULE), "-"), _RULE, "---")
    is_empty = True
    for block in blocks:
        is_empty = False
        yield from (block, "---")
    if is_empty:
        yield nothing
    else:
        yield from (_RULE, _RULE, "")


def list_or_change(args: argparse.Namespace, settings: Settings, listed: Done, changed: Done) -> int:
    """Do what `action` says with `words`; return the exit status, 1 where the broker does not answer."""
    try:
        return (listed if args.action == "list" else changed)(args.words, settings)
    except BrokerError as error:
        print(error, file=sys.stderr)
        return 1


def refuse(usage: str, reason: str) -> int:
    """Print Asterisk's usage and, in plain words, why it comes; return the exit status."""
    print(usage, file=sys.stderr)
    print(reason, file=sys.stderr)
    return 2
