"""`presence-bridge init`: five questions, and a configuration that works."""

import argparse
import getpass
import os
import socket
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Final, TypeVar

from bridge.commands import interview
from bridge.commands.columns import columns
from bridge.commands.first_config import (
    INSIDE,
    Answers,
    parse_broker,
    parse_extensions,
    parse_networks,
    written,
)
from bridge.commands.interview import Terminal
from bridge.composition.options import broker_account
from bridge.config import ConfigError, Settings, load
from bridge.config.insecurity import insecure
from bridge.config.secret_files import SecretFile
from bridge.io.oneshot import BrokerError, with_client

NAME = "init"
HELP = "write a first configuration: five questions, or as many flags"
NEEDS_CONFIG = False
WRITES_CONFIG = True

_DEFAULT: Final = Path("config.toml")
_USUAL: Final = ("127.0.0.1", 1883)

_EPILOG: Final = """\
What is named by a flag is not asked. Without a terminal nothing is asked: what no flag names has its default.
"""

_Answer = TypeVar("_Answer")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """A flag for each answer."""
    parser.epilog = _EPILOG
    parser.add_argument(
        "--broker",
        type=_argument(parse_broker),
        default=...,
        metavar="HOST",
        help=f"name or address, with :PORT; mqtts://HOST, ws://HOST; {INSIDE}: one in the bridge itself"
        " (default: one that listens on this machine, else inside)",
    )
    parser.add_argument("--username", metavar="NAME", help="account at the broker (default: none)")
    parser.add_argument(
        "--password-file",
        type=_argument(_holds_a_secret),
        metavar="FILE",
        help="a file that holds its password, and nothing else",
    )
    parser.add_argument("--ca", default="", metavar="FILE", help="the CA of the broker's certificate")
    parser.add_argument(
        "--network",
        type=_argument(parse_networks),
        metavar="NETWORK",
        help="of the phones, such as 192.168.1.0/24; several with commas (default: none, only this machine)",
    )
    parser.add_argument(
        "--extensions",
        type=_argument(parse_extensions),
        metavar="LIST",
        help="to be watched: '2000 Front desk, 2001 Alice' (default: 2000)",
    )
    parser.add_argument(
        "--technology",
        choices=("SIP", "PJSIP"),
        help="show lines as well: the devices are SIP/2000 (default: none)",
    )
    parser.add_argument(
        "--home-assistant",
        action=argparse.BooleanOptionalAction,
        help="let it find the bridge (default: yes)",
    )
    parser.add_argument("--no-try", action="store_true", help="do not try to reach the broker")
    parser.add_argument("--force", action="store_true", help="write over a file that is there")


def run(args: argparse.Namespace, _settings: Settings) -> int:
    """Ask, try the broker, write, and say what to type next; 1 where the file is there, or cannot be written."""
    path: Path = args.config or _DEFAULT
    if path.exists() and not args.force:
        print(f"{path} is there already: --force writes over it, --config FILE elsewhere", file=sys.stderr)
        return 1
    terminal = Terminal(input, getpass.getpass, print) if sys.stdin.isatty() and sys.stdout.isatty() else None
    try:
        answers = answered(args, terminal)
        settings = _write(path, written(answers))
    except EOFError:
        print("\nnothing was written", file=sys.stderr)
        return 1
    except ConfigError as error:
        print(f"{error}\nnothing was written", file=sys.stderr)
        return error.exit_code
    except OSError as error:
        print(f"{path} cannot be written: {error.strerror}", file=sys.stderr)
        return 1
    for line in told(path, answers, settings, try_it=not args.no_try):
        print(line)
    return 0


def answered(args: argparse.Namespace, terminal: Terminal | None) -> Answers:
    """What flags say, and what is answered; without a terminal, the defaults."""
    answers = Answers(password_file=args.password_file or "", ca=args.ca, technology=args.technology)
    broker = args.broker
    if broker is ...:
        found = _found()
        broker = interview.ask_broker(terminal, found) if terminal else parse_broker(found)
    username, password = args.username, ""
    if username is None:
        username, password = interview.ask_account(terminal) if terminal and broker else ("", "")
    elif terminal and not args.password_file:
        password = interview.ask_password(terminal)
    networks = args.network
    if networks is None:
        # Nobody is trusted without having been named.
        networks = interview.ask_networks(terminal, _network()) if terminal else ()
    extensions = args.extensions
    if extensions is None:
        extensions = interview.ask_extensions(terminal) if terminal else answers.extensions
    discovery = args.home_assistant
    if discovery is None:
        discovery = interview.ask_discovery(terminal) if terminal else True
    return replace(
        answers,
        broker=broker,
        username=username,
        password=password,
        networks=networks,
        extensions=extensions,
        discovery=discovery,
    )


def told(path: Path, answers: Answers, settings: Settings, *, try_it: bool) -> Iterator[str]:
    """What was written, what the broker says, and what to type next."""
    yield ""
    alone = ", readable for you alone: a password is in it" if answers.password else ""
    yield f"{path} is written{alone}."
    if try_it:
        yield _tried(settings)
    for words in insecure(settings):
        yield f"insecure: {words}"
    option = "" if path == _DEFAULT else f" --config {path}"
    number = answers.extensions[0][0]
    here = _address() if answers.networks else "127.0.0.1"
    yield ""
    yield "Next:"
    yield from columns(
        (f"  presence-bridge check{option}", "what it means, and what is doubtful"),
        (f"  presence-bridge run{option}", "run it, here in this terminal"),
        (f"  presence-bridge set{option} {number} away", "from another terminal: what phones show then"),
    )
    yield "As a service of systemd: docs/service.md."
    yield f"On a phone: an account at {here}:5060, and a BLF key or a contact for sip:{number}@{here}: docs/phones.md."
    if not answers.networks:
        yield "Phones on other machines are refused until their network is named: --network, or trusted_networks."


def _tried(settings: Settings) -> str:
    """What the broker answered, in words."""
    if settings.mqtt is None:
        return "A small broker will run inside the bridge; what it holds ends with it."
    account = broker_account(settings.mqtt)
    try:
        with_client(account, lambda _client: None)
    except BrokerError as error:
        return f"The broker was tried, and it did not work: {error}."
    return f"The broker was tried: {account.broker} lets the bridge in."


def _write(path: Path, text: str) -> Settings:
    """Write it if it is right, in one step, and only for the own account if a password is in it."""
    mode = 0o600 if "\npassword = " in text else 0o644
    with tempfile.TemporaryDirectory(dir=path.absolute().parent, prefix=".presence-bridge-") as folder:
        draft = Path(folder, path.name)
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        with open(descriptor, "w", encoding="utf-8") as file:  # noqa: PTH123 - of a descriptor, with its mode
            file.write(text)
        settings = load(draft, {})
        draft.replace(path)
    return settings


def _found() -> str:
    """A broker on this machine, or else `inside`."""
    try:
        with socket.create_connection(_USUAL, timeout=1):
            return f"{_USUAL[0]}:{_USUAL[1]}"
    except OSError:
        return INSIDE


def _address() -> str:
    """The address of this machine by which it reaches others. Nothing is sent: connecting a datagram socket asks
    the routing table (RFC 5737 has the address for documents).
    """
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            return "127.0.0.1"
        return str(probe.getsockname()[0])


def _network() -> str:
    """That of this machine's address, if it is as large as most are."""
    address = _address()
    return "none" if ip_address(address).is_loopback else str(ip_network(f"{address}/24", strict=False))


def _holds_a_secret(name: str) -> str:
    SecretFile(Path(name)).read_line()
    return name


def _argument(parse: Callable[[str], _Answer]) -> Callable[[str], _Answer]:
    def parsed(text: str) -> _Answer:
        try:
            return parse(text)
        except ValueError as error:
            raise argparse.ArgumentTypeError(f"{text!r} {error}") from None

    return parsed
