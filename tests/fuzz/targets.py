"""The fuzz targets by their names: each a module with `check(data)`, `seeds()`, and what must hold in its first lines."""

from collections.abc import Callable, Iterable, Mapping
from importlib import import_module
from typing import Final, Protocol

NAMES: Final = ("parser", "framer", "digest", "presence_document", "engine")


class Target(Protocol):
    """What a module of this folder offers."""

    check: Callable[[bytes], None]
    seeds: Callable[[], Iterable[bytes]]


def load(name: str) -> Target:
    """Import one; under atheris this is done while imports are instrumented."""
    return import_module(f"fuzz.{name}")


def all_targets() -> Mapping[str, Target]:
    """Every one of them."""
    return {name: load(name) for name in NAMES}
