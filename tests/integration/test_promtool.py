"""Prometheus' own checker reads what we expose."""

import subprocess

import pytest
from prometheus_client import generate_latest

from bridge.metrics import Registry
from support.metrics import whole_registry


@pytest.mark.parametrize("write", [Registry.expose, generate_latest])
def test_promtool_finds_nothing_to_complain_about(write):
    result = subprocess.run(
        ["promtool", "check", "metrics"],
        input=write(whole_registry()),
        capture_output=True,
        timeout=30,
        check=False,
    )
    assert (result.returncode, result.stdout, result.stderr) == (0, b"", b"")


def test_promtool_would_complain():
    bad = b"# HELP losses Losses.\n# TYPE losses counter\nlosses 1.0\n"
    result = subprocess.run(
        ["promtool", "check", "metrics"], input=bad, capture_output=True, timeout=30, check=False
    )
    assert result.returncode != 0
