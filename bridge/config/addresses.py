"""Addresses as the configuration writes them: where to listen (RFC 3261 section 19.1 transports), whom to trust.

Each reader returns the parsed value or raises ValueError with words that say what to write instead.
"""

import re
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_interface, ip_network
from typing import Final, NamedTuple

from bridge.events import Address
from bridge.sip.addressing import host_port

Network = IPv4Network | IPv6Network

_HOST_NAME = re.compile(r"[A-Za-z0-9_.-]+")
_SERVER = re.compile(r"(?:\[([0-9A-Fa-f.]*:[0-9A-Fa-f:.]*)\]|([A-Za-z0-9_.-]+))(?::([0-9]{1,5}))?")

# What a SIP listener can speak.
SCHEMES: Final = ("udp", "tcp", "tls")


class Listener(NamedTuple):
    """A SIP socket to open. `host` is an IP literal without brackets; port 0 takes any free port."""

    transport: str
    host: str
    port: int

    @property
    def address(self) -> Address:
        """The address to bind."""
        return Address(self.host, self.port)

    def __str__(self) -> str:
        return f"{self.transport}://{host_port(self.address)}"


def parse_listener(text: str) -> Listener:
    """Read `udp://127.0.0.1:5060`, `tcp://[::1]:5060` or `tls://*:5061` (all IPv4 addresses)."""
    scheme, separator, rest = text.partition("://")
    if not separator:
        raise ValueError(f"needs a transport before the address, such as {SCHEMES[0]}://{text}")
    if scheme not in SCHEMES:
        raise ValueError(f"only {', '.join(SCHEMES[:-1])} and {SCHEMES[-1]} are served")
    return Listener(scheme, *parse_address(rest))


def parse_address(text: str) -> Address:
    """Read `127.0.0.1:9464`, `[::1]:9464` or `*:9464` (all IPv4 addresses)."""
    host, _, port = text.rpartition(":")
    if not host:
        raise ValueError(f"needs an address and a port, such as 127.0.0.1:{_port_wanted(text)}")
    if not (port.isascii() and port.isdigit() and int(port) <= 65535):
        raise ValueError("needs a port from 0 to 65535 at its end")
    return Address(_host(host), int(port))


def parse_network(text: str) -> Network:
    """Read `192.0.2.0/24`, `2001:db8::/32` or a single address; bits outside the mask are refused."""
    try:
        interface = ip_interface(text)
    except ValueError:
        raise ValueError("needs a network such as 192.168.1.0/24, or one IP address") from None
    if interface.ip != interface.network.network_address:
        raise ValueError(
            f"has bits set outside its mask (did you mean {interface.network}, or {interface.ip} alone?)"
        )
    return ip_network(text)


def parse_host(text: str) -> str:
    """Read a host name or an IP address (no brackets), and nothing else."""
    if not _HOST_NAME.fullmatch(text):
        try:
            ip_address(text)
        except ValueError:
            raise ValueError("needs a host name or an IP address alone; the port has its own key") from None
    return text


def parse_server(text: str) -> tuple[str, int]:
    """Read `pbx.example`, `192.0.2.1:5060` or `[2001:db8::1]:5060`: host without brackets, and port, 5060 if none."""
    match = _SERVER.fullmatch(text)
    try:
        host = parse_host(match[1] or match[2]) if match else ""
    except ValueError:
        host = ""
    port = int(match[3] or 5060) if match else 0
    if not host or not 0 < port <= 65535:
        raise ValueError("needs a host name or an IP address, with a port or without: 192.168.1.20:5060")
    return host, port


def is_loopback(host: str) -> bool:
    """Whether a listener on `host` is reached from this machine only."""
    return ip_address(host).is_loopback


def _host(text: str) -> str:
    if text == "*":
        return "0.0.0.0"  # noqa: S104 (the operator asked for it; the default is loopback)
    bracketed = text.startswith("[") and text.endswith("]")
    try:
        address = ip_address(text[1:-1] if bracketed else text)
    except ValueError:
        raise ValueError(
            "needs an IP address, not a name: 127.0.0.1 for this machine only, 0.0.0.0 for every network"
        ) from None
    if bracketed != (address.version == 6):
        raise ValueError("needs brackets around an IPv6 address, and only there, such as [::1]")
    return str(address)


def _port_wanted(text: str) -> str:
    return text if text.isdigit() else "5060"
