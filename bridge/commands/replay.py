"""`presence-bridge replay`: run recorded messages through the rules, with the clock of then."""

import argparse
import math
import sys
from collections.abc import Iterable
from contextlib import ExitStack
from io import TextIOWrapper
from pathlib import Path
from typing import Final

from bridge.commands.happenings import Happenings
from bridge.commands.recording import HOW_TO_RECORD, Recorded, read_recording
from bridge.composition.own_words import OwnWords
from bridge.composition.rehearsal import Rehearsal
from bridge.config import Settings
from bridge.effects import Observation

NAME = "replay"
HELP = "run recorded MQTT messages through the rules, and print what would have happened"
NEEDS_CONFIG = True

_EPILOG: Final = f"""\
Record with {HOW_TO_RECORD} (payloads as text), or with -F '%J' (payloads as JSON): other formats do not
tell enough. Messages with "retain": 1 are what was so before, all others are news. What a bridge itself
has written is left out, for it is written anew. Nothing is published, and no phone is told.
"""

# Lines that are told of one by one, of those that are not understood.
_MOST_TOLD: Final = 10


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What to run, and for how long."""
    parser.epilog = _EPILOG.replace("%", "%%")
    parser.add_argument("file", type=Path, help="the recording; - is the standard input")
    parser.add_argument(
        "--after",
        type=_seconds,
        default=3600.0,
        metavar="SECONDS",
        help="let so much time pass after the last message (default: 3600)",
    )
    parser.add_argument("--json", action="store_true", help="write one JSON object a line")


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Print a line for each thing that happens; 1 if there is no message to replay."""
    if not settings.rules:
        print("note: there are no [[rules]], so nothing is decided", file=sys.stderr)
    replay = _Replay(settings, as_json=args.json)
    with ExitStack() as stack:
        try:
            lines = _open(args.file, stack)
        except OSError as error:
            print(f"{args.file} cannot be read: {error.strerror}", file=sys.stderr)
            return 1
        replay.run(lines, args.after)
    return replay.sum_up()


class _Replay:
    """One run of the command."""

    def __init__(self, settings: Settings, *, as_json: bool) -> None:
        self._settings = settings
        self._zone = settings.rule_options.zone
        self._happenings = Happenings(self._zone, as_json=as_json)
        self._own_words = OwnWords(settings)
        self._rehearsal: Rehearsal | None = None
        self._end = 0.0
        self._messages = self._heard = self._unreadable = 0

    def run(self, lines: Iterable[str], after: float) -> None:
        """Take line by line; behind the last one, let `after` seconds pass."""
        for entry in read_recording(lines, self._zone):
            if isinstance(entry, Recorded):
                self._receive(entry)
            else:
                self._unreadable += 1
                if self._unreadable <= _MOST_TOLD:
                    print(f"line {entry.line} is left out: it {entry.reason}", file=sys.stderr)
        if self._rehearsal is not None:
            self._rehearsal.synchronise()
            self._rehearsal.advance(self._end + after)

    def sum_up(self) -> int:
        """Say how much of the recording counted; the exit status."""
        if not self._messages:
            print(f"there is no message to replay: record with {HOW_TO_RECORD}", file=sys.stderr)
            return 1
        left_out = f"; lines left out: {self._unreadable}" if self._unreadable else ""
        print(f"messages: {self._messages}; read by the bridge: {self._heard}{left_out}", file=sys.stderr)
        return 0

    def _receive(self, one: Recorded) -> None:
        self._messages += 1
        if self._rehearsal is None:
            self._rehearsal = Rehearsal(self._settings, one.unix, self._observe)
        self._end = max(self._end, one.unix)
        if not self._rehearsal.hears(one.topic):
            return
        if not self._own_words.hold(one.topic, one.payload, retained=one.retained):
            self._heard += 1
            self._rehearsal.receive(one.unix, one.topic, one.payload, retained=one.retained)

    def _observe(self, observation: Observation, unix: float, topic: str) -> None:
        for line in self._happenings.lines(observation, unix, topic):
            print(line)


def _open(path: Path, stack: ExitStack) -> Iterable[str]:
    """The lines. Payloads need not be UTF-8: their bytes come through as surrogates."""
    if path == Path("-"):
        if isinstance(sys.stdin, TextIOWrapper):
            sys.stdin.reconfigure(encoding="utf-8", errors="surrogateescape")
        return sys.stdin
    return stack.enter_context(path.open(encoding="utf-8", errors="surrogateescape"))


def _seconds(text: str) -> float:
    seconds = float(text)
    if not 0 <= seconds < math.inf:
        raise argparse.ArgumentTypeError("needs a number of seconds from 0 on")
    return seconds
