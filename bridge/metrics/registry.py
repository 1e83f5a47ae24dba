"""Everything that /metrics shows, in one registry of our own."""

import platform
from collections.abc import Iterable

from prometheus_client import (
    CollectorRegistry,
    GCCollector,
    Info,
    PlatformCollector,
    ProcessCollector,
)
from prometheus_client.registry import Collector

from bridge.metrics.series import PREFIX


def create_registry(collectors: Iterable[Collector], version: str, revision: str = "") -> CollectorRegistry:
    """The bridge's own collectors, those of the process, and which build it is."""
    registry = CollectorRegistry()
    build = Info(f"{PREFIX}build", "Version of Presence Bridge and of Python.", registry=registry)
    build.info({"version": version, "python": platform.python_version(), "revision": revision})
    for collector in collectors:
        registry.register(collector)
    ProcessCollector(registry=registry)
    PlatformCollector(registry=registry)
    GCCollector(registry=registry)
    return registry
