"""A SIP message in a trace: which ones are looked for, and what is shown of one."""

import re
from collections.abc import Iterator
from ipaddress import ip_address
from typing import Final, NamedTuple

from bridge.events import Flow
from bridge.sip.addressing import host_port
from bridge.sip.masking import masked

# Octets that are shown: more than the bridge sends to any phone by UDP.
MOST_OCTETS: Final = 16_384

_CALL_ID = re.compile(r"^(?:call-id|i)[ \t]*:[ \t]*([^\r\n]*)", re.IGNORECASE | re.MULTILINE)
_PARTY = re.compile(r"^(?:from|to|f|t)[ \t]*:([^\r\n]*)", re.IGNORECASE | re.MULTILINE)
_USER = re.compile(r"""\bsips?:([^\s:@;?<>"]+)[^\s@<>"]*@""", re.IGNORECASE)


class Wanted(NamedTuple):
    """Whose messages are shown; what is empty does not matter. `port` is 0 for any."""

    host: str = ""
    port: int = 0
    extension: str = ""
    call_id: str = ""

    def takes(self, flow: Flow, data: bytes) -> bool:
        """Whether to show this message. The address is looked at first: it costs least."""
        if self.host and (flow.remote.host != self.host or self.port not in (0, flow.remote.port)):
            return False
        if not (self.extension or self.call_id):
            return True
        head = _head(_text(data))
        if self.call_id and not any(found[1].strip() == self.call_id for found in _CALL_ID.finditer(head)):
            return False
        return not self.extension or self.extension in _users(head)


def parse_phone(text: str) -> tuple[str, int]:
    """Return the address and the port, 0 for any, of `10.0.0.7`, `10.0.0.7:5060`, `::1` or `[::1]:5060`.

    ValueError in words for anything else.
    """
    host, port = text.strip(), ""
    if host.startswith("["):
        host, _, rest = host[1:].partition("]")
        port = rest.removeprefix(":")
    elif host.count(":") == 1:
        host, _, port = host.partition(":")
    if port and not (port.isascii() and port.isdigit() and 0 < int(port[:6]) < 65_536):
        raise ValueError(f"{port!r} is no port")
    address, _, zone = host.partition("%")
    try:
        canonical = str(ip_address(address))
    except ValueError:
        raise ValueError(
            f"{text!r} is no address of a phone: write it as 10.0.0.7 or 10.0.0.7:5060"
        ) from None
    return (f"{canonical}%{zone}" if zone else canonical), int(port or 0)


def describe(direction: str, flow: Flow, data: bytes, *, bodies: bool) -> dict[str, object]:
    """What is shown: both ends, the size in octets, and the message as text, without secrets.

    `cut` stands there if it is not all of it, other than the body.
    """
    text = _text(data)
    shown = text if bodies else _head(text)
    return {
        "direction": direction,
        "transport": flow.transport,
        "local": host_port(flow.local),
        "remote": host_port(flow.remote),
        "size": len(data),
        "message": masked(shown),
        **({"cut": True} if len(data) > MOST_OCTETS else {}),
    }


def _text(data: bytes) -> str:
    return data[:MOST_OCTETS].decode("utf-8", "backslashreplace")


def _head(text: str) -> str:
    """What stands before the body, the empty line included."""
    ends = [end for separator in ("\r\n\r\n", "\n\n") if (end := text.find(separator)) >= 0]
    return text if not ends else text[: min(ends)].rstrip("\r\n") + "\r\n\r\n"


def _users(head: str) -> Iterator[str]:
    """Who is meant: the user of the Request-URI, of From and of To."""
    first = head.partition("\n")[0]
    for line in (first, *(found[1] for found in _PARTY.finditer(head))):
        found = _USER.search(line)
        if found is not None:
            yield found[1]
