"""What is true now, read from the parts when it is asked for: no second book that could disagree."""

from collections import Counter as Tally
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import islice
from typing import Final

from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from bridge.metrics.series import PREFIX
from bridge.model.presence import PresenceState

_WORDS: Final = {state.code: state.value for state in PresenceState}
_CODES: Final = ", ".join(f"{code} {word}" for code, word in _WORDS.items())


@dataclass(frozen=True, slots=True, kw_only=True)
class Readings:
    """Where the numbers come from. All are called in the thread of the scraper, while the loop runs.

    `unconverged`: how many subscriptions have not acknowledged what is true now, and the seconds for
    which the oldest has not. `extensions`: each configured extension with the code of its presence
    (`PresenceState.code`), as a copy that does not change.
    """

    ready: Callable[[], bool]
    mqtt_connected: Callable[[], bool]
    subscriptions: Callable[[], int]
    in_flight: Callable[[], int]
    queued: Callable[[], int]
    unconverged: Callable[[], tuple[int, float]]
    extensions: Callable[[], Iterable[tuple[str, int]]]


class StateCollector(Collector):
    """The gauges. `extension_limit`: extensions with a series of their own; 0 switches these off."""

    def __init__(self, readings: Readings, extension_limit: int = 1000) -> None:
        self._readings = readings
        self._extension_limit = extension_limit

    def collect(self) -> Iterable[Metric]:
        """All families, for a scrape."""
        readings = self._readings
        late, oldest = readings.unconverged()
        yield _gauge("ready", "1 when the broker is read and SIP is served, else 0.", readings.ready())
        yield _gauge(
            "mqtt_connected", "1 while connected to the MQTT broker, else 0.", readings.mqtt_connected()
        )
        yield _gauge("sip_subscriptions", "Active subscriptions.", readings.subscriptions())
        yield _gauge(
            "notifies_in_flight", "NOTIFY transactions without a final answer.", readings.in_flight()
        )
        yield _gauge("notify_queue_length", "Subscriptions that wait for a NOTIFY.", readings.queued())
        yield _gauge(
            "unconverged_subscriptions",
            "Subscriptions whose phone has not acknowledged the present state.",
            late,
        )
        yield _gauge(
            "unconverged_oldest_seconds",
            "For how long the longest-waiting of the unconverged subscriptions has been waiting.",
            oldest,
        )
        yield from self._extensions(tuple(readings.extensions()))

    def _extensions(self, extensions: tuple[tuple[str, int], ...]) -> Iterable[Metric]:
        total = GaugeMetricFamily(
            f"{PREFIX}extensions", "Configured extensions by presence.", labels=("presence",)
        )
        tally = Tally(code for _, code in extensions)
        for code, word in _WORDS.items():
            total.add_metric((word,), tally[code])
        yield total
        each = GaugeMetricFamily(
            f"{PREFIX}extension_presence_state",
            f"Presence of an extension: {_CODES}.",
            labels=("extension",),
        )
        for extension, code in islice(extensions, self._extension_limit):
            each.add_metric((extension,), code)
        yield each
        yield _gauge(
            "metrics_extensions_omitted",
            "Extensions without a series of their own, because there are more than the limit.",
            max(0, len(extensions) - self._extension_limit),
        )


def _gauge(name: str, documentation: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(PREFIX + name, documentation, value=value)
