"""Who is let in: sources in trusted networks are not challenged, all others are refused."""

from collections.abc import Iterable
from ipaddress import IPv4Network, IPv6Network, ip_address

from bridge.sip.endpoint import Incoming
from bridge.sip.errors import Forbidden

Network = IPv4Network | IPv6Network

# Sources remembered; the check costs 5 µs, a look-up 0.1. More hosts than this are a scan.
_REMEMBERED = 4096


class Trust:
    """`networks` as in `[sip] trusted_networks`; loopback only until the operator says more."""

    def __init__(self, networks: Iterable[Network]) -> None:
        self._networks = tuple(networks)
        self._known: dict[str, bool] = {}

    def admit(self, incoming: Incoming, _now: float) -> None:
        """Raise Forbidden unless the request's source is trusted."""
        host = incoming.flow.remote.host
        known = self._known.get(host)
        if known is None:
            known = self._trusts(host)
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            self._known[host] = known
        if not known:
            raise Forbidden(f"{host} is not in [sip] trusted_networks")

    def _trusts(self, host: str) -> bool:
        address = ip_address(host.partition("%")[0])
        return any(address.version == n.version and address in n for n in self._networks)
