"""The five questions of `presence-bridge init`: what flags say is not asked, and without a terminal nothing is."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeVar

from bridge.commands.first_config import INSIDE, Broker, parse_broker, parse_extensions, parse_networks

_Answer = TypeVar("_Answer")

_YES: Final = ("y", "yes", "true", "1")
_NO: Final = ("n", "no", "false", "0")


@dataclass(frozen=True, slots=True)
class Terminal:
    """`ask` shows a prompt and reads a line, `ask_secret` without showing it; `say` shows a line."""

    ask: Callable[[str], str]
    ask_secret: Callable[[str], str]
    say: Callable[[str], None]


def ask_broker(terminal: Terminal, found: str) -> Broker | None:
    """The first question; `found` is what listens on this machine, or `inside`."""
    terminal.say(
        "1/5  Which MQTT broker? Its name or address, with :PORT where it is not the usual one; mqtts://NAME for"
        f" TLS.\n     {INSIDE}: a small one in the bridge itself, for a first try."
    )
    return _until_right(terminal, "broker", found, parse_broker)


def ask_account(terminal: Terminal) -> tuple[str, str]:
    """The second: name and password, both empty for none."""
    terminal.say("2/5  Which account at the broker? Empty for none.")
    username = terminal.ask("     user name: ").strip()
    return username, ask_password(terminal) if username else ""


def ask_password(terminal: Terminal) -> str:
    """Of the account."""
    return terminal.ask_secret("     password (not shown): ")


def ask_networks(terminal: Terminal, guess: str) -> tuple[str, ...]:
    """The third."""
    terminal.say(
        "3/5  Which network are the phones in? Those in it are asked for no password. Several with commas;\n"
        "     none: only phones on this machine."
    )
    return _until_right(terminal, "network", guess, parse_networks)


def ask_extensions(terminal: Terminal) -> tuple[tuple[str, str], ...]:
    """The fourth."""
    terminal.say(
        "4/5  Which extensions are to be watched, and whose are they? Such as: 2000 Front desk, 2001 Alice"
    )
    return _until_right(terminal, "extensions", "2000", parse_extensions)


def ask_discovery(terminal: Terminal) -> bool:
    """The fifth."""
    terminal.say("5/5  Is Home Assistant to find the bridge by itself, if it uses the same broker?")
    return _until_right(terminal, "yes or no", "yes", _is_yes)


def _until_right(terminal: Terminal, name: str, default: str, parse: Callable[[str], _Answer]) -> _Answer:
    while True:
        answer = terminal.ask(f"     {name} [{default}]: ").strip() or default
        try:
            return parse(answer)
        except ValueError as error:
            terminal.say(f"     {answer!r} {error}")


def _is_yes(text: str) -> bool:
    if text.casefold() not in (*_YES, *_NO):
        raise ValueError("is neither yes nor no")
    return text.casefold() in _YES
