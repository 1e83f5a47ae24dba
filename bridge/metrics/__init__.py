"""Metrics: an observer counts what happens, a collector reads what is true when scraped."""

from bridge.metrics.observer import Observer
from bridge.metrics.registry import create_registry
from bridge.metrics.series import Counter, Histogram
from bridge.metrics.state import Readings, StateCollector

__all__ = ["Counter", "Histogram", "Observer", "Readings", "StateCollector", "create_registry"]
