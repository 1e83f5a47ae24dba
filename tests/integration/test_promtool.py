"""Prometheus' own checker reads what we expose."""

import subprocess

from prometheus_client import generate_latest

from bridge.metrics import Observer, Readings, StateCollector, create_registry


def test_promtool_finds_nothing_to_complain_about():
    readings = Readings(
        ready=lambda: True,
        mqtt_connected=lambda: True,
        subscriptions=lambda: 7,
        in_flight=lambda: 1,
        queued=lambda: 2,
        unconverged=lambda: (3, 0.5),
        extensions=lambda: [("2000", 3), ('odd"name\\\n', 6)],
    )
    exposed = generate_latest(create_registry([Observer(), StateCollector(readings)], "1.2.3", "abcdef"))
    result = subprocess.run(
        ["promtool", "check", "metrics"], input=exposed, capture_output=True, timeout=30, check=False
    )
    assert (result.returncode, result.stdout, result.stderr) == (0, b"", b"")
