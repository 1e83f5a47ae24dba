"""`presence-bridge watch`: a Digium phone for the terminal, to see what the phones are told."""

import argparse
import asyncio
import signal
import sys
from collections import deque
from pathlib import Path
from typing import Final

from bridge.commands.command import account_of
from bridge.commands.ear import Ear
from bridge.commands.phone import Phone
from bridge.commands.stopwatch import GRACE, Stopwatch, begins_anew
from bridge.commands.wording import TITLES, arrival, document, line, refusal, row
from bridge.config import Listener, Settings
from bridge.config.addresses import parse_listener
from bridge.io.pem import TlsError
from bridge.io.streams import Security
from bridge.io.tls import Pinned
from bridge.model.facts import FactKey
from bridge.model.words import printable
from bridge.subscriber.reports import Refused, Report, Seen

NAME = "watch"
HELP = "watch an extension as a Digium phone does: one line for each change, with its latency"
NEEDS_CONFIG = True

_EPILOG: Final = """\
The latency is the time from the MQTT message to the NOTIFY about it, both as they reach this command,
which listens to the broker by a connection of its own. It is "-" where no message was heard: for the
state at the start, without a broker, and for an extension that this configuration does not have. It
can be slightly negative, when the broker serves the bridge first.
"""

# Seconds of silence after which a person would like to know what is going on.
_SILENCE: Final = 3.0

# Seconds that a broker which does not answer can delay the first line.
_BROKER_PATIENCE: Final = 1.0

# A listener on all addresses is reached on this machine at one of them.
_REACHED_AT: Final = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - nothing is bound here


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What to watch, where, and how it is written."""
    parser.epilog = _EPILOG
    parser.add_argument("extension", help="the extension to watch")
    parser.add_argument(
        "--target",
        metavar="udp://IP:PORT",
        help="the bridge, by udp, tcp or tls (default: the first of [sip] listen)",
    )
    parser.add_argument(
        "--count", type=_count, metavar="N", help="end after N lines; the first is the state at the start"
    )
    parser.add_argument(
        "--user", default="watch", help="the account to use, where the bridge asks for one (default: watch)"
    )
    parser.add_argument(
        "--password-file",
        type=Path,
        metavar="FILE",
        help="its password, as the first line of a file (default: that of [[sip.users]])",
    )
    parser.add_argument("--json", action="store_true", help="write one JSON object a line")


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Watch until the count is reached or a signal comes (0), or until the bridge refuses (1)."""
    try:
        server = server_of(args.target, settings)
        security = security_of(server, settings)
        password = password_of(args.user, args.password_file, settings)
    except (ValueError, TlsError) as error:
        print(error, file=sys.stderr)
        return 2
    return asyncio.run(_Watch(args, settings, server, security, password).serve())


def server_of(target: str | None, settings: Settings) -> Listener:
    """Where the bridge is reached from this machine; ValueError says what to write instead."""
    listeners = settings.sip.listeners if target is None else (parse_listener(target),)
    for transport, host, port in listeners:
        if port:
            return Listener(transport, _REACHED_AT.get(host, host), port)
    raise ValueError("watch needs an address with a port: give one with --target udp://127.0.0.1:5060")


def security_of(server: Listener, settings: Settings) -> Security | None:
    """How a server by TLS is known: by the certificate that is configured. Raises ValueError, or TlsError."""
    if server.transport != "tls":
        return None
    if settings.sip.tls is None:
        raise ValueError(f"{server} is known by its certificate: name that in [sip.tls] of the configuration")
    return Pinned(settings.sip.tls.files[0])


def password_of(user: str, file: Path | None, settings: Settings) -> str | None:
    """The password to answer with: from the file, else as configured. ValueError if the file cannot be read."""
    if file is None:
        return next((known.password for known in settings.sip.parsed_users if known.name == user), None)
    try:
        return file.read_text(encoding="utf-8").partition("\n")[0].rstrip("\r")
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"{file} cannot be read: {getattr(error, 'strerror', 'not UTF-8 text')}") from None


def keys_of(extension: str, settings: Settings) -> tuple[FactKey, ...]:
    """What the extension's hint depends on, as far as this configuration has it."""
    return next((hint.keys for hint in settings.parsed_hints if hint.extension == extension), ())


class _Watch:
    """One run of the command."""

    def __init__(
        self,
        args: argparse.Namespace,
        settings: Settings,
        server: Listener,
        security: Security | None,
        password: str | None,
    ) -> None:
        self._user: str = args.user
        self._password = password
        self._extension: str = args.extension
        self._json: bool = args.json
        self._most: int | None = args.count
        self._server, self._security = server, security
        self._stopwatch = Stopwatch(keys_of(args.extension, settings))
        self._ear = Ear(account_of(settings), settings.base_topic, (self._stopwatch,), _deaf)
        self._stop = asyncio.Event()
        self._last: Seen | None = None
        # Shown when the time of grace has passed that their latency needs.
        self._waiting: deque[tuple[Seen, bool]] = deque()
        self._lines = 0
        self._status = 0
        self._broken_pipe: BrokenPipeError | None = None

    async def serve(self) -> int:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._stop.set)
        try:
            phone = Phone(
                self._extension, self._user, self._server, self._told, self._password, self._security
            )
        except OSError as error:
            print(f"{self._server} cannot be reached: {error.strerror}", file=sys.stderr)
            return 1
        await self._ear.start(_BROKER_PATIENCE)
        phone.start()
        silence = loop.call_later(_SILENCE, self._still_nothing)
        await self._stop.wait()
        silence.cancel()
        await phone.stop()
        await self._ear.stop()
        if self._broken_pipe is not None:
            raise self._broken_pipe
        return self._status

    def _told(self, report: Report) -> None:
        if self._stop.is_set():
            # Its own goodbye.
            return
        if isinstance(report, Refused):
            print(refusal(report, self._server), file=sys.stderr)
            if report.status or self._last is None:
                # What was watched before and does not answer now may come back.
                self._status = 1
                self._stop.set()
        elif isinstance(report, Seen):
            self._seen(report)

    def _seen(self, seen: Seen) -> None:
        if seen.subscription == "terminated":
            reason = printable(seen.reason) or "no reason given"
            print(f"note: the bridge ended the subscription ({reason}); asking again", file=sys.stderr)
        if self._last is None or seen.picture != self._last.picture:
            self._waiting.append((seen, begins_anew(self._last)))
            asyncio.get_running_loop().call_later(GRACE, self._show)
        self._last = seen

    def _show(self) -> None:
        seen, first = self._waiting.popleft()
        if self._lines == self._most or self._broken_pipe is not None:
            return
        when, latency = arrival(seen), self._stopwatch.latency(seen.at, first=first)
        try:
            if self._json:
                print(document(seen, when, latency), flush=True)
            else:
                header = f"{row(*TITLES)}\n" if self._lines == 0 else ""
                print(header + line(seen, when, latency), flush=True)
        except BrokenPipeError as error:
            # The reader of a pipe has seen enough; raised after the goodbye.
            self._broken_pipe = error
        self._lines += 1
        if self._lines == self._most or self._broken_pipe is not None:
            self._stop.set()

    def _still_nothing(self) -> None:
        if self._last is None:
            print(f"no answer from {self._server} yet; still asking", file=sys.stderr)


def _deaf(reason: str) -> None:
    print(f"note: no latency is measured: {reason}", file=sys.stderr)


def _count(text: str) -> int:
    count = int(text)
    if count < 1:
        raise argparse.ArgumentTypeError("needs a number from 1 on")
    return count
