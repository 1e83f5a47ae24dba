"""How a flow is written in Via, Contact and Request-URI."""

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
