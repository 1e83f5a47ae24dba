"""How a flow is written in Via, Contact and Request-URI, and what its remote host is as an address."""

from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Final

from bridge.events import Address, Flow

# Where a URI or a sent-by names no port (RFC 3261 section 19.1.2).
DEFAULT_PORT: Final = {"udp": 5060, "tcp": 5060, "tls": 5061}


def host_port(address: Address) -> str:
    """`192.0.2.1:5060`, `[2001:db8::1]:5060`."""
    host = f"[{address.host}]" if ":" in address.host else address.host
    return f"{host}:{address.port}"


def via_head(flow: Flow) -> str:
    """A Via value of ours up to its branch; `rport` asks for the port we are seen at (RFC 3581 section 3)."""
    return f"SIP/2.0/{flow.transport.upper()} {host_port(flow.local)};rport;branch="


def contact_uri(flow: Flow) -> str:
    """Where the peer of this flow reaches us."""
    transport = "" if flow.transport == "udp" else f";transport={flow.transport}"
    return f"sip:{host_port(flow.local)}{transport}"


def source_address(host: str) -> IPv4Address | IPv6Address:
    """The address of a remote host; one of IPv4 stays one on a socket of both families."""
    address = ip_address(host.partition("%")[0])
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address
