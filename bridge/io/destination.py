"""Where nothing is ever sent, whatever a message asks for (RFC 4475 section 3.3.10), and which addresses are ours."""

import socket
from contextlib import suppress
from functools import lru_cache
from ipaddress import IPv6Address, ip_address

from bridge.events import Address

_LIMITED_BROADCAST = ip_address("255.255.255.255")


@lru_cache(maxsize=4096)
def undeliverable(host: str) -> str | None:
    """Why nothing is sent to `host`, None if something may be: it must be the IP address of one machine.

    The kernel refuses the broadcast addresses of its own networks, which only it knows. A name would
    be looked up with the loop standing still.
    """
    try:
        address = ip_address(host)
    except ValueError:
        return "not an IP address"
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    if address.is_multicast:
        return "a multicast address"
    if address.is_unspecified:
        return "no address"
    return "a broadcast address" if address == _LIMITED_BROADCAST else None


def is_wildcard(host: str) -> bool:
    """Whether a listener on `host` is one on all addresses of its family."""
    return host in ("0.0.0.0", "::")  # noqa: S104 - compared, not bound


def is_same_family(one: str, other: str) -> bool:
    """Whether both are IPv4 or both are IPv6."""
    return (":" in one) == (":" in other)


def leads_to(listener: Address, destination: Address) -> bool:
    """Whether what is sent to `destination` arrives at a listener of this machine bound to `listener`."""
    if listener.port != destination.port or not is_same_family(listener.host, destination.host):
        return False
    if not is_wildcard(listener.host):
        return listener.host == destination.host
    return ip_address(destination.host.partition("%")[0]).is_loopback or _is_local(destination.host)


def _is_local(host: str) -> bool:
    """To an address of this machine the kernel sends from that same address."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as probe, suppress(OSError):
        probe.connect((host, 9))
        return bool(probe.getsockname()[0] == host)
    return False
