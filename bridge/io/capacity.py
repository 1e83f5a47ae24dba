"""How many streams there may be, of all listeners together and from one site."""

from collections import Counter
from ipaddress import ip_address


class Capacity:
    """Room for `most` connections, of which one site may take a quarter: 2,000 phones sit behind one NAT at times.

    A site is an IPv4 address or an IPv6 /64, which is the least that anybody is given (RFC 6177).
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._per_site = max(1, most // 4)
        self._taken: Counter[str] = Counter()

    def __len__(self) -> int:
        return self._taken.total()

    @property
    def is_full(self) -> bool:
        """Whether nobody gets in any more."""
        return len(self) >= self._most

    def take(self, host: str) -> str | None:
        """Take a place for a connection with `host`, an IP literal; or the reason why there is none."""
        site = _site(host)
        if self.is_full:
            return f"{self._most} connections are open"
        if self._taken[site] >= self._per_site:
            return f"{self._per_site} connections with {site} are open"
        self._taken[site] += 1
        return None

    def release(self, host: str) -> None:
        """Give a place back."""
        site = _site(host)
        self._taken[site] -= 1
        if not self._taken[site]:
            del self._taken[site]


def _site(host: str) -> str:
    address = ip_address(host.partition("%")[0])
    if address.version == 4:
        return host
    return f"{type(address)(int(address) >> 64 << 64)}/64"
