"""What a scrape of /metrics takes the interpreter for."""

from collections.abc import Callable
from typing import Any

from bridge.metrics import Observer, Readings, Registry, Reload, StateCollector

Bench = Callable[..., Any]


def test_scrape(benchmark: Bench) -> None:
    """1,000 extensions with a series each."""
    extensions = [(str(number), number % 6) for number in range(1000, 2000)]
    readings = Readings(
        ready=lambda: True,
        reload=lambda: Reload(True, 1_795_000_000.0),
        mqtt_connected=lambda: True,
        subscriptions=lambda: {"udp": 1000},
        connections=dict,
        socket_drops=lambda: {"udp": 0},
        certificate_expiry=lambda: None,
        in_flight=lambda: 0,
        queued=lambda: 0,
        unconverged=lambda: (0, 0.0),
        extensions=lambda: extensions,
    )
    registry = Registry((Observer(), StateCollector(readings)), "0", "0")
    benchmark(registry.expose)
