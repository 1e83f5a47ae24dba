"""Fixtures: what `make` has built."""

from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def wheel() -> Path:
    """The wheel in dist/, of `make package`."""
    [path] = (CHECKOUT / "dist").glob("*.whl")
    return path
