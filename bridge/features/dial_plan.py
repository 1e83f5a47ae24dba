"""Which feature code somebody has dialled."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from bridge.features.feature_code import FeatureCode


class Dialled(NamedTuple):
    """A code, and what its capture stands for."""

    code: FeatureCode
    values: Mapping[str, str]


class DialPlan:
    """All codes. A whole number goes before one with a capture, and of these the longest beginning."""

    def __init__(self, codes: Iterable[FeatureCode]) -> None:
        self._codes = sorted(codes, key=lambda code: (bool(code.capture), -len(code.dial)))

    def find(self, dialled: str) -> Dialled | None:
        """The code for the user of a Request-URI (escapes resolved); None if it is none."""
        for code in self._codes:
            values = code.captured(dialled)
            if values is not None:
                return Dialled(code, values)
        return None
