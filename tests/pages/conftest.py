"""Fixtures: the commands of the bridge, imported once for all pages."""

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.bridge_process import ROOT


@pytest.fixture(scope="session")
def commands(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The socket at which `presence-bridge` can be had quickly."""
    path = tmp_path_factory.mktemp("commands") / "socket"
    script = Path(__file__).with_name("commands.py")
    with subprocess.Popen([sys.executable, "-W", "error", script, path], cwd=ROOT) as process:
        until = time.monotonic() + 30
        while not path.exists():
            assert process.poll() is None
            assert time.monotonic() < until
            time.sleep(0.05)
        yield path
        process.kill()
