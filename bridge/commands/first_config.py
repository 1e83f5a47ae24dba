"""The configuration that `presence-bridge init` writes: what was answered, and the file that says so."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NamedTuple

from bridge.config.addresses import parse_host, parse_network
from bridge.model.hint import parse_hint

LOOPBACK: Final = ("127.0.0.0/8", "::1/128")
INSIDE: Final = "inside"

_BROKER: Final = re.compile(
    r"(?:(mqtts?|wss?)://)?(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9_.-]+))(?::([0-9]{1,5}))?(/[!-~]*)?"
)
_EXTENSION: Final = re.compile(r"\s*([^\s=,]+)\s*[=\s]?\s*(.*?)\s*")


class Broker(NamedTuple):
    """Where it is; `port` is None for the usual one, `path` for MQTT without websockets."""

    host: str
    port: int | None = None
    tls: bool = False
    path: str | None = None


@dataclass(frozen=True, slots=True)
class Answers:
    """What was answered. `broker` is None for one inside the bridge; `networks` are those of phones.

    `extensions`: each with the name of its person, or "". `technology` is that of their lines, such as SIP or
    PJSIP; None where phones show presence alone.
    """

    broker: Broker | None = None
    username: str = ""
    password: str = field(default="", repr=False)
    password_file: str = ""
    ca: str = ""
    networks: tuple[str, ...] = ()
    extensions: tuple[tuple[str, str], ...] = (("2000", ""),)
    technology: str | None = None
    discovery: bool = True


def parse_broker(text: str) -> Broker | None:
    """`broker.example`, `192.168.1.10:1883`, `mqtts://broker.example`, `ws://…/mqtt`; `inside` is None."""
    if text.strip() == INSIDE:
        return None
    match = _BROKER.fullmatch(text.strip())
    if match is None:
        raise ValueError(
            "needs a name or an address, such as broker.example, 192.168.1.10:1883 or mqtts://broker"
        )
    scheme, literal, name, port, path = match.groups()
    if port is not None and not 0 < int(port) <= 65535:
        raise ValueError("needs a port from 1 to 65535")
    websockets = scheme in ("ws", "wss")
    if path and not websockets:
        raise ValueError(f"has a path, {path}, which only ws:// and wss:// have")
    host = parse_host(literal or name)
    usual = {"ws": 80, "wss": 443}.get(scheme or "")
    return Broker(
        host,
        int(port) if port else usual,
        scheme in ("mqtts", "wss"),
        (path or "/mqtt") if websockets else None,
    )


def parse_networks(text: str) -> tuple[str, ...]:
    """Networks with commas between them; `none` is only this machine."""
    networks = tuple(part.strip() for part in text.split(",") if part.strip() not in ("", "none"))
    for network in networks:
        parse_network(network)
    return networks


def parse_extensions(text: str) -> tuple[tuple[str, str], ...]:
    """`2000 Front desk, 2001=Alice, 2002`: the numbers, and who they are."""
    found: dict[str, str] = {}
    for part in text.split(","):
        match = _EXTENSION.fullmatch(part)
        if match is None:
            continue
        parse_hint(match[1], f",CustomPresence:{match[1]}")
        if match[1] in found:
            raise ValueError(f"has {match[1]} twice")
        found[match[1]] = match[2]
    if not found:
        raise ValueError("needs at least one extension, such as 2000 or 2000 Alice")
    return tuple(found.items())


def written(answers: Answers) -> str:
    """The file."""
    return "\n".join(_lines(answers))


def _lines(answers: Answers) -> Iterator[str]:
    yield "# Written by presence-bridge init. What else there is: docs/configuration.md, config.example.toml."
    yield "# After a change: presence-bridge check, then presence-bridge reload."
    yield from _mqtt(answers)
    yield from _sip(answers)
    yield ""
    yield '# Home Assistant finds the bridge by itself, if it uses the same broker; "off": it does not.'
    yield "[homeassistant]"
    yield f'discovery = "{"single" if answers.discovery else "off"}"'
    for number, name in answers.extensions:
        line = f"{answers.technology}/{number}" if answers.technology else ""
        yield ""
        yield "[[hints]]"
        yield f"extension = {_quoted(number)}"
        yield f"hint = {_quoted(f'{line},CustomPresence:{number}')}"
        yield f"name = {_quoted(name)}"
    yield ""


def _mqtt(answers: Answers) -> Iterator[str]:
    broker = answers.broker
    yield ""
    if broker is None:
        yield "# Without [mqtt], a small broker runs inside the bridge: what it holds ends with it."
        return
    yield "[mqtt]"
    yield f"host = {_quoted(broker.host)}"
    if broker.port is not None:
        yield f"port = {broker.port}"
    if broker.path is not None:
        yield 'transport = "websockets"'
        yield f"websocket_path = {_quoted(broker.path)}"
    if answers.username:
        yield f"username = {_quoted(answers.username)}"
    if answers.password_file:
        yield f"password_file = {_quoted(str(Path(answers.password_file).absolute()))}"
    elif answers.password:
        yield f"password = {_quoted(answers.password)}"
    if broker.tls:
        yield ""
        yield "[mqtt.tls]"
        if answers.ca:
            yield f"ca = {_quoted(str(Path(answers.ca).absolute()))}"


def _sip(answers: Answers) -> Iterator[str]:
    yield ""
    yield "# Where phones subscribe, and the networks of which no password is asked."
    yield "[sip]"
    host = "0.0.0.0" if answers.networks else "127.0.0.1"  # noqa: S104 - phones elsewhere were asked for
    yield f'listen = ["udp://{host}:5060", "tcp://{host}:5060"]'
    yield f"trusted_networks = [{', '.join(map(_quoted, (*LOOPBACK, *answers.networks)))}]"


def _quoted(text: str) -> str:
    """A text of TOML; of what JSON leaves as it is, TOML takes no DEL."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007F")
