"""Addresses as the configuration writes them: where to listen (RFC 3261 section 19.1 transports), whom to trust.

Each reader returns the parsed value or raises ValueError with words that say what to write instead.
"""

from ipaddress import IPv4Network, IPv6Network, ip_address, ip_interface, ip_network
from typing import Final, NamedTuple

from bridge.events import Address

Network = IPv4Network | IPv6Network

# What a SIP listener can speak.
SCHEMES: Final = ("udp",)


class Listener(NamedTuple):
    """A SIP socket to open. `host` is an IP literal without brackets; port 0 takes any free port."""

    transport: str
    host: str
    port: int

    @property
    def address(self) -> Address:
        """The address to bind."""
        return Address(self.host, self.port)


def parse_listener(text: str) -> Listener:
    """Read `udp://127.0.0.1:5060`, `udp://[::1]:5060` or `udp://*:5060` (all IPv4 addresses)."""
    scheme, separator, rest = text.partition("://")
    if not separator:
        raise ValueError(f"needs a transport before the address, such as {SCHEMES[0]}://{text}")
    if scheme not in SCHEMES:
        served = " and ".join(SCHEMES)
        verb = "is" if len(SCHEMES) == 1 else "are"
        raise ValueError(f"only {served} {verb} served in this version")
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
