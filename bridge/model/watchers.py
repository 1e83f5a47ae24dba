"""Allowed watchers: to whom an extension may be shown (RFC 3856 section 6.6.2)."""

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import Final

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network


@dataclass(frozen=True, slots=True)
class Watchers:
    """Users by name, and networks; without either, everybody who was let in.

    A name is that of somebody who gave his password: from a network that is trusted nobody is asked for
    one, so its phones are known by their addresses alone.
    """

    users: frozenset[str] = frozenset()
    networks: tuple[Network, ...] = ()

    @property
    def are_all(self) -> bool:
        """Whether nobody is left out."""
        return not self.users and not self.networks

    def admit(self, user: str | None, address: Address) -> bool:
        """Whether a phone at this address may watch; `user` is None where nobody asked for a name."""
        return self.are_all or user in self.users or any(address in network for network in self.networks)


EVERYBODY: Final = Watchers()
