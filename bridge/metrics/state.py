"""What is true now, read from the parts when it is asked for: no second book that could disagree."""

from collections import Counter as Tally
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from bridge.metrics.family import Family, Group
from bridge.metrics.series import Counter, Gauge
from bridge.model.presence import PresenceState

_WORDS: Final = {state.code: state.value for state in PresenceState}
_CODES: Final = ", ".join(f"{code} {word}" for code, word in _WORDS.items())
_TRANSPORTS: Final = ("udp", "tcp", "tls")
_STREAMS: Final = ("tcp", "tls")


class StoreReadings(NamedTuple):
    """`degraded`: nothing that is learnt now outlives a restart. `size`: the octets of its files; `rows` in it."""

    degraded: bool = False
    size: int = 0
    rows: int = 0


class Reload(NamedTuple):
    """How the last reading of the configuration went, and the Unix seconds of the last that went well."""

    successful: bool
    succeeded_at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Readings:
    """Where the numbers come from. All are called in the thread of the scraper, while the loop runs.

    `subscriptions`, `connections` and `socket_drops` are by transport; the last counts what the kernel has
    dropped since the start. `certificate_expiry`: Unix seconds, None without a certificate. `unconverged`:
    how many subscriptions have not acknowledged what is true now, and the seconds for which the oldest has
    not. `asterisk_connected`: None where there is none. `extensions`: each configured extension with the code of its presence (`PresenceState.code`), as a
    copy that does not change.
    """

    ready: Callable[[], bool]
    reload: Callable[[], Reload]
    mqtt_connected: Callable[[], bool]
    subscriptions: Callable[[], Mapping[str, int]]
    connections: Callable[[], Mapping[str, int]]
    socket_drops: Callable[[], Mapping[str, int]]
    certificate_expiry: Callable[[], float | None]
    in_flight: Callable[[], int]
    queued: Callable[[], int]
    unconverged: Callable[[], tuple[int, float]]
    extensions: Callable[[], Sequence[tuple[str, int]]]
    store: Callable[[], StoreReadings] = StoreReadings
    asterisk_connected: Callable[[], bool | None] = lambda: None


class StateCollector(Group):
    """The gauges. `extension_limit`: extensions with a series of their own; 0 switches these off."""

    def __init__(self, readings: Readings, extension_limit: int = 1000) -> None:
        self._readings = readings
        self._extension_limit = extension_limit
        self._ready = Gauge("ready", "1 when what the broker retains is read and SIP is served, else 0.")
        self._reloaded = Gauge(
            "config_last_reload_successful",
            "1 when the configuration was right the last time that it was read, else 0: the one before is in use.",
        )
        self._reloaded_at = Gauge(
            "config_last_reload_success_timestamp_seconds",
            "When the configuration in use was read, in seconds since 1970.",
        )
        self._mqtt_connected = Gauge("mqtt_connected", "1 while connected to the MQTT broker, else 0.")
        self._asterisk_connected = Gauge(
            "asterisk_connected", "1 while Asterisk lets the bridge use its manager interface, else 0."
        )
        self._subscriptions = Gauge(
            "sip_subscriptions", "Active subscriptions, by the way to the phone.", "transport"
        )
        self._connections = Gauge("sip_connections", "Open connections with phones.", "transport")
        self._socket_drops = Counter(
            "sip_socket_drops",
            "Datagrams that the kernel dropped because the bridge did not fetch them in time.",
            transport=("udp",),
        )
        self._certificate = Gauge(
            "sip_tls_certificate_expiry_timestamp_seconds",
            "When the certificate of [sip.tls], or one that it is signed with, expires, in seconds since 1970.",
        )
        self._in_flight = Gauge("notifies_in_flight", "NOTIFY transactions without a final answer.")
        self._queued = Gauge("notify_queue_length", "Subscriptions that wait for their turn to be notified.")
        self._unconverged = Gauge(
            "unconverged_subscriptions",
            "Subscriptions whose phone has not acknowledged the present state: its NOTIFY waits for its turn or for"
            " an answer, or was refused.",
        )
        self._oldest = Gauge(
            "unconverged_oldest_seconds",
            "For how long the longest-waiting of the unconverged subscriptions has been waiting.",
        )
        self._degraded = Gauge(
            "store_degraded", "1 while what is learnt is kept in memory alone, since the store fails, else 0."
        )
        self._size = Gauge("store_size_bytes", "Size of the store's files.")
        self._rows = Gauge("store_rows", "Subscriptions and facts in the store.")
        self._extensions = Gauge("extensions", "Configured extensions by presence.", "presence")
        self._extension = Gauge(
            "extension_presence_state", f"Presence of an extension: {_CODES}.", "extension"
        )
        self._omitted = Gauge(
            "metrics_extensions_omitted",
            "Extensions without a series of their own, because there are more than the limit.",
        )

    def families(self) -> Iterator[Family]:
        """All of them, each with what is true now."""
        self._read_bridge()
        self._read_sip()
        self._read_store()
        self._read_extensions()
        return (family for family in vars(self).values() if isinstance(family, Family))

    def _read_bridge(self) -> None:
        readings = self._readings
        reload = readings.reload()
        self._ready.set(readings.ready())
        self._reloaded.set(reload.successful)
        self._reloaded_at.set(reload.succeeded_at)
        self._mqtt_connected.set(readings.mqtt_connected())
        self._asterisk_connected.set(readings.asterisk_connected())

    def _read_sip(self) -> None:
        readings = self._readings
        self._subscriptions.set_each(_each(_TRANSPORTS, readings.subscriptions()))
        self._connections.set_each(_each(_STREAMS, readings.connections()))
        for transport, count in readings.socket_drops().items():
            self._socket_drops.show(count, transport)
        self._certificate.set(readings.certificate_expiry())
        self._in_flight.set(readings.in_flight())
        self._queued.set(readings.queued())
        late, oldest = readings.unconverged()
        self._unconverged.set(late)
        self._oldest.set(oldest)

    def _read_store(self) -> None:
        store = self._readings.store()
        self._degraded.set(store.degraded)
        self._size.set(store.size)
        self._rows.set(store.rows)

    def _read_extensions(self) -> None:
        extensions = self._readings.extensions()
        tally = Tally(code for _, code in extensions)
        self._extensions.set_each([(word, tally[code]) for code, word in _WORDS.items()])
        self._extension.set_each(extensions[: self._extension_limit])
        self._omitted.set(max(0, len(extensions) - self._extension_limit))


def _each(transports: Sequence[str], counts: Mapping[str, int]) -> list[tuple[str, int]]:
    return [(transport, counts.get(transport, 0)) for transport in transports]
