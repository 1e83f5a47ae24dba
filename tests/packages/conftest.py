"""Fixtures: what `make` has built."""

from pathlib import Path

import pytest

DIST = Path(__file__).parents[2] / "dist"


@pytest.fixture(scope="session")
def wheel() -> Path:
    """The wheel in dist/, of `make package`."""
    [path] = DIST.glob("*.whl")
    return path


@pytest.fixture(scope="session")
def deb() -> Path:
    """The Debian package in dist/, of `make deb`."""
    [path] = DIST.glob("*.deb")
    return path
