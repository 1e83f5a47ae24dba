"""How many subscriptions there may be, in all, from one host and of one watcher: 503 comes before memory is at risk."""

from collections import Counter
from dataclasses import dataclass
from typing import Final, TypeVar

from bridge.sip.errors import ServiceUnavailable

_Key = TypeVar("_Key")

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
    per_watcher: int = 1000


class Capacity:
    """Counts what is there; refreshes and ends are never refused. `limits` may be others from one moment to the next."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self._total = 0
        self._of_source: Counter[str] = Counter()
        self._unverified: Counter[str] = Counter()
        self._of_watcher: Counter[tuple[str, str]] = Counter()

    def admit(self, host: str, watcher: str) -> None:
        """Raise ServiceUnavailable if there is no room for a new subscription of `watcher` from `host`."""
        if self._total >= self.limits.subscriptions:
            raise ServiceUnavailable(_COME_BACK, "max_subscriptions is reached")
        if self._of_source[host] >= self.limits.per_source:
            raise ServiceUnavailable(_COME_BACK, f"{host} has max_subscriptions_per_source already")
        if self._of_watcher[host, watcher] >= self.limits.per_watcher:
            raise ServiceUnavailable(_COME_BACK, f"{watcher} has max_subscriptions_per_watcher already")
        if self._unverified[host] >= _UNVERIFIED:
            raise ServiceUnavailable(_COME_BACK, f"{host} has {_UNVERIFIED} that never answered")

    def opened(self, host: str, watcher: str, *, verified: bool = False) -> None:
        """A new subscription; one that was resumed may have answered before."""
        self._total += 1
        self._of_source[host] += 1
        self._of_watcher[host, watcher] += 1
        if not verified:
            self._unverified[host] += 1

    def verified(self, host: str) -> None:
        """A subscription answered its first NOTIFY."""
        _less(self._unverified, host)

    def closed(self, host: str, watcher: str, *, verified: bool) -> None:
        """A subscription is gone."""
        self._total -= 1
        _less(self._of_source, host)
        _less(self._of_watcher, (host, watcher))
        if not verified:
            _less(self._unverified, host)


def _less(counter: Counter[_Key], key: _Key) -> None:
    counter[key] -= 1
    if counter[key] <= 0:
        del counter[key]
