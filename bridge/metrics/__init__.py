"""Metrics: an observer counts what happens, a collector reads what is true when scraped."""

from bridge.metrics.observer import Observer
from bridge.metrics.registry import Registry
from bridge.metrics.series import Counter, Gauge, Histogram
from bridge.metrics.state import Readings, Reload, StateCollector, StoreReadings

__all__ = [
    "Counter",
    "Gauge",
    "Histogram",
    "Observer",
    "Readings",
    "Registry",
    "Reload",
    "StateCollector",
    "StoreReadings",
]
