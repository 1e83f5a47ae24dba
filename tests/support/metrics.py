"""Metrics as a test needs them: everything that the bridge can expose, and what a scrape says."""

import http.client
import re
import time
from urllib.parse import urlsplit

from prometheus_client.parser import text_string_to_metric_families

from bridge.metrics import Observer, Readings, Registry, Reload, StateCollector, StoreReadings

PREFIX = "presence_bridge_"


def whole_registry() -> Registry:
    """With a series of each family."""
    readings = Readings(
        ready=lambda: True,
        reload=lambda: Reload(successful=True, succeeded_at=1_795_000_000.0),
        mqtt_connected=lambda: True,
        subscriptions=lambda: {"udp": 7},
        connections=lambda: {"tls": 2},
        socket_drops=lambda: {"udp": 0},
        certificate_expiry=lambda: 1_800_000_000.0,
        in_flight=lambda: 1,
        queued=lambda: 2,
        unconverged=lambda: (3, 0.5),
        extensions=lambda: [("2000", 3), ('odd"name\\\n', 6)],
        asterisk_connected=lambda: True,
        store=lambda: StoreReadings(degraded=False, size=4096, rows=9),
    )
    return Registry([Observer(sensors=["door"]), StateCollector(readings)], "1.2.3", "abcdef")


class Scrape:
    """One answer of /metrics, read as Prometheus reads it."""

    def __init__(self, text: str) -> None:
        self._values = {
            (sample.name, frozenset(sample.labels.items())): sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
        }

    def __getitem__(self, name: str) -> float:
        """The value of a series without labels."""
        return self.of(name)

    def of(self, name: str, **labels: str) -> float:
        """The value of the series with exactly these labels."""
        return self._values[name if name.startswith("process_") else PREFIX + name, frozenset(labels.items())]

    def labels(self, name: str) -> dict[str, str]:
        """The labels of the only series with this name."""
        ((_, labels),) = [key for key in self._values if key[0] == PREFIX + name]
        return dict(labels)

    def sum(self, name: str, **labels: str) -> float:
        """The values of all series with these labels, and any others, added up."""
        wanted = set(labels.items())
        found = [value for (of, has), value in self._values.items() if of == PREFIX + name and wanted <= has]
        assert found, f"there is no {name} with {labels}"
        return sum(found)


def scrape(url: str) -> Scrape:
    """Ask for it now."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=5)
    try:
        connection.request("GET", "/metrics")
        answer = connection.getresponse()
        assert answer.status == 200
        return Scrape(answer.read().decode())
    finally:
        connection.close()


def metrics_url(log: str) -> str:
    """Where a bridge has said that its metrics are."""
    return re.findall(r"metrics are at (http://\S+)", log)[-1]


def scrape_until(url: str, condition, within: float = 10.0) -> Scrape:
    """The first scrape of which `condition` is true."""
    until = time.monotonic() + within
    while not condition(found := scrape(url)):
        assert time.monotonic() < until, "it does not come about"
        time.sleep(0.02)
    return found
