"""How many subscriptions there may be, in all and from one host: 503 comes before memory is at risk."""

from collections import Counter
from dataclasses import dataclass
from typing import Final

from bridge.sip.errors import ServiceUnavailable

# Seconds of Retry-After. Phones that read it come back then; many stay away for 300 s whatever it is.
_COME_BACK: Final = 60

# Subscriptions of one host that have answered no NOTIFY yet. The most that is honest is a site
# behind one address whose phones all come back at once; it bounds what a forged source can cause.
_UNVERIFIED: Final = 12_000


@dataclass(frozen=True, slots=True)
class Limits:
    """`[sip]` of the configuration. A subscription takes about 4 kB."""

    subscriptions: int = 100_000
    per_source: int = 50_000


class Capacity:
    """Counts what is there; refreshes and ends are never refused."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._total = 0
        self._of_source: Counter[str] = Counter()
        self._unverified: Counter[str] = Counter()

    def admit(self, host: str) -> None:
        """Raise ServiceUnavailable if there is no room for a new subscription from `host`."""
        if self._total >= self._limits.subscriptions:
            raise ServiceUnavailable(_COME_BACK, "max_subscriptions is reached")
        if self._of_source[host] >= self._limits.per_source:
            raise ServiceUnavailable(_COME_BACK, f"{host} has max_subscriptions_per_source already")
        if self._unverified[host] >= _UNVERIFIED:
            raise ServiceUnavailable(_COME_BACK, f"{host} has {_UNVERIFIED} that never answered")

    def opened(self, host: str) -> None:
        """A new subscription; it has not answered yet."""
        self._total += 1
        self._of_source[host] += 1
        self._unverified[host] += 1

    def verified(self, host: str) -> None:
        """A subscription answered its first NOTIFY."""
        _less(self._unverified, host)

    def closed(self, host: str, *, verified: bool) -> None:
        """A subscription is gone."""
        self._total -= 1
        _less(self._of_source, host)
        if not verified:
            _less(self._unverified, host)


def _less(counter: Counter[str], host: str) -> None:
    counter[host] -= 1
    if counter[host] <= 0:
        del counter[host]
