"""What is measured: where the gauges of /metrics are read. All of it is asked in the thread of the scraper."""

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from bridge.composition.core import Core
from bridge.io.listeners import Listeners
from bridge.io.store import count_rows
from bridge.metrics import Readings, Reload, StoreReadings

# What SQLite has beside the file itself.
_LOG = "-wal"


class Instruments:
    """`connected` tells whether there is a broker, `reload` how the configuration was read last; `store` is
    the store's file, None for none.
    """

    def __init__(
        self,
        core: Core,
        listeners: Listeners,
        connected: Callable[[], bool],
        reload: Callable[[], Reload],
        store: Path | None,
    ) -> None:
        self._core = core
        self._listeners = listeners
        self._connected = connected
        self._store = store
        self._reload = reload

    @property
    def readings(self) -> Readings:
        """For the collector."""
        core, listeners = self._core, self._listeners
        return Readings(
            ready=lambda: core.readiness().ready,
            reload=self._reload,
            mqtt_connected=self._connected,
            subscriptions=self._subscriptions,
            connections=lambda: listeners.connections,
            socket_drops=lambda: listeners.socket_drops,
            certificate_expiry=lambda: listeners.certificate_expiry,
            in_flight=lambda: core.endpoint.transactions[0],
            queued=lambda: core.notifier.queued,
            unconverged=lambda: core.notifier.behind(time.monotonic()),
            extensions=self._extensions,
            store=self._store_readings,
            asterisk_connected=lambda: None if core.asterisk is None else core.asterisk.is_connected,
        )

    def _subscriptions(self) -> Mapping[str, int]:
        return Counter(one.flow.transport for one in self._core.notifier.subscriptions)

    def _extensions(self) -> Sequence[tuple[str, int]]:
        return [(extension, shown.presence.state.code) for extension, shown in self._core.state.shown]

    def _store_readings(self) -> StoreReadings:
        if self._store is None:
            return StoreReadings()
        return StoreReadings(bool(self._core.memory.trouble), _size(self._store), count_rows(self._store))


def _size(file: Path) -> int:
    """Octets of the store, its write-ahead log included."""
    total = 0
    for path in (file, file.with_name(file.name + _LOG)):
        with suppress(OSError):
            total += path.stat().st_size
    return total
