"""How long these tests take: one seed in `make test`, all that SEEDS names in `make faults`."""

import os

import pytest

from faults.figures import Figures

_SHORT = (1,)


def _seeds() -> list[int]:
    """SEEDS of the environment: `1-20`, `7`; without it, one."""
    text = os.environ.get("SEEDS", "")
    if not text:
        return [*_SHORT]
    first, _, last = text.partition("-")
    return [*range(int(first), int(last or first) + 1)]


def pytest_configure(config):
    config.addinivalue_line("markers", "faults: breaks something around a real bridge")
    config.addinivalue_line("markers", "thorough: runs in `make faults` only, since it takes long")


def pytest_generate_tests(metafunc):
    if "seed" in metafunc.fixturenames:
        metafunc.parametrize("seed", _seeds())


def pytest_collection_modifyitems(config, items):
    if "SEEDS" in os.environ:
        return
    long = [item for item in items if item.get_closest_marker("thorough")]
    config.hook.pytest_deselected(items=long)
    items[:] = [item for item in items if item not in long]


@pytest.fixture
def seeds():
    """How many there are."""
    return len(_seeds())


@pytest.fixture
def figures(request):
    """Where a test writes what it has measured; kept for docs/reliability.md when FIGURES names a file."""
    return Figures(os.environ.get("FIGURES", ""))
